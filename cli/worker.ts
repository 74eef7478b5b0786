import type { Command } from "commander";
import { parseInteger, parseNumber } from "./options.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface WorkerOptions extends SharedOptions {
  readonly queue: string;
  readonly workers: number;
  readonly idle?: number;
  readonly lostAfter?: number;
}

/** `spikegym worker DIR --queue URL`: does trials of a sweep that another machine coordinates, until Ctrl-C. */
export function addWorker(program: Command, context: VerbContext): void {
  addVerb(
    program,
    "worker <dir>",
    "does trials of a sweep's queue, in the sweep's (shared) folder, until Ctrl-C",
  )
    .requiredOption("--queue <url>", "the queue's Redis, redis://host:port")
    .option("--workers <n>", "trials at a time, each in a process of its own", parseInteger(1, 1024), 1)
    .option("--idle <s>", "end when there has been nothing to do for so long, s", parseNumber(0))
    .option(
      "--lost-after <s>",
      "a worker silent for so long has lost its trial to another (default 10), s",
      parseNumber(0.5),
    )
    .action(async (path: string, options: WorkerOptions) => {
      const output = openOutput(context, options);
      const [{ SweepFolder }, { workOnQueue }] = await Promise.all([
        import("../training/sweep/sweep-folder.ts"),
        import("../training/sweep/queue/worker.ts"),
      ]);
      const folder = await SweepFolder.open(path);
      const counts = { done: 0, failed: 0 };
      output.note(`worker for sweep "${folder.record.name}" in ${path}; Ctrl-C ends`);
      await workOnQueue(folder, {
        url: options.queue,
        workers: options.workers,
        signal: context.signal,
        onTrial: (_id, outcome) => {
          counts[outcome]++;
        },
        onNote: (line) => output.note(line),
        ...(options.idle === undefined ? {} : { idleSeconds: options.idle }),
        ...(options.lostAfter === undefined ? {} : { lostAfterSeconds: options.lostAfter }),
      });
      output.finish(counts, `${counts.done} trials done, ${counts.failed} failed`);
    });
}
