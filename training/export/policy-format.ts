import { encodePolicy, withoutTraining } from "../policy-file.ts";
import { PolicyPlayer } from "../policy-player.ts";
import type { ExportFormat } from "./format.ts";

/**
 * This project's own: network, weights and configuration in one file, whatever the policy, for `PolicyPlayer` in a web
 * page, the viewer and `spikegym eval`.
 */
export const policyFile: ExportFormat = {
  id: "policy",
  summary: "the policy in one file for spikegym itself: web pages, the viewer, eval",
  references: [],
  async write({ agent, config, checkpoint }, _batch, observations) {
    const learner = withoutTraining(agent.snapshot());
    const bytes = Buffer.concat(encodePolicy({ config, learner, facts: { checkpoint } }));
    const player = await PolicyPlayer.open(bytes, "the export");
    let different = 0;
    for (const window of observations) {
      const [own, read] = [agent, player.agent].map(
        (one) => one.trace(window, [], one.restMemory.slice()).action,
      ) as [Float32Array, Float32Array];
      if (own.some((x, i) => !Object.is(x, read[i]))) different++;
    }
    player.dispose();
    return {
      files: [{ ending: ".spikegym.safetensors", bytes }],
      checks: [
        {
          id: "actions",
          ok: different === 0,
          note: `${observations.length} observations, read back: ${different} actions differ in any bit`,
        },
      ],
      leftOut: [],
    };
  },
};
