import type { Command } from "commander";
import { SpikegymError } from "../core/errors.ts";
import type { RunConfig } from "../training/config.ts";
import type { TrainProgress, TrainSummary } from "../training/trainer.ts";
import { collectSettings, parseInteger } from "./options.ts";
import { formatDuration, openProgress } from "./progress.ts";
import { reopenRun, resolveRun, type TrainOptions } from "./resolve-run.ts";
import { trainSeveral } from "./train-seeds.ts";
import { addVerb, openOutput, type VerbContext } from "./verb.ts";

/** `spikegym train PRESET`: trains one agent; Ctrl-C leaves a run that goes on with `--resume`. */
export function addTrain(program: Command, context: VerbContext): void {
  addVerb(
    program,
    "train [preset]",
    "trains an agent, from a preset, a file of settings, or where a run stopped",
  )
    .option("--env <id>", "environment instead of the preset's")
    .option("--engine <id>", "physics engine instead of the preset's")
    .option("--algo <id>", "learning algorithm instead of the preset's, with its own defaults")
    .option("--neuron <id>", "neuron model instead of the preset's, with its own defaults")
    .option("--steps <n>", "environment steps", parseInteger(1))
    .option("--out <dir>", "the run's folder (default: runs/<preset>-seed<seed>)")
    .option("--set <key=value>", "any setting by its path, e.g. training.evaluateEvery=500", collectSettings)
    .option("--seeds <n>", "train this many seeds from --seed on, one folder each", parseInteger(1, 10_000))
    .option("--workers <n>", "processes at a time for --seeds (default 1)", parseInteger(1, 1024))
    .option("--resume <dir>", "go on from a run's latest checkpoint, or with what a folder of seeds lacks")
    .action(async (preset: string | undefined, options: TrainOptions) => {
      const output = openOutput(context, options);
      if (await trainSeveral(preset, options, output, context)) return;
      const { config, out } =
        options.resume === undefined
          ? await resolveRun(preset, options)
          : await reopenRun(preset, options.resume, options);
      const summary = await runTraining(config, out, options.resume !== undefined, context);
      if (!summary.complete) {
        throw new SpikegymError(
          `stopped at step ${summary.steps}; go on with: spikegym train --resume ${summary.out}`,
        );
      }
      output.finish(summary, describeSummary(summary));
    });
}

/** Trains with a progress bar. */
export async function runTraining(
  config: RunConfig,
  out: string,
  resume: boolean,
  context: VerbContext,
): Promise<TrainSummary> {
  const { train } = await import("../training/trainer.ts");
  const progress = openProgress("training", "steps", context.streams);
  try {
    const summary = await train(config, {
      out,
      resume,
      signal: context.signal,
      onProgress: (at) => progress.update({ done: at.step, total: at.steps, fields: describeProgress(at) }),
      onNote: (line) => progress.note(line),
    });
    if (summary.complete) {
      const { writeRunCard } = await import("../training/run-card/run-card.ts");
      await writeRunCard(out, summary);
    }
    return summary;
  } finally {
    progress.stop();
  }
}

function describeProgress({ recentReturn, evaluationReturn }: TrainProgress): Record<string, string> {
  const show = (value: number) => (Number.isNaN(value) ? "–" : value.toFixed(0));
  return { return: show(recentReturn), evaluated: show(evaluationReturn) };
}

export function describeSummary(s: TrainSummary): string {
  const show = (value: number | null) => (value === null ? "none" : value.toFixed(1));
  const solved =
    s.solvedAtStep === null
      ? `not solved (threshold ${s.solvedReturn})`
      : `solved at step ${s.solvedAtStep} (threshold ${s.solvedReturn})`;
  return [
    `${solved}: last evaluation ${show(s.finalReturn)}, best ${show(s.bestReturn)}, mean of ${s.evaluationEpisodes} episodes`,
    `${s.steps} steps in ${formatDuration(s.wallSeconds)}, ${s.updateMs.toFixed(2)} ms an update, seed ${s.seed}`,
    `run: ${s.out} (card.md)`,
  ].join("\n");
}
