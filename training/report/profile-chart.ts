import { Rng } from "../../core/rng.ts";
import { drawLineChart } from "../plots/line-chart.ts";
import type { Picture } from "../plots/render-svg.ts";
import { performanceProfile } from "../statistics/performance-profile.ts";
import { agentsOf, type Cell } from "./cells.ts";

const POINTS = 60;

/** The share of runs and conditions above each return, a line an agent. */
export function drawProfile(cells: readonly Cell[], seed: number): Picture {
  const scores = cells.flatMap((cell) => cell.scores);
  const [low, high] = roundEnds(scores);
  const thresholds = Array.from({ length: POINTS }, (_, i) => low + ((high - low) * i) / (POINTS - 1));
  return drawLineChart({
    title: "Share of runs and conditions above a return",
    x: { name: "return", min: low, max: high },
    panels: [
      {
        y: { name: "share above", min: 0, max: 1 },
        lines: agentsOf(cells).map((agent) => {
          const strata = cells.filter((cell) => cell.agent === agent).map((cell) => cell.scores);
          const { share, ci95 } = performanceProfile(
            strata,
            thresholds,
            new Rng(seed).split(`profile/${agent}`),
            {
              resamples: 500,
              together: true,
            },
          );
          return {
            name: agent,
            x: thresholds,
            y: share,
            band: { low: ci95.map(([least]) => least), high: ci95.map(([, most]) => most) },
          };
        }),
      },
    ],
    widthPx: 560,
    heightPx: 320,
  });
}

/** The scores' range, its ends moved outwards to a multiple of a power of ten. */
function roundEnds(scores: readonly number[]): [low: number, high: number] {
  const low = scores.reduce((least, x) => Math.min(least, x), Number.POSITIVE_INFINITY);
  const high = scores.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  const unit = 10 ** Math.floor(Math.log10(Math.max(high - low, Math.abs(high), 1e-9)));
  return [unit * Math.floor(low / unit), unit * Math.ceil(high / unit)];
}
