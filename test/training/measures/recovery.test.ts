import { describe, expect, it } from "vitest";
import { RecoveryMeter } from "../../../training/measures/recovery.ts";

/** Angles at 0.1 s, 0.2 s, ... */
function measure(disturbances: number[], angles: number[], fell = false) {
  const meter = new RecoveryMeter(disturbances);
  angles.forEach((angle, i) => {
    meter.observe((i + 1) / 10, angle);
  });
  return meter.finish(fell);
}

describe("recovery", () => {
  it("without a push is measured from the start", () => {
    const { settlingS, overshootRad, recoveryShare } = measure([], [0.2, 0.3, 0.15, 0.04, 0.01]);
    expect(settlingS).toBeCloseTo(0.3, 12);
    expect(overshootRad).toBe(0.3);
    expect(recoveryShare).toBe(1);
  });

  it("begins anew at each push; what lies before the first does not count", () => {
    const result = measure([0.3, 0.6], [1, 1, 0.2, 0.01, 0.01, 0.4, 0.15, 0.15, 0.02]);
    // 0.3 s: outside until 0.3, peak 0.2. 0.6 s: outside until 0.8, peak 0.4.
    expect(result.settlingS).toBeCloseTo((0 + 0.2) / 2, 12);
    expect(result.overshootRad).toBeCloseTo(0.3, 12);
    expect(result.recoveryShare).toBe(1);
  });

  it("a push that ends in a fall, or outside the band, is not recovered from", () => {
    expect(measure([0.1], [0.2, 0.01], true)).toMatchObject({ settlingS: null, recoveryShare: 0 });
    expect(measure([0.1, 0.3], [0.2, 0.01, 0.2, 0.2])).toMatchObject({ settlingS: 0, recoveryShare: 0.5 });
  });

  it("pushes that never came are not counted", () => {
    expect(measure([0.1, 9], [0.2, 0.01])).toMatchObject({ recoveryShare: 1 });
    expect(measure([9], [0.2, 0.01])).toEqual({ settlingS: null, overshootRad: 0, recoveryShare: 0 });
  });
});
