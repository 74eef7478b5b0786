import { SpikegymError } from "../core/errors.ts";
import { openProgress } from "./progress.ts";
import type { VerbContext } from "./verb.ts";

/** Seconds of silence before progress is shown. */
const SILENCE_S = 2;

/**
 * Runs a computation that hands over now and then (yielding how far it is) to its end, with progress on stderr once it
 * takes longer, and an ear for Ctrl-C.
 *
 * @param total what it yields at its end
 * @throws SpikegymError when stopped: how far it came
 */
export async function runInTurns<R>(
  title: string,
  unit: string,
  total: number,
  running: Generator<number, R>,
  { streams, signal }: VerbContext,
): Promise<R> {
  const started = performance.now();
  let progress: ReturnType<typeof openProgress> | undefined;
  try {
    for (;;) {
      const next = running.next();
      if (next.done) return next.value;
      if (performance.now() - started > 1000 * SILENCE_S) {
        progress ??= openProgress(title, unit, streams);
        progress.update({ done: Math.round(next.value), total: Math.round(total) });
      }
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) {
        throw new SpikegymError(
          `${title}: stopped at ${Math.round(next.value)} of ${Math.round(total)} ${unit}`,
        );
      }
    }
  } finally {
    progress?.stop();
  }
}
