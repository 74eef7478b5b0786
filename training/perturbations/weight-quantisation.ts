import { defineNetwork } from "./definition.ts";

export const weightQuantisation = defineNetwork({
  id: "weight-quantisation",
  kind: "network",
  summary: "weights rounded to multiples of the level times the largest of their matrix",
  references: [],
  unit: "share of the largest weight (0.0079: 8 bits)",
  range: { min: 0, max: 1 },
  scale: [0.0079, 0.032, 0.067, 0.143, 0.334],
  scheduled: false,
  apply({ weights }, level) {
    if (level === 0) return;
    for (const matrix of weights) {
      const step = level * matrix.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
      if (step === 0) continue;
      for (let i = 0; i < matrix.length; i++) matrix[i] = step * Math.round(matrix[i]! / step);
    }
  },
});
