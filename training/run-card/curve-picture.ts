import { drawLineChart } from "../plots/line-chart.ts";
import type { Picture } from "../plots/render-svg.ts";
import { colours } from "../plots/theme.ts";

type Row = Readonly<Record<string, number | null>>;

/** A run's returns over its steps: every training episode, and the mean and the worst of each evaluation. */
export function drawRunCurve(rows: readonly Row[], title: string, solvedReturn: number): Picture {
  const line = (name: string) => {
    const own = rows.filter((row) => row[name] !== undefined);
    return { x: own.map((row) => row.step ?? 0), y: own.map((row) => row[name] ?? Number.NaN) };
  };
  return drawLineChart({
    title,
    x: { name: "Environment steps", min: 0 },
    heightPx: 340,
    panels: [
      {
        y: { name: "Return" },
        levels: [{ name: `solved: ${solvedReturn}`, y: solvedReturn, at: "left" }],
        lines: [
          { name: "training episode", ...line("episodeReturn"), colour: colours.grey, widthPx: 1 },
          {
            name: "worst of an evaluation",
            ...line("evaluationWorst"),
            colour: colours.vermillion,
            stroke: "dashed",
          },
          { name: "mean of an evaluation", ...line("evaluationReturn"), colour: colours.blue, widthPx: 2.25 },
        ],
      },
    ],
  });
}
