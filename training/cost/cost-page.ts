import { join } from "node:path";
import { writeFileAtomically } from "../atomic-file.ts";
import { showMachine } from "../machine.ts";
import { formatMarkdownTable } from "../markdown.ts";
import { ENERGY_ASSUMPTIONS } from "./energy.ts";
import type { CostAccount, ModelCost } from "./model-cost.ts";

/** The paper's own figure that its convention does not give. */
const SLIP = { id: "s-lif2hh-conv", printed: "22.032" } as const;

const millions = (n: number | null) => (n === null ? "–" : (n / 1e6).toFixed(3));
const exactMillions = (n: number | null) => (n === null ? "–" : String(Number((n / 1e6).toFixed(5))));
const whole = (n: number | null) => (n === null ? "–" : Math.round(n).toLocaleString("en"));
const fixed = (n: number | null, digits: number) => (n === null || Number.isNaN(n) ? "–" : n.toFixed(digits));

/** A table: what heads its columns, and its rows as they are printed. */
export interface CostTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What is counted, in millions. */
export function countTable({ models }: Pick<CostAccount, "models">): CostTable {
  return {
    header: [
      "model",
      "parameters",
      "published +",
      "published ×",
      "executed +",
      "executed ×",
      "spikes",
      "synaptic ops",
    ],
    rows: models.map((m) => [
      nameOf(m),
      whole(m.parameters),
      exactMillions(m.additions),
      `${exactMillions(m.multiplications)}${m.id === SLIP.id && m.multiplications !== null ? "*" : ""}`,
      millions(m.executedOperations.additions),
      millions(m.executedOperations.multiplications),
      m.spikesPerInference === null ? "–" : Math.round(m.spikesPerInference).toLocaleString("en"),
      whole(m.synapticOperations),
    ]),
  };
}

/** What follows from the counts, and what was timed. */
export function costTable({ models }: Pick<CostAccount, "models">): CostTable {
  return {
    header: [
      "model",
      "published µJ",
      "executed µJ",
      "events µJ",
      "step ms",
      "inference ms",
      "state kB",
      "training MB",
    ],
    rows: models.map((m) => [
      nameOf(m),
      fixed(m.energyMicrojoules.published, 1),
      fixed(m.energyMicrojoules.executed, 2),
      fixed(m.energyMicrojoules.eventDriven, 2),
      fixed(m.trainStepMs, 2),
      fixed(m.inferenceMs, 3),
      fixed(m.stateBytes / 1000, 1),
      fixed(m.trainingBytes / 1e6, 1),
    ]),
  };
}

/** What a reader of the tables must know, a sentence or two each. */
export function costNotes({ models, rounds }: CostAccount): string[] {
  const slip = models.some(({ id, multiplications }) => id === SLIP.id && multiplications !== null);
  const shown = [...new Set(models.flatMap(({ recorded }) => recorded ?? []))];
  const trained = models.filter(({ run }) => run !== null).length;
  return [
    "published: the paper's convention, in millions, batch 1: the constant input projected in each of 15 ticks (10 are " +
      "run in s-lif2hh-conv, 15 counted), spikes counted as if dense, the readout once, heads and pooling not.",
    ...(slip
      ? [
          `*${SLIP.id}: the paper prints ${SLIP.printed} million multiplications; its own convention gives 22.1778.`,
        ]
      : []),
    "executed: what this program does, in millions: each distinct input projected once, the neurons' arithmetic as their " +
      "kernels do it (a comparison or subtraction is an addition, a division or root a multiplication), rates, pooling, " +
      "linear layers and heads. A convolution adds up what changes from tick to tick, counted over the recorded inferences " +
      "(cnn: counted with all taps).",
    `spikes and synaptic operations: means over recorded inferences (${shown.join("; ")}); a synaptic operation is one ` +
      `spike arriving at one synapse. ${trained === 0 ? "The models are untrained, with their first weights: --run FOLDER counts trained ones." : `${trained} of ${models.length} models are trained ones.`}`,
    `energy: an estimate from the counts: ${ENERGY_ASSUMPTIONS}. By events: the input projected as executed, the neurons' ` +
      "arithmetic in every tick, one addition a synaptic operation, the linear layers behind the first.",
    rounds === 0
      ? "Nothing was timed (--rounds 0)."
      : `step and inference: medians of ${rounds} round${rounds === 1 ? "" : "s"} in which every model takes its turn; a training step is one gradient update ` +
        "(fc, conv and vib: 128 images; rl: SAC's update of actor and critics), an inference has batch 1 (vib: with the " +
        "cross-entropies of its bound). They suffer where the machine did other things too.",
    "state: what neurons carry from tick to tick, batch 1. training: weights, gradient and Adam's two moments (16 bytes a " +
      "parameter; for policies the critics and targets too), and per sample worked on at once the input currents, what a " +
      "kernel keeps for the backward pass, spikes handed on and state (cnn: without its activations).",
  ];
}

