import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { neurons } from "../../neurons/index.ts";
import { writeFileAtomically } from "../atomic-file.ts";
import { formatEstimate } from "../format-estimate.ts";
import { formatMarkdownTable } from "../markdown.ts";
import { showVersions } from "../show-versions.ts";
import { showCommands, showMachines } from "./contribution.ts";
import { COMPARISON_HELP, renderComparisons } from "./learning-comparisons.ts";
import { groupRuns, type LearningData, type LearningGroup, readLearningDataFile } from "./learning-data.ts";
import { presetsDataFile } from "./presets-data.ts";

/** README.md of a folder of benchmarks, from the data in it alone. */
export async function writeBenchmarkPage(folder: string): Promise<void> {
  await writeFileAtomically(
    join(folder, "README.md"),
    renderBenchmarkPage(await readLearningData(folder), existsSync(presetsDataFile(folder))),
  );
}

/** Every `learning-*.json` of a folder, mujoco first. */
export async function readLearningData(folder: string): Promise<LearningData[]> {
  const names = (await readdir(folder)).filter((name) => /^learning-.*\.json$/.test(name)).sort();
  const all = await Promise.all(names.map((name) => readLearningDataFile(join(folder, name))));
  return all.sort((a, b) => Number(b.engine === "mujoco") - Number(a.engine === "mujoco"));
}

export function renderBenchmarkPage(all: readonly LearningData[], hasPresets: boolean): string {
  return `${[
    "# Benchmarks",
    "<!-- Generated from the data beside it by `spikegym study`. -->",
    ...(hasPresets ? ["Which preset solves which environment, and how fast: [presets](presets.md)."] : []),
    ...(all.length > 0 ? renderLearning(all) : []),
  ].join("\n\n")}\n`;
}

function renderLearning(all: readonly LearningData[]): string[] {
  return [
    "Learning curves of every neuron under the same algorithm and settings. Each run is a seed of its own; what stands " +
      "below are interquartile means over the runs, with 95 % bootstrap intervals in brackets. An evaluation is the mean " +
      "return of episodes with the mean action in the task as it is (native reward, its own starts and limit), never the " +
      "training environment.",
    ...all.flatMap(renderStudy),
    "## How to read the columns",
    [
      "- **solved**: runs with an evaluation that reached the threshold; **at step**: the first of them, median over all runs.",
      "- **last**, **last ten**, **best**: the last evaluation, the mean of the last ten, the best one. **area**: mean of all " +
        "evaluations, which is the area under the curve over its length.",
      "- **held after**: of the evaluations after a run's first solution, the share that reached the threshold too; " +
        "**lowest after**: the lowest of them in any run. A policy that solves the task is not safe from further training.",
      "- **min a run**, **CPU min**: wall-clock and processor time at the median, evaluations included. The first, and **ms an " +
        "update**, suffer where the machine did other things too; the second hardly does.",
      COMPARISON_HELP,
    ].join("\n"),
  ];
}

function renderStudy(data: LearningData): string[] {
  const groups = groupRuns(data.runs);
  const tasks = [...new Set(groups.map((group) => group.task))];
  const done = data.runs.length;
  const planned = done + data.missing.length;
  const progress = done < planned ? `; ${done} of ${planned} planned runs are done` : "";
  return [
    `## ${data.engine}, ${data.settings} settings`,
    `${showCommands(data.contributions)}${progress}. Made by ${showVersions(data.runs.map(({ versions }) => versions))}, on ${showMachines(data.contributions)}. ` +
      `Data: [JSON](learning-${data.engine}.json), [CSV](learning-${data.engine}.csv).`,
    ...tasks.flatMap((task) => renderTask(data, task, groups)),
    ...renderCaveats(groups),
  ];
}

function renderTask(data: LearningData, task: string, all: readonly LearningGroup[]): string[] {
  const groups = all.filter((group) => group.task === task);
  const { environment, steps } = data.runs.find((run) => run.task === task)!;
  const header = [
    "neuron",
    "runs",
    "solved",
    "at step",
    "last",
    "last ten",
    "best",
    "area",
    "held after",
    "lowest after",
    "ms an update",
    "min a run",
    "CPU min",
  ];
  const whole = (x: number) => x.toFixed(0);
  const rows = groups.map((g) => [
    g.model,
    String(g.seeds),
    `${Math.round(g.solvedShare * g.seeds)} of ${g.seeds}`,
    g.medianSolvedAtStep === null ? "–" : g.medianSolvedAtStep.toLocaleString("en"),
    formatEstimate(g.final, whole, g.seeds < 2),
    formatEstimate(g.lastTen, whole, g.seeds < 2),
    formatEstimate(g.best, whole, g.seeds < 2),
    formatEstimate(g.area, whole, g.seeds < 2),
    g.heldShare === null ? "–" : `${(100 * g.heldShare).toFixed(0)} %`,
    g.lowestAfter === null ? "–" : g.lowestAfter.toFixed(0),
    g.medianUpdateMs.toFixed(1),
    g.medianWallMinutes.toFixed(1),
    g.medianCpuMinutes.toFixed(1),
  ]);
  return [
    `### ${environment}, ${steps.toLocaleString("en")} steps`,
    `![Learning curves on ${environment} with the ${data.engine} engine](learning-${data.engine}-${task}.svg)`,
    formatMarkdownTable(header, rows, (column) => column > 0),
    ...renderComparisons(data.runs.filter((run) => run.task === task)),
  ];
}

/** What a reader of the results must know of a neuron stands beside them. */
function renderCaveats(groups: readonly LearningGroup[]): string[] {
  const models = [...new Set(groups.map((group) => group.model))];
  const lines = models.flatMap((model) => {
    const caveat = neurons.has(model) ? neurons.get(model).caveat : undefined;
    return caveat === undefined ? [] : [`- **${model}**: ${caveat}.`];
  });
  return lines.length === 0 ? [] : [lines.join("\n")];
}
