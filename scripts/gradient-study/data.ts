import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { parse } from "../../core/parse.ts";

/** docs/studies/hh-gradients.json: everything the page shows. */
const gradientDataSchema = z.strictObject({
  machine: z.string(),
  growth: z.array(
    z.strictObject({
      gradient: z.string(),
      spanMs: z.number(),
      median: z.number(),
      greatest: z.number(),
      commit: z.string(),
    }),
  ),
  learning: z.array(
    z.strictObject({
      output: z.enum(["spikes", "release"]),
      gradient: z.string(),
      rate: z.number(),
      seed: z.number().int(),
      shareRight: z.number(),
      commit: z.string(),
    }),
  ),
});

export type GradientData = z.output<typeof gradientDataSchema>;

/** What is there already, or nothing yet. */
export function readGradientData(path: string, machine: string): GradientData {
  if (!existsSync(path)) return { machine, growth: [], learning: [] };
  return parse(gradientDataSchema, JSON.parse(readFileSync(path, "utf8")), path);
}
