import { defineNetwork } from "./definition.ts";
import { laneDraws } from "./lane-draws.ts";

/**
 * Spikes arrive early or late by round(level N(0, 1)) ticks; those that would arrive outside the decision are lost. To a
 * readout of rates the time within a decision is nothing, so that it feels the losses at its edges only.
 */
export const spikeJitter = defineNetwork({
  id: "spike-jitter",
  kind: "network",
  summary: "spikes early or late by level N(0, 1) ticks, lost where that is outside the decision",
  references: [],
  unit: "ticks",
  range: { min: 0, max: 1000 },
  scale: [0.25, 0.5, 1, 2, 4],
  scheduled: false,
  apply(network, level, rng) {
    if (level === 0) return;
    const seed = rng.integer(2 ** 32);
    network.disturbSpikes((spikes) => {
      const { outputs, ticks, batch, width } = spikes;
      const sent = outputs.slice();
      outputs.fill(0);
      for (let lane = 0; lane < batch; lane++) {
        const draw = laneDraws(spikes, lane, seed);
        for (let t = 0; t < ticks; t++) {
          for (let u = 0; u < width; u++) {
            const spike = sent[(t * batch + lane) * width + u]!;
            if (spike === 0) continue;
            const number = 2 * (t * width + u);
            // Box and Muller's transform; 1 - u is never 0.
            const radius = Math.sqrt(-2 * Math.log(1 - draw(number)));
            const at = t + Math.round(level * radius * Math.cos(2 * Math.PI * draw(number + 1)));
            if (at >= 0 && at < ticks) outputs[(at * batch + lane) * width + u]! += spike;
          }
        }
      }
    });
  },
});
