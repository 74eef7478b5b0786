import { Rng } from "../../core/rng.ts";
import { simulateChain } from "../../neurons/equivalence/chain.ts";
import { chainInputs } from "../../neurons/equivalence/chain-inputs.ts";
import { chainConstants } from "../../neurons/equivalence/chain-settings.ts";
import { simulateDense } from "../../neurons/equivalence/dense.ts";
import { sampleImage } from "../../neurons/equivalence/sample-image.ts";
import { simulateXor } from "../../neurons/equivalence/xor.ts";
import type { Picture } from "../plots/render-svg.ts";
import { colours } from "../plots/theme.ts";
import { defineFigure, type FigureOptions, type FigureResult, type FigureRow, PAPER } from "./figure.ts";
import type { Verdict } from "./verdict.ts";

/** Relative timing error below which two spike trains are called nearly equal. */
const NEARLY = 0.05;

/** Hodgkin-Huxley neurons beside four leaky ones, simulated. */
export const figure3d = defineFigure({
  id: "3d",
  title: "Equivalence in simulation: HH beside tv-LIF2HH and s-LIF2HH",
  summary: "spike trains of Hodgkin-Huxley neurons and of their LIF constructions",
  references: PAPER,
  claim:
    "An HH neuron equals four time-varying LIF neurons with a special wiring (tv-LIF2HH), and nearly equals a simplified one with constant LIF neurons (s-LIF2HH).",
  needsData: false,
  run: runEquivalence,
});

async function runEquivalence(options: FigureOptions): Promise<FigureResult | undefined> {
  const rows: FigureRow[] = [];
  const inputs = chainInputs.entries;
  const total = 2 + 2 * inputs.length;
  const breathe = async () => {
    options.onProgress({ done: Math.min(rows.length, total), total, unit: "simulations", fields: {} });
    await new Promise((resolve) => setImmediate(resolve));
    return options.signal.aborted;
  };
  const xor = simulateXor();
  rows.push({
    construction: "tv-lif2hh",
    settings: "published",
    case: "two bits onto one neuron",
    hhSpikes: sum(xor.map(({ hh }) => hh.spikeTimesMs.length)),
    lifSpikes: sum(xor.map(({ lif }) => lif.spikeTimesMs.length)),
    countsEqual: xor.every(({ countsEqual }) => countsEqual),
    relativeTimingError: largest(xor.map((one) => one.relativeTimingError)),
    maxAbsVoltageDifferenceMv: Math.max(...xor.map((one) => one.maxAbsVoltageDifferenceMv)),
  });
  if (await breathe()) return undefined;
  const running = simulateDense(sampleImage(), new Rng(0));
  let turn = running.next();
  for (; !turn.done; turn = running.next()) if (await breathe()) return undefined;
  const dense = turn.value;
  rows.push({
    construction: "tv-lif2hh",
    settings: "published",
    case: "784 to 128 to 10 neurons",
    hhSpikes: sum(dense.outputs.map(({ hh }) => hh.spikeTimesMs.length)),
    lifSpikes: sum(dense.outputs.map(({ lif }) => lif.spikeTimesMs.length)),
    countsEqual: dense.outputs.every(({ countsEqual }) => countsEqual),
    relativeTimingError: largest(dense.outputs.map((one) => one.relativeTimingError)),
    maxAbsVoltageDifferenceMv: dense.maxAbsVoltageDifferenceMv,
  });
  for (const settings of ["published", "fitted"] as const) {
    for (const input of inputs) {
      if (await breathe()) return undefined;
      const result = simulateChain(input, chainConstants[settings]);
      rows.push({
        construction: "s-lif2hh",
        settings,
        case: `chain, ${input.id}`,
        hhSpikes: result.hh.spikeTimesMs.length,
        lifSpikes: result.lif.spikeTimesMs.length,
        countsEqual: result.countsEqual,
        relativeTimingError: result.relativeTimingError,
        maxAbsVoltageDifferenceMv: null,
      });
    }
  }
  await breathe();
  return {
    picture: drawErrors(rows),
    rows,
    verdicts: { published: judgeChain(rows, "published"), matched: judgeChain(rows, "fitted") },
    extent: "the published simulations whole: deterministic, one of each",
    notes: [
      "Instead of matched settings the second verdict is of s-LIF2HH with constants fitted by this project for all five inputs.",
      "tv-LIF2HH borrows its conductances from the HH neuron beside it, instant by instant: a construction, not a model that stands alone.",
      "The relative timing error is the mean distance of spikes in turn over HH's mean interval; an open mark has unequal numbers of spikes, and its error is that of the ones that pair.",
    ],
  };
}

