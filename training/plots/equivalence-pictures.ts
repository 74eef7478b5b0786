import type { ChainResult } from "../../neurons/equivalence/chain.ts";
import type { ChainInput } from "../../neurons/equivalence/chain-inputs.ts";
import type { DenseResult } from "../../neurons/equivalence/dense.ts";
import type { VoltagePair } from "../../neurons/equivalence/result.ts";
import type { XorCase } from "../../neurons/equivalence/xor.ts";
import { type ChartLine, type ChartPanel, drawLineChart } from "./line-chart.ts";
import type { Picture } from "./render-svg.ts";
import { colours } from "./theme.ts";

const TIME = { name: "Time", unit: "ms", min: 0 };
const HH = { name: "Hodgkin-Huxley", colour: colours.ink };

/** The output neuron of the two-bit network, a panel a case. */
export function drawXor(cases: readonly XorCase[]): Picture {
  const largest = Math.max(...cases.map((c) => c.maxAbsVoltageDifferenceMv));
  return drawLineChart({
    title: "Two bits onto one neuron: Hodgkin-Huxley and tv-LIF2HH",
    subtitle: `output neuron; largest difference of the voltages ${largest.toPrecision(2)} mV`,
    x: { ...TIME, max: 40 },
    panels: cases.map(({ inputs, voltages }) => ({
      y: { name: `V of (${inputs.join(", ")})`, unit: "mV" },
      share: 0.9,
      lines: drawPair(voltages, "tv-LIF2HH"),
    })),
  });
}

/** Spikes of the ten output neurons of the dense network, a row a neuron. */
export function drawDense({ outputs, maxAbsVoltageDifferenceMv }: DenseResult): Picture {
  const spikes = (key: "hh" | "lif", shift: number) => {
    const marks = outputs.flatMap((output, row) =>
      output[key].spikeTimesMs.map((t) => [t, row + shift] as const),
    );
    marks.sort(([a], [b]) => a - b);
    return { x: marks.map(([t]) => t), y: marks.map(([, row]) => row) };
  };
  return drawLineChart({
    title: "784 to 128 to 10 neurons: spikes of the outputs",
    subtitle: `largest difference of the voltages ${maxAbsVoltageDifferenceMv.toPrecision(2)} mV`,
    x: { ...TIME, max: 40 },
    panels: [
      {
        y: { name: "Output neuron", min: -1, max: outputs.length },
        share: 2,
        lines: [
          { ...HH, ...spikes("hh", 0.15), points: true, widthPx: 0 },
          { name: "tv-LIF2HH", colour: colours.orange, ...spikes("lif", -0.15), points: true, widthPx: 0 },
        ],
      },
    ],
  });
}

/** The chain of two neurons: for each input the current, and the second neuron's spikes of both kinds above it. */
export function drawChain(
  results: readonly { readonly input: ChainInput; readonly result: ChainResult }[],
  settings: string,
): Picture {
  return drawLineChart({
    title: `A chain of two neurons: Hodgkin-Huxley and s-LIF2HH, ${settings}`,
    subtitle: `spikes and timing error: ${results.map(({ input, result }) => `${input.id} ${describe(result)}`).join("; ")}`,
    x: { ...TIME, max: 80 },
    panels: results.map(({ input, result }): ChartPanel => {
      const timesMs = Float64Array.from({ length: 1601 }, (_, i) => i / 20);
      const current = timesMs.map((t) => input.at(t));
      const [low, high] = [Math.min(...current, 0), Math.max(...current)];
      return {
        y: {
          name: "Input",
          unit: "µA/cm²",
          min: 10 * Math.floor(low / 10),
          // Room for the marks.
          max: 10 * Math.ceil((high + 0.7 * (high - low)) / 10),
        },
        share: 0.7,
        lines: [{ name: input.id, x: timesMs, y: current, colour: colours.grey }],
        marks: [
          { ...HH, x: result.hh.spikeTimesMs },
          { name: "s-LIF2HH", colour: colours.vermillion, x: result.lif.spikeTimesMs },
        ],
      };
    }),
  });
}

function describe({ hh, lif, countsEqual, relativeTimingError }: ChainResult): string {
  const counts = `${hh.spikeTimesMs.length}/${lif.spikeTimesMs.length}`;
  return countsEqual && relativeTimingError !== null
    ? `${counts}, ${relativeTimingError.toFixed(3)}`
    : counts;
}

function drawPair({ timesMs, hh, lif }: VoltagePair, name: string): ChartLine[] {
  return [
    { ...HH, x: timesMs, y: hh, widthPx: 3.5 },
    { name, x: timesMs, y: lif, colour: colours.orange, stroke: "dashed" },
  ];
}
