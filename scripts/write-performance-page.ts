import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { renderTable } from "./markdown.ts";
import { describeMeasurement, type Measurement, showMeasurement } from "./measurement.ts";
import { type BenchResults, renderSpeedSummary, replaceBetween } from "./speed-summary.ts";
import { measureStart, type StartTime, showStart } from "./start-time.ts";

/*
 * docs/performance.md and the README's table: what `spikegym bench` measures here, with the machine named. On an idle machine:
 *
 *   npx tsx scripts/write-performance-page.ts [--torch] [--rounds N]        some six minutes; measures and writes
 *   ... --only KIND                                                         measures this kind again, and keeps the rest
 *   npx tsx scripts/write-performance-page.ts --page                        writes the page from the data of the last time
 */

const docs = fileURLToPath(new URL("../docs/", import.meta.url));
const cli = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
const data = `${docs}performance.json`;
const args = process.argv.slice(2);
const rounds = args.includes("--rounds") ? args[args.indexOf("--rounds") + 1]! : "5";
const only = args.includes("--only") ? args[args.indexOf("--only") + 1]! : undefined;

/**
 * The kinds of `spikegym bench` that stand on the page, and in how many processes each is measured: where a compiled loop
 * comes to lie differs from process to process, and a kernel of a few microseconds runs half as fast again in some.
 */
const KINDS = [
  {
    kind: "update",
    processes: 1,
    title: "Learning and acting",
    text: "One gradient update of SAC on the published double-pendulum setting: batch 64, 15 ticks, width 128 (`4lif` 512), actor and critics; and one decision.",
  },
  {
    kind: "loop",
    processes: 1,
    title: "Training",
    text: "The whole loop of `tuned/double-*` on InvertedDoublePendulum-v5 in the `mujoco` engine: environment step, action, replay buffer, update, log; evaluations and checkpoints left out.",
  },
  {
    kind: "neuron",
    processes: 5,
    title: "Neurons",
    text: "A population alone. Forward: neuron ticks a second. Forward and backward: 15 ticks, batch 64, 128 neurons with their projection.",
  },
  {
    kind: "multitask",
    processes: 1,
    title: "Classification",
    text: "One training step (forward, backward, Adam; batch 128) of the two-label classifiers.",
  },
  {
    kind: "env",
    processes: 1,
    title: "Environments",
    text: "Steps with random actions, one thread, resets included; last row: 64 environments in all threads.",
  },
] as const;

/** A column's heading and decimals; other keys of the results are not shown. */
const COLUMNS: Readonly<Record<string, readonly [heading: string, decimals: number]>> = {
  updateMs: ["update, ms", 2],
  cpuMs: ["its processor time, ms", 1],
  actionMs: ["action, ms", 3],
  parameters: ["parameters", 0],
  policyParameters: ["parameters", 0],
  memoryMB: ["memory of a training, MB", 0],
  forwardPerSecond: ["neuron ticks a second, forward", 0],
  forwardBackwardMs: ["forward and backward, ms", 2],
  stepsPerSecond: ["steps a second", 0],
  torchUpdateMs: ["PyTorch: update, ms", 2],
  torchActionMs: ["PyTorch: action, ms", 3],
  torchForwardBackwardMs: ["PyTorch: forward and backward, ms", 2],
  torchCpuMs: ["PyTorch: processor time, ms", 1],
  ratio: ["times as fast", 2],
};

if (only !== undefined && !KINDS.some(({ kind }) => kind === only)) {
  throw new Error(`--only ${only}: expected one of ${KINDS.map(({ kind }) => kind).join(", ")}`);
}

type Result = BenchResults[string];

interface Measured extends Measurement {
  readonly seconds: number;
  readonly commands: Readonly<Record<string, string>>;
  readonly results: BenchResults;
  readonly start?: StartTime;
  /** Of the kinds that were measured again by themselves. */
  readonly again?: Readonly<Record<string, Measurement>>;
}

