import { formatMarkdownTable } from "../../training/markdown.ts";
import { showVersions } from "../../training/show-versions.ts";
import type { InformationResult } from "../information/measure.ts";
import { informationSection } from "./information.ts";
import type { JobResult, StudyResult } from "./run-study.ts";

/** The page of a study, from its results alone. `pictureOf` names the picture of a form of the information plane. */
export function renderStudyPage(
  { results, planned, complete }: StudyResult,
  command: string,
  information: readonly InformationResult[] = [],
  pictureOf: (form: string) => string = (form) => `information-${form}.svg`,
): string {
  const data = [...new Set(results.map((r) => r.data))];
  const of = (section: JobResult["section"]) => groupsOf(results.filter((r) => r.section === section));
  return `${[
    "# Two-task classification",
    "<!-- Written by `spikegym multitask study` from what its runs printed. -->",
    `\`${command}\`: ${results.length} of ${planned} trainings are done${complete ? "" : "; the same command goes on with the rest"}. ` +
      `${madeBy(results)}Data: ${data.length === 0 ? "none yet" : data.join("; ")}. Accuracies are those on the test samples after the last epoch, in percent; with several seeds ` +
      "the mean and, in brackets, the 95 % interval of Student's t over the seeds.",
    ...modelSections(of("models")),
    ...claims(of("models")),
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

interface Group {
  readonly name: string;
  readonly runs: readonly JobResult[];
}

function groupsOf(results: readonly JobResult[]): Group[] {
  return [...new Set(results.map(({ group }) => group))].map((name) => ({
    name,
    runs: results.filter(({ group }) => group === name),
  }));
}

/** Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom. */
const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/** Mean of shares in percent, and half the width of its 95 % interval; null for one value. */
export function meanAndInterval(shares: readonly number[]): { mean: number; half: number | null } {
  const n = shares.length;
  const mean = (100 * shares.reduce((sum, x) => sum + x, 0)) / n;
  if (n < 2) return { mean, half: null };
  const variance = shares.reduce((sum, x) => sum + (100 * x - mean) ** 2, 0) / (n - 1);
  return { mean, half: (T95[n - 2] ?? 1.96) * Math.sqrt(variance / n) };
}

function show(shares: readonly number[]): string {
  const { mean, half } = meanAndInterval(shares);
  return half === null
    ? mean.toFixed(2)
    : `${mean.toFixed(2)} [${(mean - half).toFixed(2)}, ${(mean + half).toFixed(2)}]`;
}

function modelSections(groups: readonly Group[]): string[] {
  return ["published", "matched"].flatMap((settings) => {
    const own = groups.filter(({ runs }) => runs[0]!.settings === settings);
    if (own.length === 0) return [];
    const rows = own.map(({ runs }) => {
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
    return [`## Settings \`${settings}\``, formatMarkdownTable(header, rows, (column) => column > 0)];
  });
}

const CLAIMS = [
  ["hh-published", "lif", "HH (as published) beats LIF of the same width"],
  ["s-lif2hh", "lif", "s-LIF2HH beats LIF of the same width"],
  ["hh-published", "4lif", "HH (as published) equals LIF of four times the width"],
  ["hh", "lif", "biophysical HH beats LIF of the same width"],
] as const;

/** Mean accuracies of both tasks side by side; a claim is only judged where there is a difference to judge. */
function claims(groups: readonly Group[]): string[] {
  const lines = ["published", "matched"].flatMap((settings) =>
    ["fc", "conv"].flatMap((body) =>
      CLAIMS.flatMap(([a, b, claim]) => {
        const find = (neuron: string) =>
          groups.find(({ runs }) => runs[0]!.model === `${neuron}-${body}` && runs[0]!.settings === settings);
        const [one, other] = [find(a), find(b)];
        if (one === undefined || other === undefined) return [];
        const score = ({ runs }: Group) => runs.map((r) => (r.accuracy[0]! + r.accuracy[1]!) / 2);
        const [x, y] = [meanAndInterval(score(one)), meanAndInterval(score(other))];
        const difference = x.mean - y.mean;
        const sure =
          x.half === null || y.half === null
            ? "a single seed of one or both, no interval"
            : Math.abs(difference) > Math.hypot(x.half, y.half)
              ? "beyond the seeds' spread"
              : "within the seeds' spread";
        return [
          `- ${settings}, ${body}: ${claim}? ${difference >= 0 ? "+" : ""}${difference.toFixed(2)} points on the mean of both tasks (${sure}).`,
        ];
      }),
    ),
  );
  return lines.length === 0 ? [] : ["## Claims", lines.join("\n")];
}

function channelSection(results: readonly JobResult[]): string[] {
  const without = results.find((r) => r.section === "channels");
  const withChannels = results.find((r) => r.group === "hh-published-fc-published" && r.seed === 0);
  if (without === undefined || withChannels === undefined) return [];
  const biophysical = results.find((r) => r.group === "hh-fc-published" && r.seed === 0);
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
