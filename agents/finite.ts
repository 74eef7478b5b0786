import { DivergenceError } from "../core/errors.ts";
import type { UpdateMetrics } from "./algorithm.ts";

/** The metrics, if all are finite. @throws DivergenceError naming the first that is not */
export function finite<M extends UpdateMetrics>(algorithm: string, update: number, metrics: M): M {
  for (const [name, value] of Object.entries(metrics)) {
    if (!Number.isFinite(value)) {
      throw new DivergenceError(
        `${algorithm}: ${name} is ${value} at update ${update}; lower the learning rates`,
      );
    }
  }
  return metrics;
}
