import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { describeFileFailure } from "../atomic-file.ts";
import { presets } from "./index.ts";
import { layOver, type Preset, readYaml } from "./preset.ts";

const ENDINGS = [".yaml", ".yml", ".json"];

/** Whether a word on the command line means a file, not an entry of the catalogue. */
export function isPresetFile(word: string): boolean {
  return ENDINGS.includes(extname(word));
}

/**
 * A configuration of one's own, as YAML or JSON: the keys of a run's configuration, `preset` naming an entry of the
 * catalogue that the others are laid over. A run's `config.json` is such a file too.
 *
 * @returns it as a preset called after the one it is laid over, or after the file
 * @throws UsageError where it cannot be read or names no preset
 */
export async function readPresetFile(path: string): Promise<Preset> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw describeFileFailure("read", path, error);
  }
  const value = readYaml(text, path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError(`${path} holds ${JSON.stringify(value)}, expected a configuration: keys and values`);
  }
  const whole = value as Record<string, unknown>;
  // A run's config.json has the configuration beside versions.
  const { preset, seed: _, ...own } = ("versions" in whole ? whole.config : whole) as Record<string, unknown>;
  // A run whose file named no preset is called after that file.
  if (preset === undefined || isPresetFile(String(preset))) {
    return { id: basename(path), summary: path, references: [], config: own as unknown as Preset["config"] };
  }
  const base = presets.get(String(preset));
  return { ...base, config: layOver(base.config, own) as unknown as Preset["config"] };
}
