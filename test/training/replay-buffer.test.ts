import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileError, ShapeError, UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { ReplayBuffer, type Transition } from "../../training/replay-buffer.ts";

const WINDOW = 3;

/**
 * A history in which everything says where it comes from: observation t of episode e is [e, t], the transition from it
 * has action and reward made of both, and the last one of every other episode terminates.
 */
function fill(buffer: ReplayBuffer, lengths: readonly number[]): void {
  lengths.forEach((length, e) => {
    for (let t = 0; t < length; t++) buffer.add(step(e, t, length));
  });
}

function step(e: number, t: number, length: number): Transition {
  return {
    observation: Float32Array.of(e, t),
    action: Float32Array.of(t / 64),
    reward: e + t / 64,
    nextObservation: Float32Array.of(e, t + 1),
    terminated: t === length - 1 && e % 2 === 0,
    ended: t === length - 1,
    age: t,
  };
}

const GAMMA = 0.5;
const ONE_STEP = { nStep: 1, gamma: GAMMA };
const single = (batch: number) => ({ batch, steps: 1, burnIn: 0, ...ONE_STEP });

const shape = (capacity: number, window = WINDOW) => ({
  observationSize: 2,
  actionSize: 1,
  window,
  capacity,
});

const history = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }),
  capacity: fc.integer({ min: WINDOW, max: 60 }),
  seed: fc.nat(),
});

