import { describe, expect, it } from "vitest";
import { scheduleSchema, valueAt } from "../../agents/schedule.ts";

describe("a schedule", () => {
  it("is its number all along, where it is one", () => {
    expect(valueAt(0.3, 0)).toBe(0.3);
    expect(valueAt(0.3, 1)).toBe(0.3);
  });

  it.each(["linear", "cosine", "exponential"] as const)(
    "%s: from its start to its end, then stays",
    (shape) => {
      const schedule = scheduleSchema.parse({ from: 1, to: 0.01, over: 0.5, shape });
      expect(valueAt(schedule, 0)).toBeCloseTo(1, 12);
      expect(valueAt(schedule, 0.5)).toBeCloseTo(0.01, 12);
      expect(valueAt(schedule, 0.9)).toBeCloseTo(0.01, 12);
      const half = { linear: 0.505, cosine: 0.505, exponential: 0.1 }[shape];
      expect(valueAt(schedule, 0.25)).toBeCloseTo(half, 12);
    },
  );

  it("an exponential one cannot reach zero: it goes there in a straight line", () => {
    expect(valueAt({ from: 1, to: 0, over: 1, warmUp: 0, shape: "exponential" }, 0.5)).toBe(0.5);
  });

  it("rises from 0 during its warm-up, and changes in what is left", () => {
    const schedule = scheduleSchema.parse({ from: 1, to: 0, warmUp: 0.2, over: 0.6 });
    const values = [0, 0.1, 0.2, 0.4, 0.6].map((progress) => Number(valueAt(schedule, progress).toFixed(9)));
    expect(values).toEqual([0, 0.5, 1, 0.5, 0]);
    expect(() => scheduleSchema.parse({ from: 1, to: 0, warmUp: 0.5, over: 0.5 })).toThrow(
      /warmUp below over/,
    );
  });
});
