import { UsageError } from "../core/errors.ts";

/**
 * The integration step of a tick, ms.
 *
 * @throws UsageError with the largest stable step and the substeps it takes, where the step is larger
 */
export function checkStep(neuron: string, tickMs: number, substeps: number, largestMs: number): number {
  const dtMs = tickMs / substeps;
  if (dtMs <= largestMs) return dtMs;
  throw new UsageError(
    `neuron "${neuron}": tickMs ${tickMs} in ${substeps} substeps is a step of ${dtMs} ms, expected at most ${largestMs} (the largest stable one); use at least ${Math.ceil(tickMs / largestMs)} substeps`,
  );
}