function nameOf({ id, run }: ModelCost): string {
  return run === null ? id : `${id} (trained)`;
}

/** The account as a page. */
export function renderCostPage(account: CostAccount): string {
  const table = ({ header, rows }: CostTable) => formatMarkdownTable(header, rows, (column) => column > 0);
  const settings = [...new Set(account.models.map((m) => m.settings))].join(", ");
  return `${[
    "# What each model costs",
    `<!-- Generated by \`${account.command}\`. -->`,
    `Settings: ${settings}. Fully connected (\`-fc\`) and convolutional (\`-conv\`) classifiers of two-task images, ` +
      "policies on the double pendulum (`-rl`), information bottlenecks (`-vib`). Made by " +
      `\`${account.command}\` on ${showMachine(account.machine)}; [CSV](cost.csv).`,
    "## Counted",
    table(countTable(account)),
    "## Estimated and measured",
    table(costTable(account)),
    "## How to read it",
    costNotes(account)
      .map((note) => `- ${note.replaceAll("*", "\\*")}`)
      .join("\n"),
  ].join("\n\n")}\n`;
}

const COLUMNS: readonly (readonly [string, (m: ModelCost) => string | number | null])[] = [
  ["id", (m) => m.id],
  ["kind", (m) => m.kind],
  ["settings", (m) => m.settings],
  ["run", (m) => m.run],
  ["parameters", (m) => m.parameters],
  ["published_additions", (m) => m.additions],
  ["published_multiplications", (m) => m.multiplications],
  ...(["projection", "neurons", "readout"] as const).flatMap((part) => [
    [`${part}_additions`, (m: ModelCost) => m.executedOperations[part].additions] as const,
    [`${part}_multiplications`, (m: ModelCost) => m.executedOperations[part].multiplications] as const,
  ]),
  ["executed_additions", (m) => m.executedOperations.additions],
  ["executed_multiplications", (m) => m.executedOperations.multiplications],
  ["spikes_per_inference", (m) => m.spikesPerInference],
  ["synaptic_operations", (m) => m.synapticOperations],
  ["energy_published_uj", (m) => m.energyMicrojoules.published],
  ["energy_executed_uj", (m) => m.energyMicrojoules.executed],
  ["energy_event_driven_uj", (m) => m.energyMicrojoules.eventDriven],
  ["state_bytes", (m) => m.stateBytes],
  ["training_bytes", (m) => m.trainingBytes],
  ["train_step_ms", (m) => m.trainStepMs],
  ["inference_ms", (m) => m.inferenceMs],
];

/** One model a row, numbers unrounded; empty where there is none. */
export function renderCostCsv({ models }: CostAccount): string {
  const cell = (value: string | number | null) =>
    value === null ? "" : /[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : value;
  const rows = models.map((m) => COLUMNS.map(([, read]) => cell(read(m))).join(","));
  return `${[COLUMNS.map(([name]) => name).join(","), ...rows].join("\n")}\n`;
}

/** `cost.md` and `cost.csv` in a folder. */
export async function writeCostPage(folder: string, account: CostAccount): Promise<string[]> {
  const [page, csv] = [join(folder, "cost.md"), join(folder, "cost.csv")];
  await writeFileAtomically(page, renderCostPage(account));
  await writeFileAtomically(csv, renderCostCsv(account));
  return [page, csv];
}
