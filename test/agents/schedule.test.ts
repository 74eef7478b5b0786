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
    expect(valueAt({ from: 1, to: 0, over: 1, shape: "exponential" }, 0.5)).toBe(0.5);
  });
});
