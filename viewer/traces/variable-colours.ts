import type { TracedVariable } from "../../core/replay-file/header.ts";
import type { Palette } from "../plots/palette.ts";

export interface VariableLook {
  readonly colour: string;
  readonly dash: readonly number[];
}

/** The house colours: sodium (m, h, I_Na) vermillion and orange, potassium (n, I_K) sky, leak grey, the rest text. */
export function lookOf(variable: TracedVariable, index: number, palette: Palette): VariableLook {
  const name = variable.name.replaceAll(/[^a-z]/gi, "").toLowerCase();
  const solid: readonly number[] = [];
  if (variable.role === "gate") {
    if (name.startsWith("m")) return { colour: palette.sodium, dash: solid };
    if (name.startsWith("h")) return { colour: palette.sodiumInactivation, dash: solid };
    if (name.startsWith("n")) return { colour: palette.potassium, dash: solid };
  }
  if (variable.role === "current") {
    if (name.includes("na")) return { colour: palette.sodium, dash: solid };
    if (name.startsWith("ik")) return { colour: palette.potassium, dash: solid };
    if (name.startsWith("il")) return { colour: palette.leak, dash: solid };
  }
  const dashes = [solid, [6, 3], [2, 3], [8, 3, 2, 3]];
  return {
    colour: variable.role === "membrane" ? palette.membrane : palette.muted,
    dash: dashes[index % dashes.length]!,
  };
}
