import type { Preset } from "./preset.ts";

/** What all tuned double-pendulum presets share; see docs/decisions for why each value is what it is. */
function tunedDouble(neuron: string, summary: string, parameters: Record<string, unknown> = {}): Preset {
  return {
    id: `tuned/double-${neuron}`,
    summary,
    references: ["Haarnoja et al., Soft actor-critic algorithms and applications (2018)"],
    config: {
      environment: { id: "InvertedDoublePendulum-v5" },
      algorithm: {
        id: "sac",
        parameters: {
          rewardScale: 0.1,
          temperature: 0.02,
          actorLearningRate: 1e-3,
          criticLearningRate: 1e-3,
        },
      },
      policy: { neuron: { id: neuron, parameters }, encoder: { id: "latest-window" } },
      training: { randomSteps: 1_000, stopWhenSolved: true },
    },
  };
}

export const tunedDoubleHhPublished = tunedDouble(
  "hh-published",
  "double pendulum, the paper's Hodgkin-Huxley neurons (constant rates)",
);
export const tunedDoubleHh = tunedDouble("hh", "double pendulum, biophysical Hodgkin-Huxley neurons");
export const tunedDoubleLif = tunedDouble("lif", "double pendulum, leaky integrate-and-fire neurons");
export const tunedDoubleAnn = tunedDouble("ann", "double pendulum, the published binarised ANN");
