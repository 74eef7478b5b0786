import type { ReplayHeader } from "../../core/replay-file/header.ts";
import type { ByteSink } from "../../core/replay-file/recording.ts";
import { ReplayWriter } from "../../core/replay-file/writer.ts";
import { Rng } from "../../core/rng.ts";

/*
 * A deterministic replay of a classifier for testing the viewer: three drawn pictures, each shown for one decision of
 * sixteen ticks to neurons with small receptive fields. Its answers are made up.
 */

export const sidePx = 28;
export const shapes = ["disc", "ring", "bar"];
const places = ["left", "right"];
const units = 96;
const ticks = 16;

/** A shape on one half of the picture. */
export function drawShape(shape: number, place: number): Uint8Array {
  const pixels = new Uint8Array(sidePx * sidePx);
  const centre = place === 0 ? 9 : 18;
  for (let y = 0; y < sidePx; y++) {
    for (let x = 0; x < sidePx; x++) {
      const distance = Math.hypot(x - centre, y - 13.5);
      const inside =
        shape === 0
          ? distance < 7
          : shape === 1
            ? distance < 8 && distance > 5
            : Math.abs(x - centre) < 2.5 && Math.abs(y - 13.5) < 10;
      if (inside) pixels[y * sidePx + x] = 255 - 8 * Math.round(distance);
    }
  }
  return pixels;
}

export async function writeSampleImages(sink: ByteSink): Promise<void> {
  const rng = new Rng("sample images");
  const centres = Array.from({ length: units }, () => [rng.uniform(0, sidePx), rng.uniform(0, sidePx)]);
  const weights = centres.flatMap(([cx, cy]) =>
    Array.from({ length: sidePx * sidePx }, (_, i) => {
      const squared = ((i % sidePx) - cx!) ** 2 + (Math.floor(i / sidePx) - cy!) ** 2;
      return Number((Math.exp(-squared / 18) - 0.4 * Math.exp(-squared / 60)).toFixed(3));
    }),
  );
  const header: ReplayHeader = {
    env: "shapes",
    engine: "sample",
    stepSeconds: ticks / 1000,
    scene: {
      bodies: [],
      view: { xMin: 0, xMax: 1, yMin: 0, yMax: 1 },
      image: {
        widthPx: sidePx,
        heightPx: sidePx,
        tasks: [
          { name: "shape", classes: shapes },
          { name: "place", classes: places },
        ],
      },
    },
    observationLabels: ["true shape", "true place"],
    actionLabels: [...shapes.map((name) => `shape: ${name}`), ...places.map((name) => `place: ${name}`)],
    seed: 7,
    agent: "Neurons with small receptive fields; a sample, not a trained classifier.",
    preset: null,
    versions: { spikegym: "0.1.0" },
    layers: [
      {
        id: "hidden",
        neuron: "lif",
        units,
        ticks,
        tickMs: 1,
        variables: [],
        tracedNeurons: [],
        startsAtRest: true,
        inputs: {
          labels: Array.from({ length: sidePx * sidePx }, (_, i) => `pixel ${i}`),
          weights,
        },
      },
    ],
    notes: ["A sample made by a test: the answers are made up."],
  };
  const writer = await ReplayWriter.open(sink, header);
  for (const [i, [shape, place]] of [
    [0, 0],
    [1, 1],
    [2, 1],
  ].entries()) {
    const image = drawShape(shape!, place!);
    const spikes = new Uint8Array(ticks * units);
    for (let unit = 0; unit < units; unit++) {
      const row = weights.slice(unit * sidePx * sidePx, (unit + 1) * sidePx * sidePx);
      const current = row.reduce((sum, weight, k) => sum + (weight * image[k]!) / 255, 0);
      let membrane = rng.uniform(0, 1);
      for (let tick = 0; tick < ticks; tick++) {
        membrane += 0.06 * Math.max(0, current);
        if (membrane < 1) continue;
        spikes[tick * units + unit] = 1;
        membrane = 0;
      }
    }
    // The last picture's shape is taken for another.
    const answer = i === 2 ? 1 : shape!;
    const state = {
      poses: [],
      qpos: [],
      qvel: [],
      observation: [shape!, place!],
    };
    await writer.beginEpisode(`image ${i}: ${shapes[shape!]}, ${places[place!]}`);
    await writer.step({
      ...state,
      action: [
        ...shapes.map((_, c) => (c === answer ? 0.8 : 0.1)),
        ...places.map((_, c) => (c === place ? 0.9 : 0.1)),
      ],
      forceN: 0,
      reward: (answer === shape ? 0.5 : 0) + 0.5,
      terminated: false,
      truncated: false,
      image,
      layers: { hidden: { spikes } },
    });
    await writer.endEpisode(state);
  }
  await writer.close();
}
