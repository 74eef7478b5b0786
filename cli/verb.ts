import type { Command } from "commander";
import { parseSeed } from "./options.ts";
import { Output, type Streams } from "./output.ts";

/** What every verb is handed. */
export interface VerbContext {
  readonly streams: Streams;
  /**
   * Aborted by the first Ctrl-C (or SIGTERM): finish the step at hand, leave a resumable run, return. A verb whose work
   * is then incomplete throws a SpikegymError that says how to go on.
   */
  readonly signal: AbortSignal;
}

/** The options every verb has. */
export interface SharedOptions {
  readonly json?: true;
  /** Absent when the user gave none: the verb, or its preset, then has its own fixed seed. */
  readonly seed?: number;
}

/**
 * Adds a verb with the options all verbs share.
 *
 * A verb file exports one function `add<Name>(program, context)` that calls this, adds its own options, and ends in
 * `.action(...)`. It imports anything heavy (tensors, kernels, engines) with `await import(...)` inside the action, so
 * that `--help` and wrong usage answer at once.
 */
export function addVerb(program: Command, nameAndArguments: string, summary: string): Command {
  return program
    .command(nameAndArguments)
    .description(summary)
    .option("--json", "print exactly one JSON document on stdout, everything else on stderr")
    .option("--seed <n>", "the one seed everything random derives from", parseSeed);
}

/** The voice of a verb, from its parsed options. */
export function openOutput(context: VerbContext, options: SharedOptions): Output {
  return new Output(options.json === true, context.streams);
}
