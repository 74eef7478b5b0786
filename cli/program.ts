import { Command, CommanderError } from "commander";
import { nearest, SpikegymError, UsageError } from "../core/errors.ts";
import { packageVersion } from "../training/package-root.ts";
import { addBench } from "./bench.ts";
import { addCost } from "./cost.ts";
import { addDoctor } from "./doctor.ts";
import { addEquivalence } from "./equivalence.ts";
import { addEval } from "./eval.ts";
import { addExport } from "./export.ts";
import { addList } from "./list.ts";
import { addMultitask } from "./multitask.ts";
import { addReport } from "./report.ts";
import { addReproduce } from "./reproduce.ts";
import { addRollout } from "./rollout.ts";
import { addSimulate } from "./simulate.ts";
import { addStart } from "./start.ts";
import { addStudy } from "./study.ts";
import { addSweep } from "./sweep.ts";
import { addTrain } from "./train.ts";
import type { VerbContext } from "./verb.ts";
import { addView } from "./view.ts";
import { addWorker } from "./worker.ts";

/** Every verb, in the order of the help. Adding one is: write `cli/<verb>.ts`, add a line here. */
const VERBS: readonly ((program: Command, context: VerbContext) => void)[] = [
  addList,
  addStart,
  addTrain,
  addEval,
  addMultitask,
  addBench,
  addCost,
  addStudy,
  addSweep,
  addWorker,
  addReport,
  addReproduce,
  addRollout,
  addSimulate,
  addExport,
  addEquivalence,
  addView,
  addDoctor,
];

/**
 * Runs one command line to its end.
 *
 * @param args the words after `spikegym`
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage or configuration
 */
export async function runProgram(args: readonly string[], context: VerbContext): Promise<number> {
  const program = new Command("spikegym")
    .description("Reinforcement-learning environments and agents whose policies are spiking neurons.")
    .version(packageVersion())
    .configureOutput({
      writeOut: (text) => void context.streams.stdout.write(text),
      writeErr: (text) => void context.streams.stderr.write(text),
      // Reported below, as one line.
      outputError: () => undefined,
    })
    // Commander throws instead of ending the process; subcommands inherit this and the line above.
    .exitOverride();
  for (const add of VERBS) add(program, context);

  if (args.length === 0) {
    program.outputHelp({ error: true });
    return 2;
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const failure =
      error instanceof CommanderError
        ? asUsageError(error, program, args)
        : context.signal.aborted && isAbort(error)
          ? new SpikegymError(`${args[0]}: stopped before it was done`)
          : error;
    context.streams.stderr.write(`${describeFailure(failure)}\n`);
    return failure instanceof SpikegymError ? failure.exitCode : 1;
  }
}

/** Commander's complaint in this project's form: one line, with the nearest valid name. */
function asUsageError(error: CommanderError, program: Command, args: readonly string[]): UsageError {
  // A verb may have verbs of its own: `multitask train`.
  const path: Command[] = [];
  for (const word of args) {
    const next = (path.at(-1) ?? program).commands.find((command) => command.name() === word);
    if (next === undefined) break;
    path.push(next);
  }
  const verb = path.at(-1);
  const name = path.map((command) => command.name()).join(" ");
  const got = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  if (error.code === "commander.unknownCommand") {
    const verbs = (verb ?? program).commands.map((command) => command.name());
    return new UsageError(`unknown verb "${got}"${suggest(got, verbs)} (known: ${verbs.join(", ")})`);
  }
  const help = `see spikegym ${verb === undefined ? "" : `${name} `}--help`;
  if (error.code === "commander.unknownOption") {
    const known = (verb ?? program).options.flatMap((option) => option.long ?? []);
    return new UsageError(`unknown option "${got}"${suggest(got, [...known, "--help"])} (${help})`);
  }
  const text = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, "; ");
  return new UsageError(`${verb === undefined ? "" : `${name}: `}${text} (${help})`);
}

function suggest(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}

/** One line for a failure; the whole trace when SPIKEGYM_DEBUG=1. */
export function describeFailure(error: unknown): string {
  if (process.env.SPIKEGYM_DEBUG === "1" && error instanceof Error) return error.stack ?? String(error);
  if (error instanceof SpikegymError) return `spikegym: ${oneLine(error.message)}`;
  if (isSystemError(error)) return `spikegym: ${oneLine(error.message)}`;
  return `spikegym: internal error: ${oneLine(String(error))} (SPIKEGYM_DEBUG=1 shows the trace)`;
}

/** A failure the operating system reports (disk full, no permission): its message says all, it is no bug of ours. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

/** What `signal.throwIfAborted()` throws. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}
