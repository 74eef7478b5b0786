import type { EChartsOption, SeriesOption } from "echarts";
import type { Picture } from "../../training/plots/render-svg.ts";
import { colourOf, intervals, meanOf } from "../../training/reproduce/charts.ts";
import { COSTS, type Performance } from "./complexity-verdict.ts";

const LEFT = 72;
const TOP = 92;
const GAP = { x: 22, y: 26 };
const CELL = { width: 236, height: 190 };

/** A row a performance, a column a cost; leaky neurons of growing width joined by a line. */
export function drawComplexity(performances: readonly Performance[]): Picture {
  const neurons = [...new Set(performances.flatMap(({ models }) => models.map(({ neuron }) => neuron)))];
  const cells = performances.flatMap((performance, row) =>
    COSTS.map((cost, column) => ({ performance, cost, row, column })),
  );
  const widthPx = LEFT + COSTS.length * (CELL.width + GAP.x) + 8;
  const heightPx = TOP + performances.length * (CELL.height + GAP.y) + 40;
  const series = cells.flatMap(({ performance: { models }, cost: { read, scale } }, i): SeriesOption[] => {
    const at = { xAxisIndex: i, yAxisIndex: i };
    return neurons.flatMap((neuron): SeriesOption[] => {
      const own = models
        .filter((model) => model.neuron === neuron)
        .map((model) => ({
          x: read(model.cost) / scale,
          name: model.name,
          ...meanOf(`complexity/${model.name}`, model.scores),
        }))
        .filter(({ x, value }) => Number.isFinite(x) && Number.isFinite(value))
        .sort((a, b) => a.x - b.x);
      const colour = colourOf(neuron);
      return [
        ...intervals(
          own.flatMap(({ x, ci95 }) => (ci95 === null ? [] : [[x, ci95] as const])),
          colour,
          at,
        ),
        {
          type: "line",
          name: neuron,
          ...at,
          data: own.map(({ x, value, name }) => ({ value: [x, value], name })),
          symbol: neuron === "lif" ? "circle" : "diamond",
          symbolSize: neuron === "lif" ? 6 : 11,
          color: colour,
          lineStyle: { color: colour, width: neuron === "lif" ? 1.5 : 0 },
          itemStyle: { color: colour },
        },
      ];
    });
  });
  const option: EChartsOption = {
    title: {
      text: "Internal against external complexity: what a neuron buys",
      subtext:
        "mean over seeds, 95 % bootstrap interval; leaky neurons at growing widths joined by a line, the other neurons at one width",
    },
    legend: { data: neurons, left: LEFT - 8, top: 60 },
    color: neurons.map(colourOf),
    tooltip: { trigger: "item" },
    grid: cells.map(({ row, column }) => ({
      left: LEFT + column * (CELL.width + GAP.x),
      top: TOP + row * (CELL.height + GAP.y),
      ...CELL,
    })),
    xAxis: cells.map(({ cost, row }, i) => ({
      type: "log" as const,
      gridIndex: i,
      ...(row === performances.length - 1
        ? { name: cost.axis, nameLocation: "middle" as const, nameGap: 28 }
        : {}),
      ...rangeOf(cells[i]!),
      // The ends lie within the cell, or they would touch the neighbour's.
      axisLabel: { hideOverlap: true, fontSize: 10, alignMinLabel: "left", alignMaxLabel: "right" },
    })),
    yAxis: cells.map(({ performance, column }, i) => ({
      type: "value" as const,
      gridIndex: i,
      scale: true,
      axisLabel: { show: column === 0 },
      ...(column === 0 ? { name: performance.unit, nameLocation: "middle" as const, nameGap: 50 } : {}),
    })),
    series,
  };
  return { option, widthPx, heightPx, description: "Performance of neurons against their cost" };
}

/** Whole powers of ten around what is shown. */
function rangeOf({ performance, cost }: { performance: Performance; cost: (typeof COSTS)[number] }) {
  const all = performance.models.map((model) => cost.read(model.cost) / cost.scale).filter((x) => x > 0);
  if (all.length === 0) return {};
  return {
    min: 10 ** Math.floor(Math.log10(Math.min(...all))),
    max: 10 ** Math.ceil(Math.log10(Math.max(...all))),
  };
}