function measure(): Measured {
  const began = performance.now();
  const now = describeMeasurement();
  const before = only === undefined ? undefined : (JSON.parse(readFileSync(data, "utf8")) as Measured);
  const commands: Record<string, string> = { ...before?.commands };
  const results: Record<string, Result> = { ...before?.results };
  for (const { kind, processes } of KINDS) {
    if (only !== undefined && kind !== only) continue;
    const torch = args.includes("--torch") && kind !== "env" && kind !== "loop" ? ["--torch"] : [];
    const words = ["bench", kind, "--rounds", rounds, ...torch];
    commands[kind] = `spikegym ${words.join(" ")}`;
    console.log(`${commands[kind]}${processes > 1 ? ` (${processes} processes)` : ""}`);
    const outputs = Array.from({ length: processes }, () =>
      execFileSync(process.execPath, ["--import", "tsx", cli, ...words, "--json"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      }),
    );
    results[kind] = medianRows(outputs.map((output) => JSON.parse(output) as Result));
  }
  if (before !== undefined) return { ...before, commands, results, again: { ...before.again, [only!]: now } };
  console.log("npm start -- --json");
  const start = measureStart();
  return {
    ...now,
    start,
    seconds: Math.round((performance.now() - began) / 1000),
    commands,
    results,
  };
}

/** Of each row that of the process whose times are the middle ones. */
function medianRows(results: readonly Result[]): Result {
  const timeOf = (row: Result[string]) => Number(row.forwardBackwardMs ?? row.updateMs ?? 0);
  return Object.fromEntries(
    Object.keys(results[0]!).map((id) => {
      const rows = results.map((result) => result[id]!).sort((a, b) => timeOf(a) - timeOf(b));
      return [id, rows[rows.length >> 1]!];
    }),
  );
}

function tableOf(result: Result): string {
  const rows = Object.entries(result);
  const keys = Object.keys(COLUMNS).filter((key) => rows.some(([, row]) => typeof row[key] === "number"));
  const cell = (value: unknown, decimals: number) =>
    typeof value === "number"
      ? value.toLocaleString("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
      : "";
  return renderTable([
    ["", ...keys.map((key) => COLUMNS[key]![0])],
    ...rows.map(([id, row]) => [`\`${id}\``, ...keys.map((key) => cell(row[key], COLUMNS[key]![1]))]),
  ]);
}

/** Why a model has no PyTorch times. */
function failuresOf(result: Result): string[] {
  const failures = Object.values(result).flatMap(({ torchFailure }) =>
    typeof torchFailure === "string" ? [`- ${torchFailure}`] : [],
  );
  return failures.length === 0 ? [] : [failures.join("\n")];
}

function pageOf(measured: Measured): string {
  const { load, seconds, commands, results, start, again } = measured;
  return [
    "# Performance",
    `Generated by \`npx tsx scripts/write-performance-page.ts\` from what \`spikegym bench\` printed; the data is ` +
      "[performance.json](performance.json).",
    `${showMeasurement(measured)}; ` +
      `${seconds} s in all. Load of the machine when it began: ${load.toFixed(1)}${load > 0.5 ? ", so it was not idle: times are too long, and ratios what to look at" : ""}. ` +
      "Medians over rounds in which everything measured takes its turn.",
    ...KINDS.flatMap(({ kind, title, text, processes }) => {
      const result = results[kind];
      return result === undefined
        ? []
        : [
            `## ${title}`,
            text,
            `\`${commands[kind]}\`${processes > 1 ? `, in ${processes} processes: each row is that of the one in the middle` : ""}${again?.[kind] === undefined ? "" : `. By itself: ${showMeasurement(again[kind])}`}`,
            tableOf(result),
            ...failuresOf(result),
          ];
    }),
    ...(start === undefined ? [] : ["## From nothing to a solved task", showStart(start)]),
  ].join("\n\n");
}

const measured = args.includes("--page") ? (JSON.parse(readFileSync(data, "utf8")) as Measured) : measure();
writeFileSync(data, `${JSON.stringify(measured, null, 2)}\n`);
writeFileSync(`${docs}performance.md`, `${pageOf(measured)}\n`);
const readme = fileURLToPath(new URL("../README.md", import.meta.url));
const told = [
  renderSpeedSummary(measured.results),
  ...(measured.start === undefined ? [] : [showStart(measured.start)]),
];
const summary = replaceBetween(readFileSync(readme, "utf8"), "speed", told.join("\n\n"));
writeFileSync(readme, summary);
console.log(
  "wrote docs/performance.md and the README's table; docs/neurons.md reads them too: npx tsx scripts/write-neuron-page.ts, then npm run format",
);
