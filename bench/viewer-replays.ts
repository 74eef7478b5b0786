import type { ReplayHeader } from "../core/replay-file/header.ts";
import { ReplayWriter } from "../core/replay-file/writer.ts";
import { Rng } from "../core/rng.ts";
import { ReplayFileSink } from "../training/replay-file-sink.ts";

export interface Shape {
  readonly episodes: number;
  readonly steps: number;
  readonly units: number;
  readonly ticks: number;
}

/** A recording of random numbers in the shape of a double pendulum's. */
export async function writeReplay(path: string, { episodes, steps, units, ticks }: Shape): Promise<void> {
  const rng = new Rng("bench");
  const traced = Array.from({ length: 16 }, (_, i) => i * 3);
  const rod = { kind: "rod" as const, lengthM: 0.6, radiusM: 0.045 };
  const header: ReplayHeader = {
    env: "InvertedDoublePendulum-v5",
    engine: "none",
    stepSeconds: 0.05,
    scene: {
      bodies: [
        { id: "cart", role: "cart", shape: { kind: "box", widthM: 0.3, heightM: 0.15 } },
        { id: "pole1", role: "pole", shape: rod },
        { id: "pole2", role: "pole", shape: rod },
      ],
      view: { xMin: -1.4, xMax: 1.4, yMin: -0.35, yMax: 1.45 },
      rail: { y: 0, xMin: -1, xMax: 1 },
      forceOn: 0,
    },
    observationLabels: Array.from({ length: 9 }, (_, i) => `observation ${i}`),
    actionLabels: ["force"],
    seed: null,
    agent: "random numbers for a benchmark",
    preset: null,
    versions: {},
    layers: [
      {
        id: "population",
        neuron: "none",
        units,
        ticks,
        tickMs: null,
        threshold: 0,
        variables: [
          { name: "V", unit: "mV", role: "membrane" },
          ...["n", "m", "h"].map((name) => ({ name, unit: "1", role: "gate" as const })),
        ],
        tracedNeurons: traced,
        sensitivity: Array.from({ length: units }, () => rng.normal()),
      },
    ],
    notes: [],
  };
  const writer = await ReplayWriter.open(await ReplayFileSink.open(path), header);
  const traces = new Float32Array(ticks * traced.length * 4);
  const spikes = new Uint8Array(ticks * units);
  for (let episode = 0; episode < episodes; episode++) {
    await writer.beginEpisode(`seed ${episode}`);
    const state = (i: number) => {
      const [x, a, b] = [0.3 * Math.sin(i / 17), 0.1 * Math.sin(i / 7), 0.12 * Math.cos(i / 9)];
      const hinge = [x + 0.6 * Math.sin(a), 0.6 * Math.cos(a)];
      return {
        poses: [x, 0, 0, x, 0, a, hinge[0]!, hinge[1]!, b],
        qpos: [x, a, b - a],
        qvel: [0, 0, 0],
        observation: Array.from({ length: 9 }, (_, k) => Math.sin(i / (k + 3))),
      };
    };
    for (let i = 0; i < steps; i++) {
      for (let k = 0; k < spikes.length; k++) spikes[k] = (i * 7 + k * 13 + ((k * i) >> 3)) % 5 === 0 ? 1 : 0;
      for (let k = 0; k < traces.length; k++) traces[k] = Math.sin((i * 15 + k) / 40);
      await writer.step({
        ...state(i),
        action: [Math.sin(i / 5)],
        forceN: 100 * Math.sin(i / 5),
        reward: 9 + Math.sin(i / 30),
        terminated: false,
        truncated: i === steps - 1,
        value: 10,
        layers: { population: { spikes, traces } },
      });
    }
    await writer.endEpisode(state(steps));
  }
  await writer.close();
}
