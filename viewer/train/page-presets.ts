import { parseRunConfig, type RunConfig } from "../../training/config.ts";
import { type Preset, parsePresets } from "../../training/presets/preset.ts";

/** The presets a tab can train in a reasonable time: the tuned ones. */
export async function listPresets(): Promise<Preset[]> {
  const address = new URL("../../training/presets/data/tuned.yaml", import.meta.url);
  const response = await fetch(address);
  return parsePresets(await response.text(), "tuned.yaml");
}

export function configure({ id, config }: Preset, seed: number, engine: string): RunConfig {
  const environment = { ...config.environment, engine };
  return parseRunConfig({ preset: id, seed, ...config, environment }, `preset "${id}"`);
}
