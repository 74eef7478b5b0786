import type { SeriesOption } from "echarts";
import type { Picture } from "../plots/render-svg.ts";
import { colours } from "../plots/theme.ts";
import { colourOf, drawPanels, intervals, meanOf } from "./charts.ts";

/** Scores by model in one of the panels beside one another. */
export interface ScorePanel {
  readonly title: string;
  readonly scores: ReadonlyMap<string, readonly number[]>;
}

/** A column a model: a dot for each run, a diamond for the mean, a bar for its interval. */
export function drawScores(
  title: string,
  subtitle: string,
  y: string,
  panels: readonly ScorePanel[],
): Picture {
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
  return drawPanels({ title, subtitle, y, top: 86 }, panels, {
    xAxis: panels.map(({ scores }, i) => ({
      type: "category" as const,
      gridIndex: i,
      data: [...scores.keys()],
      axisLabel: { interval: 0, rotate: scores.size > 4 || panels.length > 2 ? 25 : 0, fontSize: 11 },
    })),
    series,
  });
}
