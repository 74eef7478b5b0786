import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../atomic-file.ts";
import { formatEstimate, round } from "../format-estimate.ts";
import { type Machine, showMachine } from "../machine.ts";
import { formatMarkdownTable } from "../markdown.ts";
import type { MapSettings } from "../measures/stability-map.ts";
import { perturbations } from "../perturbations/index.ts";
import { renderSvg } from "../plots/render-svg.ts";
import { agentsOf, summariseAgents } from "../report/cells.ts";
import { drawSeverityChart } from "../report/severity-charts.ts";
import { formatCsv } from "../report/tables.ts";
import {
  formatRobustnessData,
  partsOf,
  type RobustnessCell,
  type RobustnessData,
  type RobustnessPart,
  readRobustnessData,
  robustnessCells,
  robustnessDataFile,
} from "./robustness-data.ts";
import { REWARD_NOISE, STATE_NOISE, TESTED } from "./robustness-plan.ts";
import { summariseClaim } from "./robustness-summary.ts";
import { isTrainedUnderNoise, judgeClaims, judgeTraining, neuronOf, SEED } from "./robustness-verdicts.ts";

/** What was written of the study. */
export interface RobustnessReport {
  readonly page: string;
  readonly verdicts: readonly string[];
  readonly files: readonly string[];
}

/** Writes `robustness.json`, and from it alone `robustness.md`, its pictures and tables. */
export async function writeRobustnessReport(folder: string, data: RobustnessData): Promise<RobustnessReport> {
  await writeFileAtomically(robustnessDataFile(folder), formatRobustnessData(data));
  return { ...(await writeRobustnessPage(folder, data)), page: join(folder, "robustness.md") };
}

async function writeRobustnessPage(
  folder: string,
  data: RobustnessData,
): Promise<Pick<RobustnessReport, "verdicts" | "files">> {
  const files: string[] = [];
  const write = async (name: string, text: string) => {
    await writeFileAtomically(join(folder, name), text);
    files.push(name);
  };
  const cells = robustnessCells(partsOf(data, TESTED), SEED);
  const threshold = data.threshold ?? Number.NaN;
  const axes = unique(cells.flatMap(({ condition }) => condition.perturbation ?? []));
  const severities = unique(cells.flatMap(({ condition }) => condition.severity ?? [])).sort((a, b) => a - b);
  const named = withShortNames(cells);
  const pictures: string[] = [];
  for (const axis of axes) {
    const picture = drawSeverityChart(
      {
        name: axis,
        unit: perturbations.get(axis).unit,
        cells: named.filter(({ condition }) => condition.perturbation === axis),
        amount: ({ condition }) => condition.level!,
      },
      threshold,
    );
    const name = `robustness-${axis}.svg`;
    await write(name, renderSvg(picture));
    pictures.push(`![Return under ${axis}](${name})`);
  }
  const trained = [STATE_NOISE, REWARD_NOISE].filter((name) => partsOf(data, name).length > 0);
  for (const name of [TESTED, ...trained]) await write(`robustness-${name}.csv`, episodesCsv(data, name));

  const claims = judgeClaims(cells);
  const verdicts = [...claims.byReturn, ...claims.byShare].map(({ line }) => line);
  const trainedCells = (name: string) => robustnessCells(partsOf(data, name), SEED);
  const judged = (name: string) =>
    trained.includes(name) ? judgeTraining(trainedCells(name), name) : undefined;
  const summary = summariseClaim({
    claims,
    cells,
    stateNoise: judged(STATE_NOISE),
    rewardNoise: judged(REWARD_NOISE),
  });
  const runs = agentsOf(cells).map((agent) => countRuns(cells, agent));
  const text = [
    "# Robustness",
    "<!-- Generated from robustness.json by `spikegym study robustness`. -->",
    "The paper claims that Hodgkin-Huxley and s-LIF2HH networks stand noise better than LIF networks of the same width and as well as LIF networks four times as wide. What these runs say of it:",
    [...summary, ...(await earlierTests(folder))].map((line) => `- ${line}`).join("\n"),
    `Policies of ${settingOf(data, "settings")}/double-* on ${data.environment} in the ${settingOf(data, "engine")} engine${describeSteps(data)} (runs tested: ${agentsOf(
      cells,
    )
      .map((agent, i) => `${agent}: ${runs[i]}`)
      .join(
        ", ",
      )}), ${settingOf(data, "episodes")} episodes an evaluation. The sample is the run: a score is a run's mean return under one condition, intervals are 95 % bootstrap intervals over runs, each drawn with all its conditions.${Math.min(...runs) < 3 ? " **Fewer than three seeds: nothing below separates models from luck.**" : ""}`,
    `Command: \`${data.command}\`. Code ${unique(data.groups.flatMap(({ parts }) => parts.map(({ code }) => code))).join(" and ")}; ${machinesOf(data)}. Data: [JSON](robustness.json), ${[TESTED, ...trained].map((name) => `[${name}](robustness-${name}.csv)`).join(", ")}.${missingOf(data)}`,
    "## What holds of the claim",
    "Over all conditions with a perturbation, P is the probability that a run of the first scores higher than one of the second; a difference is called one only where the interval leaves 0.5 out. A policy that was trained less far scores less under every condition; so the same is asked of the share of its own unperturbed return that a run keeps: what is higher by the return and not by that share was better before anything was perturbed, which is learning and not robustness.",
    ...(verdicts.length === 0 ? ["None of the compared pairs was trained."] : [bullets(verdicts)]),
    "`hh-published` is the paper's program: its gate rates are random constants, so that it computes a leaky integrator without reset. `hh` is the biophysical neuron.",
    "## Over all conditions",
    summaryTable(cells, threshold),
    "## Tested only: return by perturbation and severity",
    "Interquartile mean over the runs; severity 0 is no perturbation. Levels in physical units are in the pictures and in `robustness-tested.csv`.",
    ...agentsOf(cells).flatMap((agent) => [
      `### ${agent}`,
      severityTable(
        cells.filter((cell) => cell.agent === agent),
        axes,
        severities,
      ),
    ]),
    ...pictures,
    ...mapSection(data),
    ...trained.flatMap((name) => trainedSection(name, trainedCells(name))),
  ].join("\n\n");
  await write("robustness.md", `${text}\n`);
  return { verdicts, files };
}

