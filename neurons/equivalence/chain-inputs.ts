import { Catalogue, type Definition } from "../../core/catalogue.ts";

/** Period of the square, the sawtooth and the triangle, ms. */
const PERIOD_MS = 8.5;

/** A current over time into the first neuron of the chain. */
export interface ChainInput<Id extends string = string> extends Definition<Id> {
  /** uA/cm2 at t (ms). */
  at(tMs: number): number;
}

const references = ["He et al., Nature Computational Science 4, 584-599 (2024)"];

function define<Id extends string>(id: Id, summary: string, at: (tMs: number) => number): ChainInput<Id> {
  return { id, summary, references, at };
}

/** t within its period, in [0, PERIOD_MS). */
function phase(tMs: number): number {
  return tMs - PERIOD_MS * Math.floor(tMs / PERIOD_MS);
}

/** The five inputs of the chain, as published. */
export const chainInputs = new Catalogue("input", [
  define("constant", "9", () => 9),
  define("sine", "11.5 - 19 sin(1.2 t)", (t) => 11.5 - 19 * Math.sin(1.2 * t)),
  define(
    "square",
    "9 - 15.5 sign((floor(t) mod 8.5) - 3.751)",
    (t) => 9 - 15.5 * Math.sign(phase(Math.floor(t)) - 3.751),
  ),
  define(
    "sawtooth",
    "6.5 + (11 / 8.5) (t mod 8.5 + 4.25)",
    (t) => 6.5 + (11 / PERIOD_MS) * (phase(t) + PERIOD_MS / 2),
  ),
  define(
    "triangle",
    "7 + (7 / 8.5) |t mod 8.5 - 4.25|",
    (t) => 7 + (7 / PERIOD_MS) * Math.abs(phase(t) - PERIOD_MS / 2),
  ),
]);

export type ChainInputId = (typeof chainInputs)["entries"][number]["id"];