describe("the replay buffer", () => {
  it("draws windows of the latest observations, never across an episode or into what is overwritten", () => {
    fc.assert(
      fc.property(history, ({ lengths, capacity, seed }) => {
        const buffer = new ReplayBuffer(shape(capacity));
        fill(buffer, lengths);
        const added = lengths.flatMap((length, e) => Array.from({ length }, (_, t) => ({ e, t })));
        const kept = added.slice(-capacity);
        expect(buffer.size).toBe(kept.length);
        const batch = buffer.allocateBatch(single(32));
        buffer.sample(new Rng(seed), batch, ONE_STEP);
        for (let b = 0; b < 32; b++) {
          const at = (values: Float32Array, w: number) => [
            ...values.subarray((w * 32 + b) * 2, (w * 32 + b) * 2 + 2),
          ];
          const [e, t] = at(batch.observation, WINDOW - 1) as [number, number];
          expect(kept).toContainEqual({ e, t });
          // The earliest observation of this episode that is still held.
          const first = kept.find((transition) => transition.e === e)!.t;
          for (let w = 0; w < WINDOW; w++) {
            expect(at(batch.observation, w)).toEqual([e, Math.max(first, t - (WINDOW - 1 - w))]);
            expect(at(batch.nextObservation, w)).toEqual([e, Math.max(first, t + 1 - (WINDOW - 1 - w))]);
          }
          expect(batch.action[b]).toBe(t / 64);
          expect(batch.reward[b]).toBe(e + t / 64);
          expect(batch.discount[b]).toBe(t === lengths[e]! - 1 && e % 2 === 0 ? 0 : GAMMA);
        }
      }),
    );
  });

  it("draws every transition it holds, equally often", () => {
    const buffer = new ReplayBuffer(shape(10));
    fill(buffer, [7, 9]);
    const counts = new Map<string, number>();
    const batch = buffer.allocateBatch(single(1000));
    const rng = new Rng(4);
    for (let round = 0; round < 20; round++) {
      buffer.sample(rng, batch, ONE_STEP);
      for (const reward of batch.reward) counts.set(String(reward), (counts.get(String(reward)) ?? 0) + 1);
    }
    expect(counts.size).toBe(10);
    // 20,000 draws over 10: standard deviation 42.
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it("goes on from its snapshot exactly, in the middle of an episode and of the ring", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 12 }), ({ lengths, capacity, seed }, more) => {
        const original = new ReplayBuffer(shape(capacity));
        fill(original, lengths);
        const copy = new ReplayBuffer(shape(capacity));
        copy.restore(original.snapshot());
        for (const buffer of [original, copy]) fill(buffer, [more]);
        const drawn = [original, copy].map((buffer) => {
          const batch = buffer.allocateBatch(single(16));
          buffer.sample(new Rng(seed), batch, ONE_STEP);
          return batch;
        });
        expect(drawn[1]).toEqual(drawn[0]);
        expect(copy.snapshot()).toEqual(original.snapshot());
      }),
      { numRuns: 50 },
    );
  });

  it("keeps everything while it grows past its first allocation, and overwrites only at its capacity", () => {
    const buffer = new ReplayBuffer(shape(10_000));
    fill(buffer, Array<number>(1000).fill(9));
    expect(buffer.size).toBe(9000);
    const { arrays } = buffer.snapshot();
    expect([...arrays.observation!.values.subarray(2 * 8999)]).toEqual([999, 8]);
    expect([...arrays.observation!.values.subarray(0, 4)]).toEqual([0, 0, 0, 1]);
    fill(buffer, Array<number>(200).fill(9));
    expect(buffer.size).toBe(10_000);
  });

  it("sums n rewards up to the end of the episode or the newest transition, and bootstraps from there", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 5 }), ({ lengths, capacity, seed }, nStep) => {
        const buffer = new ReplayBuffer(shape(capacity));
        fill(buffer, lengths);
        const batch = buffer.allocateBatch(single(16));
        buffer.sample(new Rng(seed), batch, { nStep, gamma: GAMMA });
        for (let b = 0; b < 16; b++) {
          const at = (WINDOW - 1) * 32 + b * 2;
          const [e, t] = [batch.observation[at]!, batch.observation[at + 1]!];
          const last = Math.min(t + nStep - 1, lengths[e]! - 1);
          let reward = 0;
          for (let k = t; k <= last; k++) reward += GAMMA ** (k - t) * (e + k / 64);
          expect(batch.reward[b]).toBeCloseTo(reward, 5);
          expect([batch.nextObservation[at], batch.nextObservation[at + 1]]).toEqual([e, last + 1]);
          const terminated = last === lengths[e]! - 1 && e % 2 === 0;
          expect(batch.discount[b]).toBe(terminated ? 0 : GAMMA ** (last - t + 1));
        }
      }),
    );
  });

  it("with several environments in turns, windows, sums and sequences stay within their own", () => {
    const lanes = 3;
    const buffer = new ReplayBuffer({ ...shape(40), lanes, memorySize: 1 });
    // Environment l plays episodes of 4 + l steps; observation [l, t] says which and when.
    const ages = [0, 0, 0];
    for (let k = 0; k < 100; k++) {
      const lane = k % lanes;
      const age = ages[lane]!;
      buffer.add({ ...step(lane, age, 4 + lane), memory: Float32Array.of(10 * lane + age) });
      ages[lane] = (age + 1) % (4 + lane);
    }
    const sample = { batch: 64, steps: 2, burnIn: 3, nStep: 1, gamma: GAMMA };
    const batch = buffer.allocateBatch(sample);
    buffer.sample(new Rng(1), batch, sample);
    for (let b = 0; b < 64; b++) {
      const row = (s: number, w: number) => ((s * WINDOW + w) * 64 + b) * 2;
      const [lane, first] = [
        batch.observation[row(0, WINDOW - 1)]!,
        batch.observation[row(0, WINDOW - 1) + 1]!,
      ];
      expect(batch.memory[b]).toBe(10 * lane + first);
      for (let s = 0; s < 5; s++) {
        const t = (first + s) % (4 + lane);
        expect(batch.starts[s * 64 + b]).toBe(t === 0 ? 1 : 0);
        const windowAt = Array.from({ length: WINDOW }, (_, w) => batch.observation[row(s, w)]);
        expect(windowAt).toEqual(Array(WINDOW).fill(lane));
        expect(batch.observation[row(s, WINDOW - 1) + 1]).toBe(t);
        if (s >= 3) expect(batch.reward[(s - 3) * 64 + b]).toBe(lane + t / 64);
        if (s >= 3) expect(batch.nextObservation[row(s - 3, WINDOW - 1) + 1]).toBe(t + 1);
      }
    }
  });

  it("goes on over the decisions that lead to a value n steps later, within a lane and up to the newest", () => {
    const lanes = 2;
    const nStep = 4;
    const buffer = new ReplayBuffer({ ...shape(200), lanes, memorySize: 1 });
    const added = 60;
    for (let k = 0; k < added; k++) {
      const [lane, t] = [k % lanes, Math.floor(k / lanes)];
      buffer.add({ ...step(lane, t % 7, 7), memory: Float32Array.of(t) });
    }
    const sample = { batch: 256, steps: 2, burnIn: 1, nStep, gamma: GAMMA };
    const batch = buffer.allocateBatch(sample);
    buffer.sample(new Rng(1), batch, sample);
    expect(batch.lookAhead!.steps).toBe(nStep - 1);
    const hopsSeen = new Set<number>();
    for (let b = 0; b < 256; b++) {
      const newest = (s: number) => batch.observation[((s * WINDOW + WINDOW - 1) * 256 + b) * 2 + 1]!;
      const first = batch.memory[b]!;
      for (let s = 1; s < 3; s++) {
        const t = first + s;
        // To the end of the episode of seven steps, to the newest transition, or n steps.
        const hops = Math.min(nStep, 7 - (t % 7), added / lanes - t);
        const row = (s - 1) * 256 + b;
        expect(batch.lookAhead!.hops[row]).toBe(hops);
        expect(batch.discount[row] === 0 || batch.discount[row] === GAMMA ** hops).toBe(true);
        hopsSeen.add(hops);
        for (let k = 0; k < hops; k++) expect(newest(s + k)).toBe((t + k) % 7);
      }
    }
    expect([...hopsSeen].sort()).toEqual([1, 2, 3, 4]);
    const alone = new ReplayBuffer(shape(200));
    expect(alone.allocateBatch(sample).lookAhead).toBeUndefined();
  });

  it("takes little memory until it is needed", () => {
    const before = process.memoryUsage().arrayBuffers;
    const buffers = Array.from(
      { length: 4 },
      () => new ReplayBuffer({ ...shape(1_000_000), observationSize: 11 }),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10e6);
    expect(buffers.every((buffer) => buffer.size === 0)).toBe(true);
  });

  it("refuses wrong sizes, an empty draw and a snapshot of another shape", () => {
    const buffer = new ReplayBuffer(shape(8));
    const two = Float32Array.of(0, 0);
    expect(() => new ReplayBuffer(shape(2))).toThrow(UsageError);
    expect(() => buffer.sample(new Rng(0), buffer.allocateBatch(single(2)), ONE_STEP)).toThrow(
      /0 transitions, expected at least 1/,
    );
    expect(() => buffer.add({ ...step(0, 0, 2), observation: Float32Array.of(1) })).toThrow(ShapeError);
    expect(() => buffer.add({ ...step(0, 0, 2), action: two })).toThrow(ShapeError);
    fill(buffer, [8]);
    expect(() => new ReplayBuffer({ ...shape(8), observationSize: 3 }).restore(buffer.snapshot())).toThrow(
      FileError,
    );
    expect(() => new ReplayBuffer(shape(4)).restore(buffer.snapshot())).toThrow(FileError);
  });
});
