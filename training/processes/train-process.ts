import type { ChildProcess } from "node:child_process";
import { SpikegymError, UsageError } from "../../core/errors.ts";
import type { RunConfig } from "../config.ts";
import type { TrainOptions, TrainSummary } from "../trainer.ts";
import { forkProgram } from "./fork-program.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

/**
 * `train` in a process of its own: the same arguments, the same result, the same errors. A process that is killed is an
 * error too; its run can be resumed.
 */
export function trainInProcess(config: RunConfig, options: TrainOptions): Promise<TrainSummary> {
  const { out, signal, onProgress, onNote } = options;
  const child = forkProgram("train-worker", import.meta.url);
  return new Promise((resolve, reject) => {
    let result: TrainSummary | SpikegymError | undefined;
    const stop = () => say(child, { kind: "stop" });
    child.on("message", (message: FromWorker) => {
      if (message.kind === "progress") onProgress?.(message.progress);
      else if (message.kind === "note") onNote?.(message.line);
      else if (message.kind === "done") result = message.summary;
      else result = new (message.exitCode === 2 ? UsageError : SpikegymError)(message.message);
    });
    child.once("error", (error) => {
      result = new SpikegymError(`a training process for ${out} could not be started: ${error.message}`);
    });
    child.once("close", (code, killedBy) => {
      signal?.removeEventListener("abort", stop);
      const died = `the training process of ${out} ended ${killedBy === null ? `with code ${code}` : `by ${killedBy}`} before it was done; go on with --resume`;
      if (result === undefined) reject(new SpikegymError(died));
      else if (result instanceof SpikegymError) reject(result);
      else resolve(result);
    });
    say(child, { kind: "run", config, out, resume: options.resume === true });
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

function say(child: ChildProcess, message: ToWorker): void {
  if (child.connected) child.send(message);
}
