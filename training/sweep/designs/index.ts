import { Catalogue } from "../../../core/catalogue.ts";
import type { DesignDefinition } from "./design.ts";
import { grid } from "./grid.ts";
import { latinHypercube } from "./latin-hypercube.ts";
import { random } from "./random.ts";

/** Every design of a sweep. Adding one: write its file, add one line here. */
export const designs = new Catalogue<DesignDefinition>("design", [grid, random, latinHypercube]);
