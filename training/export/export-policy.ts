import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { Rng } from "../../core/rng.ts";
import { prepareEngine } from "../../envs/physics/index.ts";
import { actionRow } from "../action-row.ts";
import { assembleEnvironment } from "../assemble.ts";
import { writeFileAtomically } from "../atomic-file.ts";
import { ObservationWindow } from "../observation-window.ts";
import type { Policy } from "../policy.ts";
import type { ExportCheck } from "./format.ts";
import { exportFormats } from "./index.ts";

export interface ExportResult {
  readonly file: string;
  readonly bytes: number;
  /** All that was written, the file above first. */
  readonly files: readonly { readonly file: string; readonly bytes: number }[];
  readonly checks: readonly ExportCheck[];
  readonly leftOut: readonly string[];
}

/**
 * Writes a policy in a format of other programs, and holds the files to the policy on real observations.
 *
 * @param path of the first file, without its ending
 * @param options.observations how many the checks compare
 */
export async function exportPolicy(
  policy: Policy,
  format: string,
  path: string,
  options: { readonly batch: number; readonly observations: number; readonly seed: number },
): Promise<ExportResult> {
  const definition = exportFormats.get(format);
  const observations = await observationsOf(policy, options.observations, options.seed);
  const exported = await definition.write(policy, options.batch, observations);
  await mkdir(dirname(path), { recursive: true });
  const files = [];
  for (const { ending, bytes } of exported.files) {
    const file = `${path}${ending}`;
    await writeFileAtomically(file, [bytes]);
    files.push({ file, bytes: bytes.length });
  }
  return { ...files[0]!, files, checks: exported.checks, leftOut: exported.leftOut };
}

/** Windows of observations as the policy meets them in its own environment, episode after episode. */
async function observationsOf(policy: Policy, count: number, seed: number): Promise<Float32Array[]> {
  const { agent, config } = policy;
  const { encoder, observationSize, actionSize } = agent.actor.shape;
  await prepareEngine(config.environment.engine);
  const env = assembleEnvironment(config);
  const rng = new Rng(seed).split("observations");
  const memory = agent.restMemory.slice();
  const window = new ObservationWindow(encoder.window, 1, observationSize);
  const row = new Float32Array(actionSize);
  const actions = actionRow(env.actionSpace, env.id);
  const seen: Float32Array[] = [];
  const start = (options: { seed?: number }) => {
    memory.set(agent.restMemory);
    window.start(env.reset(options)[0] as Float32Array);
  };
  start({ seed });
  while (seen.length < count) {
    seen.push(window.values.slice());
    // Random and own actions in turns, so that near and far states come up.
    if (rng.uniform() < 0.5) agent.act(window.values, 1, null, row, memory);
    else actions.sample(rng, row);
    const [observation, , terminated, truncated] = env.step(actions.toEnvironment(row));
    if (terminated || truncated) start({});
    else window.push(observation as Float32Array);
  }
  env.close();
  return seen;
}
