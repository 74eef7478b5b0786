import { formatMarkdownTable } from "../../training/markdown.ts";
import { showVersions } from "../../training/show-versions.ts";
import type { InformationResult } from "../information/measure.ts";
import { LEARNING_RATE } from "../models/model-config.ts";
import { bothTasks, claimSection } from "./claims.ts";
import { type Group, groupOf, groupsOf } from "./groups.ts";
import { informationSection } from "./information.ts";
import { meanAndInterval, pairedDifference, showInterval } from "./interval.ts";
import { SECOND_RATE } from "./plan.ts";
import type { JobResult, StudyResult } from "./run-study.ts";

/** The page of a study, from its results alone. `pictureOf` names the picture of a form of the information plane. */
export function renderStudyPage(
  { results: own, planned, complete, kept = [] }: StudyResult,
  command: string,
  information: readonly InformationResult[] = [],
  pictureOf: (form: string) => string = (form) => `information-${form}.svg`,
): string {
  const results = [...own, ...kept];
  const data = [...new Set(results.map((r) => r.data))];
  const of = (section: JobResult["section"]) => groupsOf(results.filter((r) => r.section === section));
  return `${[
    "# Two-task classification",
    "<!-- Written by `spikegym multitask study` from what its runs printed. -->",
    `\`${command}\`: ${own.length} of ${planned} trainings are done${complete ? "" : "; the same command goes on with the rest"}. ` +
      `${kept.length === 0 ? "" : `${kept.length} more stand here from before, of models, settings or seeds that this command leaves out. `}` +
      `${madeBy(results)}Data: ${data.length === 0 ? "none yet" : data.join("; ")}. Accuracies are those on the test samples after the last epoch, in percent; with several seeds ` +
      "the mean and, in brackets, the 95 % interval of Student's t over the seeds.",
    ...claimSection(of("models"), of("rates")),
    ...modelSections(of("models")),
    ...rateSection(of("rates"), of("models")),
    ...channelSection(results),
    ...noiseSections(results, of("noise")),
    ...singleSection(results, of("single")),
    ...informationSection(information, pictureOf),
    "## What to keep in mind",
    [
      "- `hh-published` is the paper's program: its gate rates are random constants, so it computes a leaky integrator with a threshold and no reset. " +
        "`hh` is the biophysical neuron and no model of the paper; its ticks are 2 ms.",
      "- Seconds an epoch are by the clock, and suffer where the machine did other things too.",
      "- `ann` is binarised at its threshold; it is not an ordinary ReLU network. `cnn` is one.",
      "- `published` shows raw pixels (0-255) and keeps each model's own threshold, surrogate and start; `matched` shows pixels divided by 255 and shares " +
        "threshold 0.3, a rectangle of half-width 0.5, 15 ticks and the start between all models without physical units. " +
        "There an input of one moves every membrane by one a tick and no input leaves it at rest, `hh-published`'s too (docs/decisions/matched-settings.md).",
      "- In `s-lif2hh-conv` compartment k of the second layer sees the pooled spikes of compartment k plus those of the fourth, after the paper's chain of two neurons; " +
        "the paper's text does not say what its second layer sees, and this reading has its published number of parameters.",
    ].join("\n"),
  ].join("\n\n")}\n`;
}

function madeBy(results: readonly JobResult[]): string {
  const known = results.flatMap(({ versions }) => (versions === undefined ? [] : [versions]));
  return known.length === 0 ? "" : `Made by ${showVersions(known)}. `;
}

function show(shares: readonly number[]): string {
  return showInterval(meanAndInterval(shares));
}

function modelSections(groups: readonly Group[]): string[] {
  return ["published", "matched"].flatMap((settings) => {
    const names = [...new Set(groups.map(({ runs }) => runs[0]!.model))];
    const own = names.flatMap((model) => groupOf(groups, model, settings) ?? []);
    if (!own.some(({ runs }) => runs[0]!.settings === settings)) return [];
    const shared = own.filter(({ runs }) => runs[0]!.settings !== settings).map(({ runs }) => runs[0]!.model);
    return [
      `## Settings \`${settings}\``,
      modelTable(own),
      ...(shared.length === 0
        ? []
        : [
            `${shared.map((model) => `\`${model}\``).join(", ")}: the same trainings as above; both settings are the same for it.`,
          ]),
    ];
  });
}

/** What a model's runs reached, a row a model. */
function modelTable(groups: readonly Group[]): string {
  const rows = groups.map(({ runs }) => {
    const first = runs[0]!;
    return [
      first.model,
      String(runs.length),
      String(first.epochs),
      show(runs.map((r) => r.accuracy[0]!)),
      show(runs.map((r) => r.accuracy[1]!)),
      first.parameters.toLocaleString("en"),
      first.activity.map((layer) => layer.spikesPerImage.toFixed(0)).join(" + ") || "–",
      first.calibrationError.map((e) => e.toFixed(3)).join(" / "),
      first.secondsPerEpoch.toFixed(1),
    ];
  });
  const header = [
    "model",
    "seeds",
    "epochs",
    "garment",
    "digit",
    "parameters",
    "spikes an image",
    "calibration error",
    "s an epoch",
  ];
  return formatMarkdownTable(header, rows, (column) => column > 0);
}

/** The fully connected models at a second learning rate, and what it changes for each. */
function rateSection(rates: readonly Group[], groups: readonly Group[]): string[] {
  if (rates.length === 0) return [];
  const gains = rates.flatMap((group) => {
    const { model } = group.runs[0]!;
    const before = groupOf(groups, model, "matched");
    const gain = before === undefined ? null : pairedDifference(bothTasks(group), bothTasks(before));
    return gain === null ? [] : [`\`${model}\` ${showInterval(gain, true)}`];
  });
  return [
    `## Settings \`matched\`, learning rate ${SECOND_RATE}`,
    `All fully connected models above began at a rate of ${LEARNING_RATE}; here they begin at ten times that, and the rate falls after the same epochs. ` +
      "At one rate alone, how fast a neuron learns would pass for what it can do.",
    modelTable(rates),
    ...(gains.length === 0
      ? []
      : [`Points of mean accuracy gained by it, between runs of the same seed: ${gains.join("; ")}.`]),
  ];
}

