import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseRunConfig } from "../../../training/config.ts";
import { parseSweepSpec, type SweepSpec } from "../../../training/sweep/spec.ts";
import type { SweepFolder } from "../../../training/sweep/sweep-folder.ts";
import { train } from "../../../training/trainer.ts";

/** A run of a few steps, whose policy is good for nothing but being evaluated. It never falls for good. */
export async function trainSmallPolicy(folder: string): Promise<string> {
  const out = join(folder, "policy");
  const config = parseRunConfig({
    preset: "test",
    seed: 3,
    environment: {
      id: "InvertedDoublePendulum-v5",
      engine: "lagrangian",
      parameters: { terminates: false, maxEpisodeSteps: 400 },
    },
    algorithm: { id: "sac", parameters: { batchSize: 16, criticHidden: [16], randomSteps: 50 } },
    policy: { neuron: { id: "lif" }, encoder: { id: "direct" }, population: 16, hidden: [16] },
    training: { steps: 100, evaluateEvery: 100, evaluationEpisodes: 1, checkpointEvery: 100 },
  });
  await train(config, { out });
  return out;
}

/** `points` evaluations of a few milliseconds each. */
export function evaluationSweep(policy: string, points: number, episodes = 2): SweepSpec {
  return parseSweepSpec(
    {
      name: "test",
      design: "latin-hypercube",
      samples: points,
      policies: policy,
      evaluate: { episodes },
      axes: { "perturb.sensor-noise": { from: 0, to: 5 } },
    },
    "test",
  );
}

/** A sweep that trains, in a file, for the command line. */
export async function writeSpec(folder: string, spec: unknown): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "spec.yaml");
  // JSON is YAML.
  await writeFile(path, JSON.stringify(spec));
  return path;
}

/** Every trial of the plan has one whole result; nothing else is there. */
export async function checkComplete(folder: SweepFolder): Promise<string[]> {
  const planned: string[] = [];
  for await (const { id } of folder.trials()) planned.push(id);
  const there = (await readdir(join(folder.path, "trials"))).sort();
  const problems: string[] = [];
  if (there.join() !== [...planned].sort().join()) {
    problems.push(`${there.length} folders for ${planned.length} trials`);
  }
  for (const id of planned) {
    const result = JSON.parse(await readFile(join(folder.trialPath(id), "result.json"), "utf8"));
    if (result.id !== id) problems.push(`${id}: result of ${result.id}`);
  }
  const failures = await folder.failures();
  return [...problems, ...failures.map(({ id, error }) => `${id} failed: ${error}`)];
}
