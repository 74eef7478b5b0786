import { UsageError } from "../../../core/errors.ts";
import type { Rng } from "../../../core/rng.ts";
import { valueAt } from "./axis-value.ts";
import type { DesignDefinition } from "./design.ts";

/** N points; each axis is cut into N equal strata, and each stratum holds one of them. */
export const latinHypercube: DesignDefinition = {
  id: "latin-hypercube",
  summary: "points spread so that each axis is covered evenly",
  references: ["McKay, Beckman & Conover, Technometrics 21, 239-245 (1979)"],
  points(axes, samples, rng) {
    if (samples === undefined) throw new UsageError('sweep: a Latin hypercube needs "samples"');
    const strata = axes.map(([name]) => permutation(samples, rng.split(`strata/${name}`)));
    return {
      length: samples,
      at(index) {
        const own = rng.split(`point/${index}`);
        return Object.fromEntries(
          axes.map(([name, values], axis) => [
            name,
            valueAt(values, (strata[axis]![index]! + own.uniform()) / samples),
          ]),
        );
      },
    };
  },
};

/** Fisher & Yates. */
function permutation(n: number, rng: Rng): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
