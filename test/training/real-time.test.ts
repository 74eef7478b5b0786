import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { assembleAgent, assembleEnvironment } from "../../training/assemble.ts";
import { parseRunConfig } from "../../training/config.ts";

beforeAll(async () => {
  await useKernels();
});

function ticksOf(
  environment: string,
  neuron: Record<string, unknown>,
  encoder: Record<string, unknown>,
): number {
  const config = parseRunConfig({
    preset: "test",
    seed: 0,
    environment: { id: environment },
    algorithm: { id: "sac" },
    policy: {
      neuron: { id: "hh", ...neuron },
      encoder,
      state: "episode",
      time: "real",
      population: 8,
      hidden: [8],
    },
    training: {},
  });
  const env = assembleEnvironment(config);
  const agent = assembleAgent(config, env, new Rng(0));
  const { ticks } = agent.actor.shape.encoder;
  agent.dispose();
  env.close();
  return ticks;
}

describe("policy.time real", () => {
  it("makes a step of 40 or 50 ms as many ms of the neurons", () => {
    expect(ticksOf("InvertedPendulum-v5", {}, { id: "direct" })).toBe(40);
    expect(ticksOf("InvertedDoublePendulum-v5", {}, { id: "direct" })).toBe(50);
    const slow = { parameters: { tickMs: 2, substeps: 2 } };
    expect(ticksOf("InvertedDoublePendulum-v5", slow, { id: "direct" })).toBe(25);
    expect(ticksOf("InvertedDoublePendulum-v5", {}, { id: "latest-window", parameters: { window: 5 } })).toBe(
      50,
    );
  });

  it("says what does not fit: a neuron without time, ticks that are no share of a step, or of the window", () => {
    expect(() => ticksOf("InvertedPendulum-v5", { id: "lif" }, { id: "direct" })).toThrow(
      /neuron "lif" has no time of its own/,
    );
    expect(() =>
      ticksOf("InvertedPendulum-v5", { parameters: { tickMs: 3, substeps: 3 } }, { id: "direct" }),
    ).toThrow(/40 ms, which is no whole number of ticks of 3 ms/);
    expect(() =>
      ticksOf("InvertedPendulum-v5", {}, { id: "latest-window", parameters: { window: 3 } }),
    ).toThrow(/40 ticks a step cannot be shared among the 3 inputs/);
  });
});
