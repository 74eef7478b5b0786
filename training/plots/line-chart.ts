import type { CustomSeriesRenderItemAPI, EChartsOption, SeriesOption } from "echarts";
import type { Picture } from "./render-svg.ts";
import { colours, seriesColours } from "./theme.ts";
import { thinLine } from "./thin-line.ts";

/** An axis and what it measures. */
export interface ChartAxis {
  readonly name: string;
  /** Empty, or left out, for a pure number. */
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly scale?: "linear" | "log";
}

export interface ChartLine {
  readonly name: string;
  /** Rising. */
  readonly x: ArrayLike<number>;
  /** As many; NaN is a gap. */
  readonly y: ArrayLike<number>;
  /** A band around it: an interval, a spread; as many as y. */
  readonly band?: { readonly low: ArrayLike<number>; readonly high: ArrayLike<number> };
  readonly colour?: string;
  readonly stroke?: "solid" | "dashed" | "dotted";
  readonly widthPx?: number;
  /** Where a line of few points shows each of them. */
  readonly points?: boolean;
}

/** Moments marked by short strokes along a panel's upper edge, spikes for instance; one row a mark. */
export interface ChartMarks {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly colour?: string;
}

/** A level to be compared with, a threshold for instance. */
export interface ChartLevel {
  readonly name: string;
  readonly y: number;
  /** The end of the line that its name stands at, where the chart's own lines leave room; the right one when left out. */
  readonly at?: "left" | "right";
}

/** One of the stacked panels; all share the x axis. */
export interface ChartPanel {
  readonly y: ChartAxis;
  readonly lines: readonly ChartLine[];
  readonly marks?: readonly ChartMarks[];
  readonly levels?: readonly ChartLevel[];
  /** Its height relative to the other panels'; 1 when left out. */
  readonly share?: number;
}

export interface LineChart {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: ChartAxis;
  readonly panels: readonly ChartPanel[];
  readonly widthPx?: number;
  readonly heightPx?: number;
}

const LEFT = 68;
const RIGHT = 24;
const BOTTOM = 48;
const BETWEEN = 46;
const MARK_PX = 9;
/** Leaves room for fonts wider than the one names are measured with. */
const LEGEND_GAP = 20;
/** The height of the letters, and the gap. */
const LEGEND_ROW = 12 + LEGEND_GAP;

/**
 * Lines, with bands where they have them, in one panel or several stacked over one x axis: learning curves, traces of a
 * neuron, anything over time. Names of the lines stand above their panel, units on the axes.
 */
export function drawLineChart(chart: LineChart): Picture {
  const widthPx = chart.widthPx ?? 760;
  const top = chart.subtitle === undefined ? 66 : 86;
  const shares = chart.panels.map(({ share }) => share ?? 1);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const columns = widthPx - LEFT - RIGHT;
  const framePx = chart.heightPx ?? Math.round(top + BOTTOM + 150 * total + 60);
  const free = framePx - top - BOTTOM - BETWEEN * (chart.panels.length - 1);
  // Names that need more than one row make the picture higher, and leave the panels as they are.
  const legends = chart.panels.map((panel) => LEGEND_ROW * (legendRows(namesOf(panel), columns) - 1));
  const heightPx = framePx + legends.reduce((sum, px) => sum + px, 0);
  let edge = top;
  const boxes = shares.map((share, i) => {
    const box = { top: edge + legends[i]!, height: (free * share) / total };
    edge = box.top + box.height + BETWEEN;
    return box;
  });
  const option: EChartsOption = {
    title: {
      text: chart.title,
      ...(chart.subtitle === undefined ? {} : { subtext: chart.subtitle }),
    },
    grid: boxes.map((box) => ({ left: LEFT, right: RIGHT, ...box })),
    legend: chart.panels.map((panel, i) => drawLegend(panel, boxes[i]!.top - legends[i]! - 24)),
    xAxis: chart.panels.map((_, i) => ({
      ...drawAxis(chart.x),
      ...limitsOf(chart),
      gridIndex: i,
      nameLocation: "middle" as const,
      nameGap: 30,
      ...(i === chart.panels.length - 1 ? {} : { name: "", axisLabel: { show: false } }),
    })),
    yAxis: chart.panels.map((panel, i) => ({
      ...drawAxis(panel.y),
      scale: true,
      gridIndex: i,
      nameLocation: "middle" as const,
      nameGap: 48,
      splitNumber: boxes[i]!.height < 110 ? 2 : 5,
    })),
    series: chart.panels.flatMap((panel, i) => drawPanel(panel, i, columns)),
  };
  return { option, widthPx, heightPx, description: chart.title };
}

/** "Membrane (mV)" */
export function axisTitle({ name, unit }: ChartAxis): string {
  return unit ? `${name} (${unit})` : name;
}

function drawAxis(axis: ChartAxis) {
  return {
    type: axis.scale === "log" ? ("log" as const) : ("value" as const),
    name: axisTitle(axis),
    ...(axis.min === undefined ? {} : { min: axis.min }),
    ...(axis.max === undefined ? {} : { max: axis.max }),
  };
}

