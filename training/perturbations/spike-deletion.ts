import { defineNetwork } from "./definition.ts";
import { laneDraws } from "./lane-draws.ts";

/** Synapses fail: of what the neurons send in a tick, each train's share is lost on its own. */
export const spikeDeletion = defineNetwork({
  id: "spike-deletion",
  kind: "network",
  summary: "spikes lost between neurons and heads, each with this probability",
  references: [
    "Allen & Stevens, An evaluation of causes for unreliability of synaptic transmission, PNAS 91, 1994",
  ],
  unit: "probability a spike",
  range: { min: 0, max: 1 },
  scale: [0.005, 0.02, 0.05, 0.15, 0.4],
  scheduled: false,
  apply(network, level, rng) {
    if (level === 0) return;
    const seed = rng.integer(2 ** 32);
    network.disturbSpikes((spikes) => {
      const { outputs, ticks, batch, width } = spikes;
      for (let lane = 0; lane < batch; lane++) {
        const draw = laneDraws(spikes, lane, seed);
        for (let t = 0; t < ticks; t++) {
          const row = (t * batch + lane) * width;
          for (let u = 0; u < width; u++) if (draw(t * width + u) < level) outputs[row + u] = 0;
        }
      }
    });
  },
});
