import { defineNetwork } from "./definition.ts";

export const weightNoise = defineNetwork({
  id: "weight-noise",
  kind: "network",
  summary: "Gaussian noise on every weight, in shares of its matrix' root mean square",
  references: [],
  unit: "share of the RMS weight",
  range: { min: 0, max: 10 },
  scale: [0.003, 0.01, 0.03, 0.1, 0.3],
  scheduled: false,
  apply({ weights }, level, rng) {
    for (const matrix of weights) {
      const rms = Math.sqrt(matrix.reduce((sum, w) => sum + w * w, 0) / matrix.length);
      for (let i = 0; i < matrix.length; i++) matrix[i]! += level * rms * rng.normal();
    }
  },
});