/** Every panel's x axis ends where the data of all of them does; its end is labelled only where it is round. */
function limitsOf({ x, panels }: LineChart) {
  const ends = panels.flatMap(({ lines }) =>
    lines.filter((line) => line.x.length > 0).map((line) => [line.x[0]!, line.x[line.x.length - 1]!]),
  );
  if (ends.length === 0) return {};
  const min = x.min ?? Math.min(...ends.map(([first]) => first!));
  const max = x.max ?? Math.max(...ends.map(([, last]) => last!));
  if (x.scale === "log" || !(max > min)) return { min, max };
  const interval = roundStep((max - min) / 6);
  // Ticks are counted from the lower end, so it has to be one itself.
  if (Math.abs(min / interval - Math.round(min / interval)) > 1e-6) return { min, max };
  const isRound = (end: number) => Math.abs(end / interval - Math.round(end / interval)) < 1e-6;
  return {
    min,
    max,
    interval,
    axisLabel: { showMaxLabel: isRound(max) },
  };
}

/** The next larger of 1, 2 and 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10);
}

function colourOf(panel: ChartPanel, i: number): string {
  return panel.lines[i]!.colour ?? seriesColours[i % seriesColours.length]!;
}

function namesOf({ lines, marks = [] }: ChartPanel): string[] {
  return [...lines, ...marks].map(({ name }) => name);
}

/** Rows that ECharts breaks a legend into, by its own sizes and a width of letters on the safe side. */
function legendRows(names: readonly string[], widthPx: number): number {
  let rows = 1;
  let used = 0;
  for (const name of names) {
    const item = 19 + 6 * name.length;
    if (used > 0 && used + item > widthPx) {
      rows++;
      used = 0;
    }
    used += item + LEGEND_GAP;
  }
  return rows;
}

function drawLegend(panel: ChartPanel, top: number) {
  const names = namesOf(panel);
  // A single line is named by its axis.
  return { show: names.length > 1, data: names, top, left: LEFT - 4, right: RIGHT, itemGap: LEGEND_GAP };
}

function drawPanel(panel: ChartPanel, index: number, columns: number): SeriesOption[] {
  const at = { xAxisIndex: index, yAxisIndex: index };
  const bands = panel.lines.flatMap((line, i) =>
    line.band === undefined ? [] : [{ ...drawBand(line, colourOf(panel, i)), ...at }],
  );
  const lines = panel.lines.map((line, i): SeriesOption => {
    const colour = colourOf(panel, i);
    return {
      type: "line",
      name: line.name,
      ...at,
      data: thinLine(line.x, line.y, columns).map((point) => [...point]),
      color: colour,
      lineStyle: { width: line.widthPx ?? 1.75, type: line.stroke ?? "solid", color: colour },
      symbol: line.points === true ? "circle" : "none",
      symbolSize: 5,
      ...(i === 0 ? { markLine: drawLevels(panel.levels ?? []) } : {}),
    };
  });
  const marks = (panel.marks ?? []).map(
    (mark, row): SeriesOption => ({
      type: "custom",
      name: mark.name,
      ...at,
      color: mark.colour ?? colours.vermillion,
      data: Array.from({ length: mark.x.length }, (_, k) => [mark.x[k]!, 0]),
      renderItem: (params, api) => drawMark(params.coordSys as unknown as Box, api, row),
    }),
  );
  return [...bands, ...lines, ...marks];
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function drawMark(box: Box, api: CustomSeriesRenderItemAPI, row: number) {
  const x = api.coord([api.value(0), 0])[0]!;
  if (x < box.x || x > box.x + box.width) return undefined;
  const y = box.y + 3 + row * (MARK_PX + 4);
  return {
    type: "line" as const,
    shape: { x1: x, x2: x, y1: y, y2: y + MARK_PX },
    style: { stroke: String(api.visual("color")), lineWidth: 1.5 },
  };
}

function drawLevels(levels: readonly ChartLevel[]) {
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: colours.grey, type: "dashed" as const, width: 1 },
    label: {
      color: colours.muted,
      formatter: "{b}",
      // A halo, because lines may run through it.
      textBorderColor: colours.background,
      textBorderWidth: 3,
    },
    data: levels.map(({ name, y, at }) => ({
      name,
      yAxis: y,
      label: { position: at === "left" ? ("insideStartTop" as const) : ("insideEndTop" as const) },
    })),
  };
}

/** One polygon, along the upper edge and back along the lower, for every stretch without a gap. */
function drawBand(line: ChartLine, colour: string): SeriesOption {
  const { low, high } = line.band!;
  const stretches: number[][] = [];
  let open: number[] | undefined;
  for (let i = 0; i < line.x.length; i++) {
    if (Number.isNaN(low[i]!) || Number.isNaN(high[i]!)) {
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = [];
      stretches.push(open);
    }
    open.push(i);
  }
  return {
    type: "custom",
    silent: true,
    clip: true,
    color: colour,
    // Corners too, so that the axes make room for the band.
    data: stretches.flatMap((stretch) =>
      stretch.flatMap((i) => [
        [line.x[i]!, low[i]!],
        [line.x[i]!, high[i]!],
      ]),
    ),
    renderItem: (params, api) => {
      if (params.dataIndexInside !== 0) return undefined;
      return {
        type: "group" as const,
        children: stretches.map((stretch) => ({
          type: "polygon" as const,
          shape: {
            points: [
              ...stretch.map((i) => api.coord([line.x[i]!, high[i]!])),
              ...stretch.toReversed().map((i) => api.coord([line.x[i]!, low[i]!])),
            ],
          },
          style: { fill: colour, opacity: 0.18 },
        })),
      };
    },
  };
}
