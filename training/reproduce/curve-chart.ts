import type { SeriesOption } from "echarts";
import type { Picture } from "../plots/render-svg.ts";
import type { Interval } from "../statistics/bootstrap.ts";
import { colourOf, drawPanels } from "./charts.ts";

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
  return drawPanels({ title, subtitle, y: axes.y, top: 112 }, panels, {
    color: names.map(colourOf),
    legend: { data: names, left: 60, top: 62 },
    xAxis: panels.map(({ curves }, i) => ({
      type: "category" as const,
      gridIndex: i,
      boundaryGap: false,
      data: [...new Set(curves.flatMap(({ x }) => [...x]))].sort((a, b) => a - b).map(String),
      name: axes.x,
      nameLocation: "middle" as const,
      nameGap: 30,
    })),
    series,
  });
}
