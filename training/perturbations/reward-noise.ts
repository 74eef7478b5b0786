import { defineReward } from "./definition.ts";

export const rewardNoise = defineReward({
  id: "reward-noise",
  kind: "reward",
  summary: "training only: Gaussian noise on the reward the learner is told: + level N(0, 1)",
  references: [],
  unit: "the reward's",
  range: { min: 0, max: 1000 },
  scale: [0.1, 0.3, 1, 3, 10],
  apply: (reward, level, rng) => reward + level * rng.normal(),
});
