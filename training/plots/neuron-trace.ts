import type { Trace, TraceColumn } from "../../neurons/study/trace.ts";
import { type ChartPanel, drawLineChart } from "./line-chart.ts";
import type { Picture } from "./render-svg.ts";
import { colours, seriesColours } from "./theme.ts";

/** Colours that have a meaning in every picture of a neuron. */
const COLOURS: Readonly<Record<string, string>> = {
  V: colours.ink,
  v: colours.ink,
  m: colours.vermillion,
  h: colours.orange,
  n: colours.sky,
  I_Na: colours.vermillion,
  I_K: colours.sky,
  I_L: colours.grey,
};

/** For variables without one; vermillion marks the spikes. */
const OTHER_COLOURS = seriesColours.filter((colour) => colour !== colours.vermillion);

/** A neuron over time: membrane with its spikes, gates, currents and what was injected, one above the other. */
export function drawNeuronTrace(trace: Trace, title: string, subtitle: string): Picture {
  const group = (role: TraceColumn["role"]) => trace.columns.filter((column) => column.role === role);
  const panel = (name: string, columns: readonly TraceColumn[], share: number, rest = {}): ChartPanel[] =>
    columns.length === 0
      ? []
      : [
          {
            y: { name, unit: readable(columns[0]!.unit), ...rest },
            share,
            lines: columns.map((column, i) => ({
              name: column.name,
              x: trace.timesMs,
              y: column.values,
              colour: COLOURS[column.name] ?? OTHER_COLOURS[i % OTHER_COLOURS.length]!,
            })),
          },
        ];
  const [membrane, ...others] = panel("Membrane", group("membrane"), 1.5);
  const marks = trace.spikeTimesMs.length > 0 ? [{ name: "spikes", x: trace.spikeTimesMs }] : [];
  return drawLineChart({
    title,
    subtitle,
    x: { name: "Time", unit: "ms", min: 0 },
    panels: [
      { ...membrane!, marks, levels: [{ name: "threshold", y: trace.threshold }] },
      ...others,
      ...panel("Gates", group("gate"), 0.9, { min: 0, max: 1 }),
      ...panel(
        group("other")
          .map(({ name }) => name)
          .join(", "),
        group("other"),
        0.7,
      ),
      ...panel("Ionic current", group("current"), 1),
      ...panel("Input", group("input"), 0.5),
    ],
  });
}

/** Units as they are printed in pictures. */
function readable(unit: string): string {
  return unit.replace("uA/cm2", "µA/cm²").replace("mS/cm2", "mS/cm²");
}
