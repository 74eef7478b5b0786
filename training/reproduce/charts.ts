import type { EChartsOption, SeriesOption } from "echarts";
import { Rng } from "../../core/rng.ts";
import type { Picture } from "../plots/render-svg.ts";
import { colours, seriesColours } from "../plots/theme.ts";
import { bootstrapInterval, type Interval } from "../statistics/bootstrap.ts";
import { mean } from "../statistics/descriptive.ts";

/**
 * Charts of figures: ECharts options of plain data, without functions, so that the same option draws the static picture
 * and, written into a page as JSON, the interactive one.
 */

/** The same model has the same colour in every figure. */
const MODELS = ["hh-published", "s-lif2hh", "hh", "4lif", "lif", "ann", "alif"];

export function colourOf(model: string): string {
  return seriesColours[MODELS.indexOf(model)] ?? colours.ink;
}

/** The mean over runs and its 95 % bootstrap interval; a single run has none. */
export function meanOf(name: string, scores: readonly number[]): { value: number; ci95: Interval | null } {
  return {
    value: mean(scores),
    ci95: scores.length < 2 ? null : bootstrapInterval([scores], mean, new Rng(`figure/${name}`)),
  };
}

/** Scores by model in one of the panels beside one another. */
export interface ScorePanel {
  readonly title: string;
  readonly scores: ReadonlyMap<string, readonly number[]>;
}

const WIDTH = 900;
const TOP = 86;

/** A column a model: a dot for each run, a diamond for the mean, a bar for its interval. */
export function drawScores(
  title: string,
  subtitle: string,
  y: string,
  panels: readonly ScorePanel[],
): Picture {
  const heightPx = 400;
  const gap = 56;
  const width = (WIDTH - 84 - gap * (panels.length - 1)) / panels.length;
  const left = (i: number) => 64 + i * (width + gap);
  const series = panels.flatMap(({ scores }, i): SeriesOption[] => {
    const at = { xAxisIndex: i, yAxisIndex: i };
    const models = [...scores.keys()];
    return models.flatMap((model): SeriesOption[] => {
      const runs = scores.get(model)!;
      const { value, ci95 } = meanOf(model, runs);
      const colour = colourOf(model.replace(/-(fc|conv)$/, ""));
      return [
        ...intervals(ci95 === null ? [] : [[model, ci95]], colour, at),
        {
          type: "scatter",
          name: "run",
          ...at,
          data: runs.map((score) => [model, score]),
          symbolSize: 5,
          itemStyle: { color: colours.grey, opacity: 0.7 },
        },
        {
          type: "scatter",
          name: "mean",
          ...at,
          data: [[model, value]],
          symbol: "diamond",
          symbolSize: 13,
          itemStyle: { color: colour },
        },
      ];
    });
  });
  const option: EChartsOption = {
    title: [
      { text: title, subtext: subtitle },
      ...panels.map((panel, i) => ({
        text: panel.title,
        left: left(i),
        top: TOP - 22,
        textStyle: { fontSize: 12, fontWeight: 600 as const },
      })),
    ],
    tooltip: { trigger: "item" },
    grid: panels.map((_, i) => ({ left: left(i), width, top: TOP, bottom: 52 })),
    xAxis: panels.map(({ scores }, i) => ({
      type: "category" as const,
      gridIndex: i,
      data: [...scores.keys()],
      axisLabel: { interval: 0, rotate: scores.size > 4 || panels.length > 2 ? 25 : 0, fontSize: 11 },
    })),
    yAxis: panels.map((_, i) => ({
      type: "value" as const,
      gridIndex: i,
      scale: true,
      ...(i === 0 ? { name: y, nameLocation: "middle" as const, nameGap: 46 } : {}),
    })),
    series,
  };
  return { option, widthPx: WIDTH, heightPx, description: title };
}

/** Vertical bars from low to high: one broken line. */
export function intervals(
  all: readonly (readonly [x: string | number, interval: Interval])[],
  colour: string,
  at: { readonly xAxisIndex: number; readonly yAxisIndex: number },
): SeriesOption[] {
  if (all.length === 0) return [];
  return [
    {
      type: "line",
      name: "95 % interval",
      ...at,
      data: all.flatMap(([x, [low, high]]) => [
        [x, low],
        [x, high],
        [x, "-"],
      ]),
      symbol: "none",
      lineStyle: { width: 2, color: colour, opacity: 0.6 },
      itemStyle: { color: colour },
    },
  ];
}

/** Curves over common abscissae. */
export interface CurvePanel {
  readonly title: string;
  readonly curves: readonly {
    readonly model: string;
    readonly x: readonly number[];
    readonly value: readonly number[];
    readonly band?: readonly Interval[];
  }[];
}

/** Lines with bands, panels beside one another. */
export function drawCurves(
  title: string,
  subtitle: string,
  axes: { readonly x: string; readonly y: string },
  panels: readonly CurvePanel[],
): Picture {
  const heightPx = 420;
  const gap = 56;
  const width = (WIDTH - 84 - gap * (panels.length - 1)) / panels.length;
  const left = (i: number) => 64 + i * (width + gap);
  const names = [...new Set(panels.flatMap(({ curves }) => curves.map(({ model }) => model)))];
  const series = panels.flatMap(({ curves }, i) =>
    curves.flatMap(({ model, x, value, band }): SeriesOption[] => {
      const at = { xAxisIndex: i, yAxisIndex: i };
      const colour = colourOf(model);
      const hidden = {
        color: colour,
        symbol: "none",
        lineStyle: { opacity: 0 },
        silent: true,
        tooltip: { show: false },
      };
      const stack = `${model}/${i}`;
      const bands: SeriesOption[] =
        band === undefined
          ? []
          : [
              {
                type: "line",
                name: model,
                ...at,
                ...hidden,
                stack,
                stackStrategy: "all",
                data: x.map((at, k) => [String(at), band[k]![0]]),
              },
              {
                type: "line",
                name: model,
                ...at,
                ...hidden,
                stack,
                stackStrategy: "all",
                areaStyle: { color: colour, opacity: 0.16 },
                data: x.map((at, k) => [String(at), band[k]![1] - band[k]![0]]),
              },
            ];
      return [
        ...bands,
        {
          type: "line",
          name: model,
          ...at,
          data: x.map((at, k) => [String(at), value[k]!]),
          symbol: "circle",
          symbolSize: 5,
          color: colour,
          lineStyle: { color: colour },
        },
      ];
    }),
  );
  const option: EChartsOption = {
    title: [
      { text: title, subtext: subtitle },
      ...panels.map((panel, i) => ({
        text: panel.title,
        left: left(i),
        top: TOP + 2,
        textStyle: { fontSize: 12, fontWeight: 600 as const },
      })),
    ],
    color: names.map(colourOf),
    legend: { data: names, left: 60, top: 62 },
    tooltip: { trigger: "item" },
    grid: panels.map((_, i) => ({ left: left(i), width, top: TOP + 26, bottom: 52 })),
    xAxis: panels.map(({ curves }, i) => ({
      type: "category" as const,
      gridIndex: i,
      boundaryGap: false,
      data: [...new Set(curves.flatMap(({ x }) => [...x]))].sort((a, b) => a - b).map(String),
      name: axes.x,
      nameLocation: "middle" as const,
      nameGap: 30,
    })),
    yAxis: panels.map((_, i) => ({
      type: "value" as const,
      gridIndex: i,
      scale: true,
      ...(i === 0 ? { name: axes.y, nameLocation: "middle" as const, nameGap: 46 } : {}),
    })),
    series,
  };
  return { option, widthPx: WIDTH, heightPx, description: title };
}
