import { join } from "node:path";
import { expect, test } from "vitest";
import { useKernels } from "../../kernels/load.ts";
import { parseRunConfig } from "../../training/config.ts";
import { loadPolicy } from "../../training/policy.ts";
import { train } from "../../training/trainer.ts";
import { PageTrainer } from "../../viewer/train/page-trainer.ts";
import { makeTemporaryFolder } from "../training/temporary-folder.ts";

const config = parseRunConfig({
  preset: "none",
  seed: 5,
  environment: { id: "InvertedDoublePendulum-v5" },
  algorithm: { id: "sac", parameters: { randomSteps: 40, learnFrom: 50, batchSize: 16 } },
  policy: {
    neuron: { id: "hh-published" },
    encoder: { id: "latest-window" },
    population: 8,
    hidden: [8],
  },
  training: { steps: 120, evaluateEvery: 120, evaluationEpisodes: 3, episodeSteps: 60 },
});

test("the page's training learns to the bit what `spikegym train` learns from the same seed", async () => {
  const out = join(makeTemporaryFolder(), "run");
  const summary = await train(config, { out });
  await useKernels();
  const page = new PageTrainer(config);
  const returns: number[] = [];
  while (page.over === undefined) {
    page.advance();
    if (page.evaluationIsDue) returns.push(page.evaluate().mean);
  }
  expect(page.over).toBe("steps");
  expect(returns).toEqual([summary.finalReturn]);
  const policy = await loadPolicy(join(out, "checkpoints", "latest.json"));
  expect(page.agent.snapshot()).toEqual(policy.agent.snapshot());
  expect(page.best).toEqual(page.agent.snapshot());
  page.close();
  policy.agent.dispose();
});
