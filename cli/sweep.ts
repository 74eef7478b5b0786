import type { Command } from "commander";
import { SpikegymError, UsageError, unknownName } from "../core/errors.ts";
import type { SweepFolder } from "../training/sweep/sweep-folder.ts";
import { parseInteger } from "./options.ts";
import { formatTable, type Output } from "./output.ts";
import { formatDuration, openProgress } from "./progress.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface SweepOptions extends SharedOptions {
  readonly out?: string;
  readonly workers: number;
  readonly shard?: string;
  readonly queue?: string;
}

const ACTIONS = ["plan", "run", "status", "retry"] as const;
type Action = (typeof ACTIONS)[number];

/** `spikegym sweep plan|run|status|retry SPEC`: many trials from a dozen lines of YAML. */
export function addSweep(program: Command, context: VerbContext): void {
  addVerb(program, "sweep <action> <spec>", "plan, run, status or retry: many trials from one YAML file")
    .option("--out <dir>", "the sweep's folder (default: sweeps/<name>)")
    .option("--workers <n>", "processes at a time", parseInteger(1, 1024), 1)
    .option("--shard <i/N>", "only part i (0 to N - 1) of N, into a shared folder: for job arrays")
    .option("--queue <url>", "hand the trials to workers (spikegym worker) through Redis, redis://host:port")
    .action(async (action: string, path: string, options: SweepOptions) => {
      const output = openOutput(context, options);
      if (!isAction(action)) throw unknownName("action", action, ACTIONS);
      if (options.queue !== undefined && options.shard !== undefined) {
        throw new UsageError(
          "sweep: --queue and --shard do not go together; a queue shares the work out by itself",
        );
      }
      const [{ readSweepSpec }, { SweepFolder }] = await Promise.all([
        import("../training/sweep/spec.ts"),
        import("../training/sweep/sweep-folder.ts"),
      ]);
      const spec = await readSweepSpec(path);
      const read = options.seed === undefined ? spec : { ...spec, seed: options.seed };
      const out = options.out ?? `sweeps/${read.name}`;
      if (action === "status") return showStatus(await SweepFolder.open(out), output);
      const folder = await SweepFolder.plan(out, read);
      if (action === "plan") return showPlan(folder, output);
      if (action === "retry") {
        const forgotten = await folder.forgetFailures();
        output.note(forgotten === 0 ? "no trial has failed" : `${forgotten} failed trials are tried again`);
      }
      await runSweep(folder, options, output, context);
    });
}

function isAction(word: string): word is Action {
  return (ACTIONS as readonly string[]).includes(word);
}

async function showPlan(folder: SweepFolder, output: Output): Promise<void> {
  const { describeFactors } = await import("../training/sweep/plan.ts");
  const shown: string[][] = [];
  for await (const { id, kind, factors } of folder.trials()) {
    if (shown.length === SHOWN_TRIALS) break;
    shown.push([id, kind, describeFactors(factors)]);
  }
  const { trials, name } = folder.record;
  const more = trials - shown.length;
  output.finish(
    { ...(await statusOf(folder)), wallSeconds: 0 },
    [
      formatTable(shown),
      ...(more > 0 ? [`... and ${more} more in ${folder.path}/plan.jsonl`] : []),
      `sweep "${name}": ${trials} trials; go on with spikegym sweep run, in ${folder.path}`,
    ].join("\n"),
  );
}

const SHOWN_TRIALS = 12;

async function showStatus(folder: SweepFolder, output: Output): Promise<void> {
  const status = await statusOf(folder);
  const failures = await folder.failures();
  output.finish(
    { ...status, wallSeconds: 0, failures },
    [
      `sweep "${folder.record.name}": ${status.done} of ${status.trials} trials done, ${status.failed} failed, ${status.running} under way`,
      ...failures
        .slice(0, SHOWN_TRIALS)
        .map(({ id, error, attempts }) => `failed ${id} after ${attempts} attempts: ${error}`),
      ...(failures.length > 0 ? ["spikegym sweep retry tries them again"] : []),
    ].join("\n"),
  );
}

async function statusOf(folder: SweepFolder) {
  return { out: folder.path, trials: folder.record.trials, ...(await folder.count()) };
}

async function runSweep(
  folder: SweepFolder,
  options: SweepOptions,
  output: Output,
  context: VerbContext,
): Promise<void> {
  const progress = openProgress("sweep", "trials", context.streams);
  const shared = {
    signal: context.signal,
    onProgress: ({ done, failed, total }: { done: number; failed: number; total: number }) =>
      progress.update({ done: done + failed, total, fields: failed === 0 ? {} : { failed: String(failed) } }),
    onNote: (line: string) => progress.note(line),
  };
  const outcome = await doTrials(folder, options, shared).finally(() => progress.stop());
  const left = outcome.total - outcome.done - outcome.failed;
  const document = {
    out: folder.path,
    trials: outcome.total,
    done: outcome.done,
    failed: outcome.failed,
    running: 0,
    wallSeconds: outcome.wallSeconds,
  };
  if (left > 0) {
    throw new SpikegymError(
      `sweep stopped: ${outcome.done} of ${outcome.total} trials are done in ${folder.path}; the same command goes on`,
    );
  }
  output.finish(
    document,
    `${outcome.done} of ${outcome.total} trials done in ${formatDuration(outcome.wallSeconds)}: spikegym report ${folder.path}`,
  );
  if (outcome.failed > 0) {
    throw new SpikegymError(
      `${outcome.failed} of ${outcome.total} trials failed (spikegym sweep status says why, spikegym sweep retry tries again)`,
    );
  }
}

async function doTrials(
  folder: SweepFolder,
  { workers, shard, queue }: SweepOptions,
  shared: {
    signal: AbortSignal;
    onProgress: (at: { done: number; failed: number; total: number }) => void;
    onNote: (line: string) => void;
  },
) {
  if (queue !== undefined) {
    const { runThroughQueue } = await import("../training/sweep/queue/coordinator.ts");
    return runThroughQueue(folder, { ...shared, url: queue });
  }
  const [{ runLocally }, { parseShard, WHOLE }] = await Promise.all([
    import("../training/sweep/run-locally.ts"),
    import("../training/sweep/shard.ts"),
  ]);
  return runLocally(folder, { ...shared, workers, shard: shard === undefined ? WHOLE : parseShard(shard) });
}
