import { UsageError } from "../../../core/errors.ts";
import { valueAt } from "./axis-value.ts";
import type { DesignDefinition } from "./design.ts";

/** Each point's value on each axis on its own, uniform. */
export const random: DesignDefinition = {
  id: "random",
  summary: "points drawn uniformly and independently",
  references: ["Bergstra & Bengio, Random search for hyper-parameter optimization, JMLR 13, 2012"],
  points(axes, samples, rng) {
    if (samples === undefined) throw new UsageError('sweep: a random design needs "samples"');
    return {
      length: samples,
      at(index) {
        const own = rng.split(`point/${index}`);
        return Object.fromEntries(axes.map(([name, values]) => [name, valueAt(values, own.uniform())]));
      },
    };
  },
};
