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

const WIDTH = 900;
const GAP = 56;
const LEFT = 64;

/**
 * Panels beside one another, each with a title of its own; the first names the y axis of all.
 *
 * @param top where the panels begin, below title and legend
 * @param own what is the chart's: axes along x, series, legend
 */
export function drawPanels(
  chart: { readonly title: string; readonly subtitle: string; readonly y: string; readonly top: number },
  panels: readonly { readonly title: string }[],
  own: EChartsOption,
): Picture {
  const { title, subtitle, y, top } = chart;
  const width = (WIDTH - LEFT - 20 - GAP * (panels.length - 1)) / panels.length;
  const left = (i: number) => LEFT + i * (width + GAP);
  const option: EChartsOption = {
    title: [
      { text: title, subtext: subtitle },
      ...panels.map((panel, i) => ({
        text: panel.title,
        left: left(i),
        top: top - 24,
        textStyle: { fontSize: 12, fontWeight: 600 as const },
      })),
    ],
    tooltip: { trigger: "item" },
    grid: panels.map((_, i) => ({ left: left(i), width, top, bottom: 52 })),
    yAxis: panels.map((_, i) => ({
      type: "value" as const,
      gridIndex: i,
      scale: true,
      ...(i === 0 ? { name: y, nameLocation: "middle" as const, nameGap: 46 } : {}),
    })),
    ...own,
  };
  return { option, widthPx: WIDTH, heightPx: top + 320, description: title };
}
