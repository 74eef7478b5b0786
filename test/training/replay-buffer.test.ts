import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileError, ShapeError, UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { ReplayBuffer } from "../../training/replay-buffer.ts";

const WINDOW = 3;

/**
 * A history in which everything says where it comes from: observation t of episode e is [e, t], the transition from it
 * has action and reward made of both, and the last one of every other episode terminates.
 */
function fill(buffer: ReplayBuffer, lengths: readonly number[]): void {
  lengths.forEach((length, e) => {
    for (let t = 0; t < length; t++) {
      const terminated = t === length - 1 && e % 2 === 0;
      buffer.add(
        Float32Array.of(e, t),
        Float32Array.of(t / 64),
        e + t / 64,
        Float32Array.of(e, t + 1),
        terminated,
        t,
      );
    }
  });
}

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
        const batch = buffer.allocateBatch(32);
        buffer.sample(new Rng(seed), batch);
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
          expect(batch.terminated[b]).toBe(t === lengths[e]! - 1 && e % 2 === 0 ? 1 : 0);
        }
      }),
    );
  });

  it("draws every transition it holds, equally often", () => {
    const buffer = new ReplayBuffer(shape(10));
    fill(buffer, [7, 9]);
    const counts = new Map<string, number>();
    const batch = buffer.allocateBatch(1000);
    const rng = new Rng(4);
    for (let round = 0; round < 20; round++) {
      buffer.sample(rng, batch);
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
          const batch = buffer.allocateBatch(16);
          buffer.sample(new Rng(seed), batch);
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
    expect(() => buffer.sample(new Rng(0), buffer.allocateBatch(2))).toThrow(/empty/);
    expect(() => buffer.add(Float32Array.of(1), Float32Array.of(0), 0, two, false, 0)).toThrow(ShapeError);
    expect(() => buffer.add(two, two, 0, two, false, 0)).toThrow(ShapeError);
    fill(buffer, [8]);
    expect(() => new ReplayBuffer({ ...shape(8), observationSize: 3 }).restore(buffer.snapshot())).toThrow(
      FileError,
    );
    expect(() => new ReplayBuffer(shape(4)).restore(buffer.snapshot())).toThrow(FileError);
  });
});
