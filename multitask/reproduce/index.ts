import { Catalogue } from "../../core/catalogue.ts";
import { figure4h, figure4i } from "../../training/reproduce/control.ts";
import { figureS22 } from "../../training/reproduce/control-noise.ts";
import { figure3d } from "../../training/reproduce/equivalence.ts";
import { figure4c, figure4d } from "./accuracy.ts";
import { figureComplexity } from "./complexity.ts";
import { figure5d } from "./information.ts";
import { figureS21 } from "./noise.ts";
import { figure5b } from "./resources.ts";

/** Every figure that can be made again, in the order of the book. Adding one: write its file, add a line here. */
export const figures = new Catalogue("figure", [
  figure3d,
  figure4c,
  figure4d,
  figure4h,
  figure4i,
  figure5b,
  figure5d,
  figureS21,
  figureS22,
  figureComplexity,
]);