/** Called by their neurons, where that tells them apart. */
function withShortNames(cells: readonly RobustnessCell[]): readonly RobustnessCell[] {
  const agents = agentsOf(cells);
  if (unique(agents.map((agent) => neuronOf({ agent }))).length < agents.length) return cells;
  return cells.map((cell) => ({ ...cell, agent: neuronOf(cell) }));
}

/** Tests of other policies in folders beside the page, judged anew from their data. */
async function earlierTests(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && existsSync(robustnessDataFile(join(folder, entry.name))))
    .map(({ name }) => name)
    .sort();
  const lines = await Promise.all(
    names.map(async (name) => {
      const data = (await readRobustnessData(join(folder, name)))!;
      const { byReturn, byShare } = judgeClaims(robustnessCells(partsOf(data, TESTED), SEED));
      const verdicts = [...byReturn, ...byShare];
      if (verdicts.length === 0) return [];
      return `An [older test](${name}/robustness.md) of other policies${describeSteps(data)}: ${verdicts.map(({ line }) => line).join("; ")}.`;
    }),
  );
  return lines.flat();
}

/** Every evaluation of a part, one a row. */
function episodesCsv(data: RobustnessData, name: string): string {
  const { environment, threshold } = data;
  const engine = settingOf(data, "engine");
  return formatCsv(
    partsOf(data, name).flatMap(({ rows }) =>
      rows.map(({ trial, agent, run, noisy, perturbation, level, severity, episodes, ...measured }) => ({
        trial,
        agent,
        run,
        environment,
        engine,
        perturbation,
        level,
        severity,
        episodes,
        ...measured,
        threshold,
      })),
    ),
  );
}

function settingOf({ settings }: RobustnessData, name: string): string {
  return String(settings[name]);
}

