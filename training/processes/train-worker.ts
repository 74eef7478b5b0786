import { SpikegymError } from "../../core/errors.ts";
import { describeFileFailure } from "../atomic-file.ts";
import { train } from "../trainer.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

/**
 * The program of a training process: one run, handed in as the first message; everything it has to say goes back the same
 * way. A stop (a message, a signal, or a parent that is gone) leaves a run that can be resumed.
 */

const stop = new AbortController();
for (const event of ["SIGINT", "SIGTERM", "disconnect"]) process.on(event, () => stop.abort());

process.on("message", (message: ToWorker) => {
  if (message.kind === "stop") stop.abort();
  else void run(message);
});

async function run({ config, out, resume }: Extract<ToWorker, { kind: "run" }>): Promise<void> {
  try {
    const summary = await train(config, {
      out,
      resume,
      signal: stop.signal,
      onProgress: (progress) => say({ kind: "progress", progress }),
      onNote: (line) => say({ kind: "note", line }),
    });
    if (summary.complete) {
      // Loaded when it is wanted: pictures take longer to load than a short run to train.
      const { writeRunCard } = await import("../run-card/run-card.ts");
      await writeRunCard(out, summary);
    }
    say({ kind: "done", summary });
  } catch (error) {
    const failure = describeFileFailure("write", out, error);
    const expected = failure instanceof SpikegymError;
    say({
      kind: "failed",
      message: expected ? failure.message : ((failure as Error)?.stack ?? String(failure)),
      exitCode: expected ? failure.exitCode : 1,
    });
  } finally {
    if (process.connected) process.disconnect();
  }
}

/** Nobody may be listening any more: then there is nothing to say. */
function say(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}
