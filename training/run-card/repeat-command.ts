import { isDeepStrictEqual } from "node:util";
import { parseRunConfig, type RunConfig } from "../config.ts";
import { presets } from "../presets/index.ts";

/**
 * The command line that trains this configuration again: its preset, its seed, and whatever differs from the preset.
 * null where the preset is not in the catalogue.
 */
export function repeatCommand(config: RunConfig): string | null {
  if (!presets.has(config.preset)) return null;
  const { preset, seed } = config;
  const base = parseRunConfig({ preset, seed, ...presets.get(preset).config });
  const settings = differences(base, config).map(
    ([path, value]) =>
      ` --set ${quote(`${path}=${typeof value === "string" ? value : JSON.stringify(value)}`)}`,
  );
  return `spikegym train ${preset} --seed ${seed}${settings.join("")}`;
}

/** The settings that turn one configuration into another, by path. */
function differences(
  from: unknown,
  to: unknown,
  path: readonly string[] = [],
): [path: string, value: unknown][] {
  if (isDeepStrictEqual(from, to)) return [];
  const inside = isObject(from) && isObject(to) && Object.keys(from).every((key) => key in to);
  // A key that is gone cannot be set: then the whole object is.
  if (!inside) return [[path.join("."), to]];
  return Object.keys(to).flatMap((key) => differences(from[key], to[key], [...path, key]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** For a POSIX shell. */
function quote(text: string): string {
  return /^[\w./:=,+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
