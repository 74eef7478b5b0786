import { parse as parseYaml, YAMLParseError } from "yaml";
import { z } from "zod";
import type { Definition } from "../../core/catalogue.ts";
import { UsageError, unknownName } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import type { RunConfigInput } from "../config.ts";

/** A named starting point: everything but the seed. */
export interface Preset extends Definition {
  readonly config: Omit<RunConfigInput, "preset" | "seed">;
}

const part = z.record(z.string(), z.unknown());

/**
 * A file of presets. A preset is made of named parts, laid one over the other in the order given, and of settings of its
 * own over them: objects are merged key by key, anything else is replaced. What the keys mean stands in the schemas they
 * are parsed by (training/config.ts and those of the neurons, encoders, environments and algorithms).
 */
const fileSchema = z.strictObject({
  references: z.array(z.string()).describe("papers and standards the presets of this file follow"),
  parts: z.record(z.string(), part).describe("pieces of a configuration, by name"),
  presets: z
    .record(
      z.string(),
      z.strictObject({
        summary: z.string().describe("one sentence for `spikegym list`"),
        of: z.array(z.string()).describe("parts, the later ones over the earlier ones"),
        config: part.default({}).describe("settings of this preset alone, over its parts"),
      }),
    )
    .describe("presets by name, <settings>/<task>-<neuron>, with -<algorithm> after it when that is not SAC"),
});

/**
 * The presets of a YAML file, in its order. Needs no file system, so that a page can hand in what it has fetched.
 *
 * @param where the file's name, for errors
 * @throws UsageError where the text is no YAML, a key is unknown, or a part is not there
 */
export function parsePresets(text: string, where: string): Preset[] {
  const { references, parts, presets } = parse(fileSchema, readYaml(text, where), where);
  return Object.entries(presets).map(([id, { summary, of, config }]) => {
    const layers = of.map((name) => {
      if (!Object.hasOwn(parts, name))
        throw unknownName(`part of preset "${id}" in ${where}:`, name, Object.keys(parts));
      return parts[name]!;
    });
    // Checked by the configuration's own schema when a run is made of it.
    const merged = [...layers, config].reduce(layOver, {}) as unknown as Preset["config"];
    return { id, summary, references, config: merged };
  });
}

/** What a YAML (or JSON) text says; the error names the file and the line. */
export function readYaml(text: string, where: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new UsageError(`${where}: ${error.message.split("\n")[0]}`);
    throw error;
  }
}

type Part = Readonly<Record<string, unknown>>;

/** `over` laid on `under`: objects key by key, anything else replaced. */
export function layOver(under: Part, over: Part): Part {
  const result: Record<string, unknown> = structuredClone(under);
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isObject(below) && isObject(value) ? layOver(below, value) : structuredClone(value);
  }
  return result;
}

function isObject(value: unknown): value is Part {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
