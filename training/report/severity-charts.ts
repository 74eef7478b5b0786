import { drawLineChart } from "../plots/line-chart.ts";
import type { Picture } from "../plots/render-svg.ts";
import { agentsOf, type ScoreCell } from "./cells.ts";

/** Cells along one axis. */
export interface Sweep {
  readonly name: string;
  readonly unit: string;
  readonly cells: readonly ScoreCell[];
  /** The amount of a cell along it. */
  amount(cell: ScoreCell): number;
}

/** Return over level: a line an agent, with the interval of its interquartile mean over the runs as band. */
export function drawSeverityChart(sweep: Sweep, threshold: number): Picture {
  const lines = agentsOf(sweep.cells).map((agent) => {
    const own = sweep.cells
      .filter((cell) => cell.agent === agent)
      .sort((a, b) => sweep.amount(a) - sweep.amount(b));
    return {
      name: agent,
      x: own.map(sweep.amount),
      y: own.map(({ iqm }) => iqm.value),
      points: true,
      // Of one run there is nothing to be sure of.
      ...(own.every(({ scores }) => scores.length > 1)
        ? { band: { low: own.map(({ iqm }) => iqm.ci95[0]), high: own.map(({ iqm }) => iqm.ci95[1]) } }
        : {}),
    };
  });
  return drawLineChart({
    title: sweep.name,
    x: { name: "level", unit: sweep.unit },
    panels: [
      {
        y: { name: "return, IQM over runs", min: 0 },
        lines,
        ...(Number.isFinite(threshold) ? { levels: [{ name: "solved", y: threshold }] } : {}),
      },
    ],
    widthPx: 560,
    heightPx: 320,
  });
}
