import { environments } from "../envs/index.ts";
import { applySettings, parseRunConfig, type RunConfig, type RunConfigInput } from "./config.ts";
import { presets } from "./presets/index.ts";
import type { Preset } from "./presets/preset.ts";

/** What a run may choose otherwise than its preset. */
export interface RunChoices {
  readonly seed?: number;
  readonly environment?: string;
  readonly engine?: string;
  /** Another algorithm has other settings: it starts from its own defaults. */
  readonly algorithm?: string;
  /** With its own defaults. */
  readonly neuron?: string;
  readonly steps?: number;
  /** Any setting by its path, e.g. `{ "training.steps": 10000 }`; after the others. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * The configuration of a new run: preset (by its name, or one from a file), then the choices, then the settings.
 *
 * @throws UsageError for an unknown preset, path or key (with the nearest), or an impossible value
 */
export function configureRun(preset: string | Preset, choices: RunChoices = {}): RunConfig {
  const { environment, engine, algorithm, neuron, steps, seed = 0, settings = {} } = choices;
  const { id, config } = typeof preset === "string" ? presets.get(preset) : preset;
  const start: RunConfigInput = { preset: id, seed, ...structuredClone(config) };
  if (environment !== undefined && environment !== start.environment.id) {
    start.environment = otherEnvironment(environment, start.environment);
    // They are parameters of the preset's environment.
    start.training = { ...start.training, environmentParameters: {} };
  }
  if (engine !== undefined) start.environment = { ...start.environment, engine };
  if (algorithm !== undefined && algorithm !== start.algorithm.id) {
    start.algorithm = { id: algorithm, parameters: {} };
  }
  if (neuron !== undefined) start.policy = { ...start.policy, neuron: { id: neuron, parameters: {} } };
  if (steps !== undefined) start.training = { ...start.training, steps };
  const where = `preset "${id}"`;
  // Parsed before and after: only with the defaults filled in is every path there to be set.
  return parseRunConfig(applySettings(parseRunConfig(start, where), settings), where);
}

/** Another environment with its own defaults, on the preset's engine where that one runs it. */
function otherEnvironment(
  id: string,
  { engine }: RunConfigInput["environment"],
): RunConfigInput["environment"] {
  const { engines } = environments.get(id);
  const runs = engine !== undefined && (engines as readonly string[]).includes(engine);
  return { id, engine: runs ? engine : engines[0]! };
}
