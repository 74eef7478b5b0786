import { environments } from "../../envs/index.ts";
import { formatMarkdownTable } from "../markdown.ts";
import { presets } from "../presets/index.ts";
import { showVersions } from "../show-versions.ts";
import { showCommands, showMachines } from "./contribution.ts";
import { groupPresetRuns, type PresetGroup, type PresetsData } from "./presets-data.ts";
import { identifyConfiguration } from "./presets-plan.ts";

/** presets.md, from the data and from what the presets are now. */
export function renderPresetsPage(data: PresetsData): string {
  const groups = groupPresetRuns(data.runs);
  const sections = environmentsOf(groups).map((environment) => ({
    environment,
    groups: groups.filter(({ runs }) => runs[0]!.environment === environment),
  }));
  return `${[
    "# Presets",
    "<!-- Generated from presets.json by `spikegym study presets`. -->",
    "Which preset solves which environment, and how fast. Each is trained from several seeds, as it is, until it has solved " +
      "its task or its step budget ends. Solved is an evaluation whose mean return reaches the threshold; a run ends at the " +
      "first such evaluation after which every further start reaches the threshold too.",
    describeOrigin(data),
    formatMarkdownTable(
      [
        "environment",
        "presets tried",
        "that hold from each of several seeds",
        "the quickest of them",
        "CPU min",
      ],
      sections.map(summariseEnvironment),
      (column) => column === 1 || column === 2 || column === 4,
    ),
    ...sections.flatMap(({ environment, groups: own }) => renderEnvironment(environment, own, data)),
    "## How to read the columns",
    [
      "- **solved**: runs with an evaluation that reached the threshold, **at step** the first of them: each seed in order, and " +
        "the median over all of them. Evaluations lie **every** so many steps apart, and no step is known more exactly.",
      "- **held**: runs whose policy then reached the threshold from each of the further starts, **from step** the first one that did. " +
        "– is a run that did not get there, or a median that is one of those.",
      "- **lowest best**: the best evaluation of the seed that got least far.",
      "- **min a run**, **CPU min**: wall-clock and processor time at the median, evaluations and further starts included. The " +
        "first, and **ms an update**, suffer where the machine did other things too; the second hardly does.",
      "- **the quickest**: of the presets that held from each of several seeds, the one with the least processor time a run.",
    ].join("\n"),
  ].join("\n\n")}\n`;
}

/** In the order of the catalogue. */
function environmentsOf(groups: readonly PresetGroup[]): string[] {
  const there = new Set(groups.map(({ runs }) => runs[0]!.environment));
  const known = environments.entries.map(({ id }) => id);
  return [...known.filter((id) => there.has(id)), ...[...there].filter((id) => !environments.has(id))];
}

function describeOrigin(data: PresetsData): string {
  const done = data.runs.length;
  const planned = done + data.missing.length;
  const progress = done < planned ? `; ${done} of ${planned} planned runs are done` : "";
  return (
    `${showCommands(data.contributions)}${progress}. Made by ${showVersions(data.runs.map(({ versions }) => versions))}, on ` +
    `${showMachines(data.contributions)}. Data: [JSON](presets.json).${describeAbsent(data)}`
  );
}

/** What was planned and has no row yet: its absence says nothing of it. */
function describeAbsent({ runs, missing }: PresetsData): string {
  const there = new Set(runs.map(({ preset }) => preset));
  const planned = new Set(missing.map((name) => name.replace(/, seed \d+$/, "")));
  const absent = [...planned].filter((preset) => !there.has(preset));
  return absent.length === 0
    ? ""
    : ` Without a finished run so far: ${absent.map((preset) => `\`${preset}\``).join(", ")}.`;
}

interface Section {
  readonly environment: string;
  readonly groups: readonly PresetGroup[];
}

function summariseEnvironment({ environment, groups }: Section): string[] {
  const sure = groups.filter(({ held, runs }) => held === runs.length && runs.length > 1);
  const [quickest] = [...sure].sort((a, b) => a.medianCpuMinutes - b.medianCpuMinutes);
  return [
    environment,
    String(groups.length),
    String(sure.length),
    quickest === undefined ? "–" : `\`${quickest.runs[0]!.preset}\``,
    quickest === undefined ? "–" : quickest.medianCpuMinutes.toFixed(1),
  ];
}

function renderEnvironment(environment: string, groups: readonly PresetGroup[], data: PresetsData): string[] {
  const header = [
    "preset",
    "algorithm",
    "neurons",
    "engine",
    "runs",
    "solved",
    "at step",
    "median",
    "held",
    "from step",
    "median",
    "every",
    "budget",
    "lowest best",
    "min a run",
    "CPU min",
    "ms an update",
  ];
  const rows = groups.map((group) => {
    const { runs } = group;
    const run = runs[0]!;
    return [
      `\`${run.preset}\`${isAsNow(run, data) ? "" : " (as it was)"}`,
      run.algorithm,
      `${run.population} ${run.neuron}`,
      run.engine,
      String(runs.length),
      `${group.solved} of ${runs.length}`,
      runs.map(({ solvedAtStep }) => showStep(solvedAtStep)).join("; "),
      showStep(group.medianSolvedAtStep),
      `${group.held} of ${runs.length}`,
      runs.map(({ confirmedAtStep }) => showStep(confirmedAtStep)).join("; "),
      showStep(group.medianHeldFromStep),
      showStep(run.evaluateEvery),
      showStep(run.budget),
      group.lowestBest === null ? "–" : group.lowestBest.toFixed(0),
      group.medianWallMinutes.toFixed(1),
      group.medianCpuMinutes.toFixed(1),
      group.medianUpdateMs.toFixed(1),
    ];
  });
  const changed = groups.some(({ runs }) => !isAsNow(runs[0]!, data));
  return [
    `## ${environment}`,
    `Solved at ${listOf(groups, ({ solvedReturn }) => solvedReturn)}, mean of ${listOf(groups, (run) => run.evaluationEpisodes)} episodes; ` +
      `then held from ${listOf(groups, (run) => run.confirmationEpisodes)} further starts.` +
      (changed ? " Presets marked *as it was* have changed since they were trained." : ""),
    formatMarkdownTable(header, rows, (column) => column > 3),
  ];
}

function isAsNow({ preset, configuration }: PresetGroup["runs"][number], data: PresetsData): boolean {
  return presets.has(preset) && identifyConfiguration(data, preset) === configuration;
}

/** What the runs have in common; where they differ, each value once. */
function listOf(groups: readonly PresetGroup[], value: (run: PresetGroup["runs"][number]) => number): string {
  const values = new Set(groups.flatMap(({ runs }) => runs.map(value)));
  return [...values].map((one) => one.toLocaleString("en")).join(" or ");
}

function showStep(step: number | null): string {
  return step === null ? "–" : step.toLocaleString("en");
}