function describeSteps({ groups }: RobustnessData): string {
  const steps = unique(groups.map(({ trainingSteps }) => trainingSteps));
  return steps.length === 1 && steps[0] !== null
    ? `, trained for ${steps[0]!.toLocaleString("en")} steps`
    : "";
}

function machinesOf({ groups }: RobustnessData): string {
  return unique(groups.map(({ machine }: { readonly machine: Machine }) => showMachine(machine))).join(
    " and ",
  );
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

function summaryTable(cells: readonly RobustnessCell[], threshold: number): string {
  return formatMarkdownTable(
    ["agent", "runs", "conditions", "IQM of return", "gap to solved", "CVaR 0.5"],
    summariseAgents(cells, threshold, SEED).map((one) => [
      one.agent,
      String(one.runs),
      String(one.conditions),
      formatEstimate(one.iqm),
      formatEstimate(one.optimalityGap),
      formatEstimate(one.cvar),
    ]),
    (column) => column > 0,
  );
}

function severityTable(
  cells: readonly RobustnessCell[],
  axes: readonly string[],
  severities: readonly number[],
): string {
  return formatMarkdownTable(
    ["perturbation", ...severities.map(String)],
    axes.map((axis) => [
      axis,
      ...severities.map((severity) => {
        const cell = cells.find(
          ({ condition }) => condition.perturbation === axis && condition.severity === severity,
        );
        return cell === undefined ? "" : formatEstimate(cell.iqm);
      }),
    ]),
    (column) => column > 0,
  );
}

function mapSection(data: RobustnessData): string[] {
  const maps = partsOf(data, TESTED).flatMap((part) => part.maps);
  const map = data.settings.map as MapSettings | null;
  if (maps.length === 0 || map === null) return [];
  return [
    "## Region of attraction",
    `Share of the starts (angle of the poles in line within ${map.angleRad} rad, angular velocity within ${map.rateRadPerS} rad/s) from which upright is kept for ${map.horizonS} s. A linear-quadratic regulator on the true state holds ${(100 * maps[0]!.regulator).toFixed(0)} %.`,
    formatMarkdownTable(
      ["agent", "runs", "starts held, %"],
      maps.map(({ agent, runs, share }) => [agent, String(runs), (100 * share).toFixed(1)]),
      (column) => column > 0,
    ),
  ];
}

function trainedSection(name: string, cells: readonly RobustnessCell[]): string[] {
  const state = name === STATE_NOISE;
  const explanation = state
    ? "State noise: 0.002 N(0, 1) on every observed number while training; the runs without it beside them. Tested without noise and with it."
    : "Reward noise: the shaped reward of the paper, worked out from the next state + 0.1 N(0, 1); the runs without it beside them. Returns are the environment's own.";
  const caution =
    "A neuron that learns less in the same steps scores less with and without the noise: what the noise does to a neuron stands in the lines that compare it with itself.";
  const { between, within } = judgeTraining(cells, name);
  return [
    `## Trained under noise: ${state ? "state" : "reward"}`,
    `${explanation} ${caution}`,
    bullets([...between, ...within].map(({ line }) => line)),
    formatMarkdownTable(
      ["neuron", "training", "tested under", "runs", "return, IQM"],
      cells.map((cell) => [
        neuronOf(cell),
        isTrainedUnderNoise(cell) ? "with noise" : "without",
        cell.condition.level === null || cell.condition.level === 0
          ? "no noise"
          : `${cell.condition.perturbation} ${round(cell.condition.level)}`,
        String(cell.scores.length),
        formatEstimate(cell.iqm),
      ]),
      (column) => column > 2,
    ),
  ];
}

function countRuns(cells: readonly RobustnessCell[], agent: string): number {
  const own = cells.filter((cell) => cell.agent === agent);
  return unique(own.flatMap(({ records }) => records.map(({ run }) => run))).length;
}

function missingOf({ groups }: RobustnessData): string {
  const missing = groups
    .flatMap(({ parts }) => parts)
    .reduce((sum, part: RobustnessPart) => sum + part.missing, 0);
  return missing === 0 ? "" : ` **${missing} trials have no result yet.**`;
}
