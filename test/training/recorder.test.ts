import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadReplay } from "../../core/replay-file/load-replay.ts";
import { spikedAt, tracedValue } from "../../core/replay-file/replay.ts";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { assembleAgent, assembleEnvironment } from "../../training/assemble.ts";
import { parseRunConfig } from "../../training/config.ts";
import { evaluate } from "../../training/evaluator.ts";
import { ObservationWindow } from "../../training/observation-window.ts";
import { presets } from "../../training/presets/index.ts";
import { recordReplay } from "../../training/recorder.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

async function untrained(preset: string) {
  await useKernels();
  const config = parseRunConfig({ preset, seed: 5, ...presets.get(preset).config });
  const makeEnv = () => assembleEnvironment(config);
  return { config, makeEnv, agent: assembleAgent(config, makeEnv(), new Rng("agent")) };
}

describe("recordReplay", () => {
  it.each(["tuned/double-hh-published", "tuned/double-hh", "tuned/double-lif"])(
    "%s: the file holds what happened: states, actions, rewards, spikes and membranes",
    async (preset) => {
      const { config, makeEnv, agent } = await untrained(preset);
      const path = join(makeTemporaryFolder(), "episode.mcap");
      const returns = await recordReplay(agent, {
        path,
        makeEnv,
        config,
        versions: { spikegym: "test" },
        seeds: [11, 12],
        tracedNeurons: [3, 7],
      });
      const replay = await loadReplay(await readFile(path), "episode.mcap");
      const { header, frames, layers } = replay;
      expect(header).toMatchObject({ env: config.environment.id, engine: "matter", preset, seed: 5 });
      const evaluated = evaluate(agent, { makeEnv, firstSeed: 11, episodes: 2 });
      expect(replay.episodes.map((e) => e.return)).toEqual(returns);
      evaluated.forEach(({ return: sum, length }, i) => {
        // Side by side, matrix products sum in another order than one by one.
        expect(returns[i]).toBeCloseTo(sum, 3);
        expect(replay.episodes[i]!.steps).toBe(length);
      });

      // The first decision of the first episode, taken again.
      const env = makeEnv();
      const [observation] = env.reset({ seed: 11 });
      expect(Array.from(frames.observations.subarray(0, observation.length))).toEqual(
        Array.from(observation),
      );
      const window = new ObservationWindow(5, 1, observation.length);
      window.start(observation);
      const decision = agent.trace(window.values, [3, 7]);
      const track = layers[0]!;
      const { units, ticks, variables } = track.layer;
      let spikes = 0;
      for (let t = 0; t < ticks; t++) {
        for (let u = 0; u < units; u++) {
          const spiked = decision.spikes[t * units + u] !== 0;
          expect(spikedAt(track, 0, t, u)).toBe(spiked);
          if (spiked) spikes++;
        }
        variables.forEach((_, v) => {
          const expected = decision.variables[(t * 2 + 1) * variables.length + v];
          expect(tracedValue(track, 0, t, 1, v)).toBe(expected);
        });
      }
      expect(spikes).toBeGreaterThan(0);
      expect(spikes).toBeLessThan(units * ticks);
      const caveats = header.notes.filter((note) => note.includes("random constants"));
      expect(caveats).toHaveLength(preset.endsWith("hh-published") ? 1 : 0);
      agent.dispose();
    },
  );

  it("chooses neurons to trace by itself: sixteen different ones", async () => {
    const { config, makeEnv, agent } = await untrained("tuned/double-lif");
    const path = join(makeTemporaryFolder(), "episode.mcap");
    await recordReplay(agent, { path, makeEnv, config, versions: {}, seeds: [1] });
    const { tracedNeurons } = (await loadReplay(await readFile(path), "episode.mcap")).layers[0]!.layer;
    expect(new Set(tracedNeurons).size).toBe(16);
    agent.dispose();
  });
});