function judgeChain(rows: readonly FigureRow[], settings: "published" | "fitted"): Verdict {
  const exact = rows.filter((row) => row.construction === "tv-lif2hh");
  const near = rows.filter((row) => row.construction === "s-lif2hh" && row.settings === settings);
  const exactly = exact.every(({ countsEqual }) => countsEqual === true);
  const equal = near.filter(({ countsEqual }) => countsEqual === true);
  const close = equal.filter((row) => ((row.relativeTimingError as number | null) ?? 1) <= NEARLY);
  const voltage = Math.max(...exact.map((row) => row.maxAbsVoltageDifferenceMv as number));
  return {
    holds: exactly && close.length === near.length ? "holds" : "does not hold",
    sentence:
      `tv-LIF2HH: ${exactly ? "all spike counts equal" : "spike counts differ"}, voltages within ${voltage.toPrecision(2)} mV; ` +
      `s-LIF2HH (${settings} constants): equal counts under ${equal.length} of ${near.length} inputs, a timing error of at most ${100 * NEARLY} % under ${close.length}.`,
  };
}

function drawErrors(rows: readonly FigureRow[]): Picture {
  const cases = [...new Set(rows.map((row) => String(row.case)))];
  const of = (construction: string, settings: string) =>
    rows.filter((row) => row.construction === construction && row.settings === settings);
  const series = [
    { name: "tv-LIF2HH", own: of("tv-lif2hh", "published"), colour: colours.orange },
    { name: "s-LIF2HH, published", own: of("s-lif2hh", "published"), colour: colours.vermillion },
    { name: "s-LIF2HH, fitted", own: of("s-lif2hh", "fitted"), colour: colours.blue },
  ];
  return {
    widthPx: 900,
    heightPx: 400,
    description: "Relative timing error of the LIF constructions beside Hodgkin-Huxley neurons",
    option: {
      title: {
        text: "Timing of LIF constructions beside Hodgkin-Huxley neurons",
        subtext:
          "mean distance of spikes over HH's mean interval; numbers: spikes of HH / of the construction, open where they differ",
      },
      legend: { data: series.map(({ name }) => name), left: 60, top: 58 },
      tooltip: { trigger: "item" },
      grid: { left: 64, right: 24, top: 96, bottom: 64 },
      xAxis: {
        type: "category",
        data: cases,
        axisLabel: { interval: 0, width: 110, overflow: "break" },
      },
      yAxis: { type: "value", name: "relative timing error", nameLocation: "middle", nameGap: 46, min: 0 },
      series: series.map(({ name, own, colour }) => ({
        type: "scatter" as const,
        name,
        color: colour,
        symbolSize: 12,
        data: own.map((row) => ({
          value: [String(row.case), (row.relativeTimingError as number | null) ?? 0],
          itemStyle: {
            color: row.countsEqual === true ? colour : colours.background,
            borderColor: colour,
            borderWidth: 2,
          },
          label: {
            show: true,
            position: name === "s-LIF2HH, fitted" ? ("left" as const) : ("right" as const),
            formatter: `${row.hhSpikes}/${row.lifSpikes}`,
            fontSize: 10,
            color: colours.muted,
          },
        })),
      })),
    },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, x) => all + x, 0);
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
