import { Catalogue } from "../../core/catalogue.ts";
import { classic } from "./classic.ts";
import type { EngineDefinition } from "./engine.ts";
import { lagrangian } from "./lagrangian.ts";
import { matter } from "./matter.ts";

/** The physics engines, the default first. */
export const engines = new Catalogue<EngineDefinition>("engine", [matter, lagrangian, classic]);
