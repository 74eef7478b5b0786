import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Palette } from "../plots/palette.ts";
import type { Panel } from "../shell/panel.ts";
import type { TrainEvaluation } from "./messages.ts";

/** Training episodes are averaged over this many. */
const averaged = 10;

/** The return while it is learnt: training episodes, their running mean, evaluations, and the threshold. */
export class ReturnCurve implements Panel {
  readonly #host: HTMLElement;
  readonly #rows = new Map<number, { episode?: number; recent?: number; evaluation?: number }>();
  readonly #last: number[] = [];
  #plot: uPlot | undefined;
  #theme = "";
  #threshold = 0;
  #dirty = true;

  constructor(host: HTMLElement, invalidate: () => void) {
    this.#host = host;
    new ResizeObserver(() => {
      this.#dirty = true;
      invalidate();
    }).observe(host);
  }

  clear(threshold: number): void {
    this.#rows.clear();
    this.#last.length = 0;
    this.#threshold = threshold;
    this.#dirty = true;
  }

  addEpisode(step: number, value: number): void {
    this.#last.push(value);
    if (this.#last.length > averaged) this.#last.shift();
    const recent = this.#last.reduce((sum, x) => sum + x, 0) / this.#last.length;
    this.#rows.set(step, { ...this.#rows.get(step), episode: value, recent });
    this.#dirty = true;
  }

  addEvaluation({ step, mean }: TrainEvaluation): void {
    this.#rows.set(step, { ...this.#rows.get(step), evaluation: mean });
    this.#dirty = true;
  }

  draw(palette: Palette): void {
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (width < 60 || height < 40) return;
    if (this.#theme !== palette.theme) {
      this.#plot?.destroy();
      this.#plot = undefined;
      this.#theme = palette.theme;
    } else if (!this.#dirty) return;
    this.#dirty = false;
    const steps = [...this.#rows.keys()].sort((a, b) => a - b);
    const column = (key: "episode" | "recent" | "evaluation") =>
      steps.map((step) => this.#rows.get(step)?.[key] ?? null);
    const data: uPlot.AlignedData = [
      steps,
      column("episode"),
      column("recent"),
      column("evaluation"),
      steps.map(() => this.#threshold),
    ];
    const size = { width, height: height - 26 };
    if (this.#plot === undefined) this.#plot = new uPlot({ ...size, ...options(palette) }, data, this.#host);
    else {
      if (this.#plot.width !== size.width || this.#plot.height !== size.height) this.#plot.setSize(size);
      this.#plot.setData(data);
    }
  }
}

function options(palette: Palette): Pick<uPlot.Options, "series" | "axes" | "scales" | "legend" | "cursor"> {
  const axis = {
    stroke: palette.muted,
    font: palette.font,
    grid: { stroke: palette.grid, width: 1 },
    ticks: { stroke: palette.grid, width: 1 },
  };
  const value = (_: uPlot, x: number | null) => (x === null ? "\u2013" : x.toFixed(0));
  return {
    scales: { x: { time: false } },
    legend: { live: true },
    cursor: { y: false },
    axes: [
      { ...axis, values: (_, steps) => steps.map((step) => String(step)) },
      { ...axis, size: 68 },
    ],
    series: [
      { label: "step", value },
      {
        label: "training episode",
        stroke: palette.muted,
        points: { show: true, size: 3, fill: palette.muted },
        paths: () => null,
        value,
      },
      { label: `mean of ${averaged}`, stroke: palette.action, width: 1.5, spanGaps: true, value },
      {
        label: "evaluation",
        stroke: palette.reward,
        width: 2,
        spanGaps: true,
        points: { show: true, size: 6, fill: palette.reward },
        value,
      },
      { label: "solved at", stroke: palette.muted, dash: [4, 4], points: { show: false }, value },
    ],
  };
}
