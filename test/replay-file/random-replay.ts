import fc from "fast-check";
import type { ReplayHeader } from "../../core/replay-file/header.ts";
import type { ByteSink, DecisionRecord, FrameState } from "../../core/replay-file/recording.ts";
import { ReplayWriter } from "../../core/replay-file/writer.ts";

/** Keeps the bytes; `bytes()` is the file so far. */
export class MemorySink implements ByteSink {
  closed = false;
  readonly #parts: Uint8Array[] = [];

  async write(bytes: Uint8Array): Promise<void> {
    this.#parts.push(bytes.slice());
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

export interface WrittenEpisode {
  readonly label: string;
  readonly steps: readonly DecisionRecord[];
  readonly end: FrameState;
}

export interface Written {
  readonly header: ReplayHeader;
  readonly episodes: readonly WrittenEpisode[];
}

export async function writeReplay({ header, episodes }: Written, sink: MemorySink): Promise<void> {
  const writer = await ReplayWriter.open(sink, header);
  for (const episode of episodes) {
    await writer.beginEpisode(episode.label);
    for (const step of episode.steps) await writer.step(step);
    await writer.endEpisode(episode.end);
  }
  await writer.close();
}

const floats = (length: number) =>
  fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: length, maxLength: length });
const doubles = (length: number) =>
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: length, maxLength: length });

const sizes = fc.record({
  bodies: fc.integer({ min: 0, max: 3 }),
  observation: fc.integer({ min: 0, max: 5 }),
  action: fc.integer({ min: 1, max: 2 }),
  ticks: fc.integer({ min: 1, max: 5 }),
  units: fc.integer({ min: 1, max: 20 }),
  traced: fc.integer({ min: 0, max: 3 }),
  variables: fc.integer({ min: 0, max: 3 }),
});

/** Any header of one or two layers and up to three short episodes that fit it. */
export const anyReplay: fc.Arbitrary<Written> = fc
  .tuple(sizes, fc.integer({ min: 1, max: 2 }))
  .chain(([s, layerCount]) => {
    const traced = Math.min(s.traced, s.units);
    const header: ReplayHeader = {
      env: "Test-v0",
      engine: "none",
      stepSeconds: 0.05,
      scene: {
        bodies: Array.from({ length: s.bodies }, (_, i) => ({
          id: `body${i}`,
          role: "pole" as const,
          shape: { kind: "rod" as const, lengthM: 0.6, radiusM: 0.05 },
        })),
        view: { xMin: -1, xMax: 1, yMin: -1, yMax: 1 },
      },
      observationLabels: Array.from({ length: s.observation }, (_, i) => `o${i} (m)`),
      actionLabels: Array.from({ length: s.action }, (_, i) => `a${i}`),
      seed: 7,
      agent: "a random one",
      preset: null,
      versions: { spikegym: "0.1.0" },
      layers: Array.from({ length: layerCount }, (_, i) => ({
        id: `layer-${i}`,
        neuron: "lif",
        units: s.units,
        ticks: s.ticks,
        tickMs: null,
        variables: Array.from({ length: s.variables }, (_, v) => ({
          name: `v${v}`,
          unit: "mV",
          role: "membrane" as const,
        })),
        tracedNeurons: Array.from({ length: traced }, (_, n) => n),
      })),
      notes: ["made up"],
    };
    const state = fc.record({
      poses: doubles(3 * s.bodies),
      qpos: doubles(2),
      qvel: doubles(3),
      observation: floats(s.observation),
    });
    const activity = fc.record({
      spikes: fc.array(fc.integer({ min: 0, max: 1 }), {
        minLength: s.ticks * s.units,
        maxLength: s.ticks * s.units,
      }),
      traces: floats(s.ticks * traced * s.variables),
    });
    const step = fc
      .tuple(
        state,
        fc.record({
          action: floats(s.action),
          forceN: fc.double({ noNaN: true, noDefaultInfinity: true }),
          reward: fc.double({ noNaN: true, min: -100, max: 100 }),
          terminated: fc.constant(false),
          truncated: fc.constant(false),
          value: fc.double(),
        }),
        fc.array(activity, { minLength: layerCount, maxLength: layerCount }),
      )
      .map(
        ([before, decision, activities]): DecisionRecord => ({
          ...before,
          ...decision,
          layers: Object.fromEntries(activities.map((a, i) => [`layer-${i}`, a])),
        }),
      );
    const episode = fc.record({
      label: fc.string({ maxLength: 20 }),
      steps: fc.array(step, { minLength: 1, maxLength: 6 }),
      end: state,
    });
    return fc.array(episode, { minLength: 1, maxLength: 3 }).map((episodes) => ({ header, episodes }));
  });
