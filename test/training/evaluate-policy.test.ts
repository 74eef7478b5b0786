import { beforeAll, describe, expect, it } from "vitest";
import type { Env } from "../../core/env.ts";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { neurons } from "../../neurons/index.ts";
import { assembleAgent, assembleEnvironment } from "../../training/assemble.ts";
import { parseRunConfig } from "../../training/config.ts";
import { evaluatePolicy } from "../../training/evaluate-policy.ts";
import { resolvePerturbation } from "../../training/perturbations/spec.ts";
import type { Policy } from "../../training/policy.ts";

beforeAll(() => useKernels());

/** An untrained policy: it falls, each episode at another time. */
function policyOf(neuron: string): Policy {
  const config = parseRunConfig({
    preset: "test",
    seed: 1,
    environment: { id: "InvertedDoublePendulum-v5", engine: "lagrangian" },
    algorithm: { id: "sac", parameters: {} },
    policy: { neuron: { id: neuron }, encoder: { id: "latest-window" }, population: 21, hidden: [17] },
    training: {},
  });
  const env = assembleEnvironment(config) as Env;
  return { agent: assembleAgent(config, env, new Rng(1)), config, run: "none", checkpoint: "best" };
}

const MANY = [
  { axis: "sensor-noise", level: 0.05 },
  { axis: "actuator-noise", level: 0.1 },
  { axis: "gravity", level: 0.1, schedule: "walk" },
  { axis: "push", level: 1, atS: 0.1 },
  { axis: "spike-deletion", level: 0.1 },
  { axis: "spike-jitter", level: 1 },
].map(resolvePerturbation);

describe("evaluatePolicy", () => {
  it.each(neurons.ids)("%s: episodes side by side equal the same ones alone, to the bit", async (neuron) => {
    const policy = policyOf(neuron);
    const options = { seed: 50, networkSeed: 7, perturbations: MANY };
    const { episodes } = await evaluatePolicy(policy, { ...options, episodes: 9 });
    expect(new Set(episodes.map(({ length }) => length)).size).toBeGreaterThan(1);
    for (let i = 0; i < 9; i += 4) {
      const alone = await evaluatePolicy(policy, { ...options, seed: 50 + i, episodes: 1 });
      expect(alone.episodes).toEqual([episodes[i]]);
    }
    policy.agent.dispose();
  });

  it("puts a perturbed network back", async () => {
    const policy = policyOf("lif");
    const clean = await evaluatePolicy(policy, { seed: 1, episodes: 3 });
    const perturbations = [resolvePerturbation({ axis: "weight-noise", level: 0.3 })];
    const perturbed = await evaluatePolicy(policy, { seed: 1, episodes: 3, perturbations });
    expect(perturbed.episodes).not.toEqual(clean.episodes);
    expect(await evaluatePolicy(policy, { seed: 1, episodes: 3 })).toEqual(clean);
    policy.agent.dispose();
  });
});
