// A sweep from code: two neurons at two widths are trained and tested with noisy sensors, and the report written.
//
//   npx tsx examples/sweep.ts [STEPS]
import { runSweep, writeReport } from "spikegym/sweeps";

const steps = Number(process.argv[2] ?? 3000);

const sweep = await runSweep(
  {
    name: "widths",
    seeds: 1,
    train: { preset: "tuned/single-lif", set: { "training.steps": steps, "training.evaluateEvery": steps } },
    evaluate: { episodes: 5, engine: "lagrangian", perturb: { "sensor-noise": [0, 3] } },
    axes: { neuron: ["lif", "hh-published"], "policy.population": [32, 64] },
  },
  {
    out: `sweeps/widths-${Date.now()}`,
    workers: 2,
    onProgress: ({ done, total }) => process.stdout.write(`${done} of ${total} trials\n`),
  },
);

for (const { trial, result } of sweep.results) {
  if (trial.kind !== "evaluate") continue;
  const { mean } = result.summary as { mean: number };
  process.stdout.write(`${JSON.stringify(trial.factors)}: mean return ${mean.toFixed(1)}\n`);
}
const { html } = await writeReport(sweep.out);
process.stdout.write(`${html}\n`);
