import type { ChildProcess } from "node:child_process";
import { SpikegymError, UsageError } from "../../core/errors.ts";
import { forkProgram } from "../processes/fork-program.ts";
import type { Trial } from "./trial.ts";
import type { FromTrialProcess, ToTrialProcess } from "./trial-messages.ts";

/**
 * A process that does one trial after another, so that a trial which blocks or dies takes nothing else with it. A
 * process that died is replaced at the next trial.
 */
export class TrialProcess {
  readonly #onNote: (line: string) => void;
  #child: ChildProcess | undefined;

  constructor(onNote: (line: string) => void = () => undefined) {
    this.#onNote = onNote;
  }

  /**
   * @param folder path of the sweep's folder
   * @returns "stopped" after `stop`
   * @throws UsageError where the trial can never be done, SpikegymError where another attempt may do it
   */
  run(folder: string, trial: Trial): Promise<"done" | "stopped"> {
    const child = this.#child ?? this.#start();
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        child.off("message", hear);
        child.off("close", die);
        settle();
      };
      const hear = (message: FromTrialProcess) => {
        if (message.kind === "note") this.#onNote(message.line);
        else if (message.kind === "failed") {
          const error = new (message.exitCode === 2 ? UsageError : SpikegymError)(message.message);
          finish(() => reject(error));
        } else finish(() => resolve(message.kind));
      };
      const die = (code: number | null, signal: string | null) => {
        const how = signal === null ? `with code ${code}` : `by ${signal}`;
        finish(() => reject(new SpikegymError(`the process of trial ${trial.id} ended ${how}`)));
      };
      child.on("message", hear);
      child.once("close", die);
      this.#say({ kind: "run", folder, trial });
    });
  }

  /** The trial at hand ends as soon as it can, one that can go on with a checkpoint. */
  stop(): void {
    this.#say({ kind: "stop" });
  }

  /** Ends the process; it must have nothing to do. */
  close(): void {
    this.#child?.disconnect();
    this.#child = undefined;
  }

  #start(): ChildProcess {
    const child = forkProgram("trial-program", import.meta.url);
    this.#child = child;
    child.once("close", () => {
      if (this.#child === child) this.#child = undefined;
    });
    return child;
  }

  #say(message: ToTrialProcess): void {
    // One that has just died says so by its `close`.
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }
}
