import { SpikegymError } from "../../core/errors.ts";
import { describeFileFailure } from "../atomic-file.ts";
import { TrialRunner } from "./run-trial.ts";
import { SweepFolder } from "./sweep-folder.ts";
import type { FromTrialProcess, ToTrialProcess } from "./trial-messages.ts";

/**
 * The program of a trial process: trials as they are handed in, one after another. A stop (a message, a signal, or a
 * parent that is gone) leaves a training trial that can go on.
 */

const stop = new AbortController();
for (const event of ["SIGINT", "SIGTERM"]) process.on(event, () => stop.abort());
process.on("disconnect", () => {
  stop.abort();
  if (!busy) process.exit(0);
});

const runner = new TrialRunner();
let folder: SweepFolder | undefined;
let busy = false;

process.on("message", (message: ToTrialProcess) => {
  if (message.kind === "stop") stop.abort();
  else void run(message);
});

async function run({ folder: path, trial }: Extract<ToTrialProcess, { kind: "run" }>): Promise<void> {
  busy = true;
  try {
    if (folder?.path !== path) folder = await SweepFolder.open(path);
    const kind = await runner.run(folder, trial, {
      signal: stop.signal,
      onNote: (line) => say({ kind: "note", line }),
    });
    say({ kind });
  } catch (error) {
    const failure = describeFileFailure("write", path, error);
    const expected = failure instanceof SpikegymError;
    say({
      kind: "failed",
      message: expected ? failure.message : ((failure as Error)?.stack ?? String(failure)),
      exitCode: expected ? failure.exitCode : 1,
    });
  } finally {
    busy = false;
    if (!process.connected) process.exit(0);
  }
}

/** Nobody may be listening any more: then there is nothing to say. */
function say(message: FromTrialProcess): void {
  if (process.connected) process.send?.(message);
}
