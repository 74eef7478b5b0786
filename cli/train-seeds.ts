import { SpikegymError, UsageError } from "../core/errors.ts";
import { formatReturn, formatReturns } from "../training/format-estimate.ts";
import type { SeedGroup } from "../training/seeds/seed-group.ts";
import type { SeedSummary } from "../training/seeds/seed-summary.ts";
import { formatTable, type Output } from "./output.ts";
import { formatDuration, openProgress } from "./progress.ts";
import { refuseBesideResume, resolveRun, type TrainOptions } from "./resolve-run.ts";
import type { VerbContext } from "./verb.ts";

/**
 * `train PRESET --seeds N` and `train --resume DIR` of such a folder.
 *
 * @returns false where the command line asks for a single run
 */
export async function trainSeveral(
  preset: string | undefined,
  options: TrainOptions,
  output: Output,
  context: VerbContext,
): Promise<boolean> {
  const { isSeedGroup } = await import("../training/seeds/seed-group.ts");
  const resumed = options.resume !== undefined && isSeedGroup(options.resume);
  if (!resumed && options.seeds === undefined) {
    if (options.workers !== undefined)
      throw new UsageError("train: --workers is for --seeds; one run trains in one process");
    return false;
  }
  const group = resumed
    ? await reopenGroup(preset, options.resume!, options)
    : await openGroup(preset, options);
  const { trainSeeds } = await import("../training/seeds/train-seeds.ts");
  const progress = openProgress(`${group.seeds.length} seeds`, "steps", context.streams);
  let summary: SeedSummary;
  try {
    summary = await trainSeeds(group, {
      workers: options.workers ?? 1,
      signal: context.signal,
      onProgress: (at) =>
        progress.update({
          done: at.steps,
          total: at.totalSteps,
          fields: { done: `${at.runsDone} of ${at.runs} seeds` },
        }),
      onNote: (line) => progress.note(line),
      onOutcome: (outcome) => {
        if ("summary" in outcome) progress.note(`${outcome.job.name}: ${describeRun(outcome.summary)}`);
      },
    });
  } finally {
    progress.stop();
  }
  if (context.signal.aborted && !summary.complete) {
    throw new SpikegymError(`stopped; go on with: spikegym train --resume ${group.path}`);
  }
  output.finish(summary, describeSeeds(summary));
  if (summary.failed.length > 0) {
    throw new SpikegymError(
      `${summary.failed.length} of ${group.seeds.length} seeds failed, the first, seed ${summary.failed[0]!.seed}: ${summary.failed[0]!.error}`,
    );
  }
  return true;
}

async function openGroup(preset: string | undefined, options: TrainOptions): Promise<SeedGroup> {
  if (options.resume !== undefined) {
    throw new UsageError(
      `train: --seeds cannot go with --resume ${options.resume}, which is a single run; leave it out`,
    );
  }
  const [{ createSeedGroup }, { freeRunFolder }, { config }] = await Promise.all([
    import("../training/seeds/seed-group.ts"),
    import("../training/run-folder.ts"),
    resolveRun(preset, options),
  ]);
  const seeds = Array.from({ length: options.seeds! }, (_, i) => config.seed + i);
  const out =
    options.out ?? freeRunFolder(`runs/${config.preset.replaceAll("/", "-")}-${seeds.length}-seeds`);
  return createSeedGroup(out, config, seeds);
}

async function reopenGroup(
  preset: string | undefined,
  path: string,
  options: TrainOptions,
): Promise<SeedGroup> {
  const names = ["env", "engine", "algo", "neuron", "set", "out", "seed", "seeds", "steps"] as const;
  refuseBesideResume(preset, path, options, names);
  const { readSeedGroup } = await import("../training/seeds/seed-group.ts");
  return readSeedGroup(path);
}

function describeRun({ solvedAtStep, finalReturn, steps, wallSeconds }: SeedSummary["runs"][number]): string {
  const solved = solvedAtStep === null ? "not solved" : `solved at step ${solvedAtStep}`;
  return `${solved}, last evaluation ${formatReturn(finalReturn)}, ${steps} steps in ${formatDuration(wallSeconds)}`;
}

function describeSeeds(summary: SeedSummary): string {
  const { runs, solvedShare, medianSolvedAtStep, seeds } = summary;
  const rows = runs.map((run) => [
    String(run.seed),
    run.solvedAtStep === null ? "–" : String(run.solvedAtStep),
    formatReturn(run.finalReturn),
    formatReturn(run.bestReturn),
    formatDuration(run.wallSeconds),
  ]);
  const solved = Math.round(solvedShare * seeds.length);
  return [
    formatTable([["seed", "solved at", "last", "best", "time"], ...rows]),
    "",
    `solved: ${solved} of ${seeds.length} seeds${medianSolvedAtStep === null ? "" : `, at step ${medianSolvedAtStep} at the median`}`,
    `last evaluation: interquartile mean ${formatReturns(summary.finalReturn)}; best: ${formatReturns(summary.bestReturn)}`,
    `runs: ${summary.out}`,
  ].join("\n");
}