function channelSection(results: readonly JobResult[]): string[] {
  const without = results.find((r) => r.section === "channels");
  const withChannels = results.find((r) => r.group === "hh-published-fc-published" && r.seed === 0);
  if (without === undefined || withChannels === undefined) return [];
  const biophysical = results.find((r) => r.group === "hh-fc-published" && r.seed === 0);
  const faster = results.find((r) => r.section === "rates" && r.model === "hh-fc" && r.seed === 0);
  const row = (name: string, r: JobResult) => [name, ...r.accuracy.map((a) => (100 * a).toFixed(2))];
  return [
    "## What the channels of hh-published do",
    "The same network, seed 0, with the sodium and potassium conductances set to zero, which leaves a leaky integrator; and the biophysical neuron.",
    formatMarkdownTable(
      ["neuron", "garment", "digit"],
      [
        row("hh-published", withChannels),
        row("hh-published, g_Na = g_K = 0", without),
        ...(biophysical === undefined ? [] : [row("hh (biophysical)", biophysical)]),
        ...(faster === undefined ? [] : [row(`hh (biophysical), learning rate ${SECOND_RATE}`, faster)]),
      ],
      (column) => column > 0,
    ),
  ];
}

function noiseSections(results: readonly JobResult[], trained: readonly Group[]): string[] {
  const tested = results.filter(({ noise }) => noise.length > 0);
  const sections: string[] = [];
  if (trained.length > 0) {
    const rows = trained.map(({ name, runs }) => [
      name,
      show(runs.map((r) => r.accuracy[0]!)),
      show(runs.map((r) => r.accuracy[1]!)),
    ]);
    sections.push(
      "## Trained and tested with noise",
      "`fixed` is the published test: one pattern for all images, which a bias can take back; `fresh` is drawn for each image. Seed 0, settings `published`.",
      formatMarkdownTable(["model and noise", "garment", "digit"], rows, (column) => column > 0),
    );
  }
  if (tested.length > 0) {
    const columns = tested[0]!.noise.map(({ kind, level }) =>
      kind === "none" ? "none" : `${kind} ${level}`,
    );
    const rows = tested.map((r) => [
      `${r.model} ${r.settings}`,
      ...r.noise.map(({ accuracy }) => accuracy.map((a) => (100 * a).toFixed(0)).join("/")),
    ]);
    sections.push(
      "## Tested with noise, trained without",
      "Garment / digit, percent, seed 0.",
      formatMarkdownTable(["model", ...columns], rows, (column) => column > 0),
    );
  }
  return sections;
}

function singleSection(results: readonly JobResult[], single: readonly Group[]): string[] {
  if (single.length === 0) return [];
  const rows = single.map(({ runs }) => {
    const run = runs[0]!;
    const task = run.tasks[0]!;
    const both = results.find((r) => r.group === `${run.model}-published` && r.seed === run.seed);
    const together = both?.accuracy[both.tasks.indexOf(task)];
    return [
      run.model,
      task,
      (100 * run.accuracy[0]!).toFixed(2),
      together === undefined ? "–" : (100 * together).toFixed(2),
    ];
  });
  return [
    "## One task alone",
    formatMarkdownTable(["model", "task", "alone", "both learned"], rows, (column) => column > 1),
  ];
}
