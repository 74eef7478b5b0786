import { join } from "node:path";
import { Rng } from "../../core/rng.ts";
import { writeFileAtomically } from "../atomic-file.ts";
import { formatReturn, formatReturns } from "../format-estimate.ts";
import { averageCurves, type LearningCurve, readLearningCurve } from "../learning-curve.ts";
import { formatMarkdownTable } from "../markdown.ts";
import { drawLineChart } from "../plots/line-chart.ts";
import type { Picture } from "../plots/render-svg.ts";
import { colours } from "../plots/theme.ts";
import { writePicture } from "../plots/write-picture.ts";
import { repeatCommand } from "../run-card/repeat-command.ts";
import type { SeedGroup } from "./seed-group.ts";
import type { SeedSummary } from "./seed-summary.ts";

/** Writes `card.md` and `curve.svg` of a group: what its seeds say together, and each alone. */
export async function writeSeedsCard(group: SeedGroup, summary: SeedSummary): Promise<void> {
  const curves = await Promise.all(summary.runs.map((run) => readLearningCurve(run.out)));
  const begun = curves.filter(({ steps }) => steps.length > 0);
  if (begun.length > 0) await writePicture(join(group.path, "curve.svg"), drawSeeds(begun, summary));
  await writeFileAtomically(join(group.path, "card.md"), renderSeedsCard(group, summary, begun.length > 0));
}

/** Each seed's evaluations, faint, and their interquartile mean as far as every one of them has come. */
function drawSeeds(curves: readonly LearningCurve[], { preset, runs }: SeedSummary): Picture {
  const { steps, value, band } = averageCurves(curves, new Rng("seeds-card"));
  const { solvedReturn } = runs[0]!;
  return drawLineChart({
    title: `${preset}, ${curves.length} seeds`,
    subtitle: "mean return of each evaluation; interquartile mean over the seeds and 95 % bootstrap band",
    x: { name: "Environment steps", min: 0 },
    heightPx: 380,
    panels: [
      {
        y: { name: "Return of the evaluation" },
        levels: [{ name: `solved: ${solvedReturn}`, y: solvedReturn, at: "left" }],
        lines: [
          ...curves.map((curve) => ({
            name: "each seed",
            x: curve.steps,
            y: curve.mean,
            colour: colours.grey,
            widthPx: 0.75,
          })),
          {
            name: "interquartile mean",
            x: steps,
            y: value,
            colour: colours.blue,
            widthPx: 2.25,
            ...(band === undefined
              ? {}
              : { band: { low: band.map(([low]) => low), high: band.map(([, high]) => high) } }),
          },
        ],
      },
    ],
  });
}

function renderSeedsCard({ config, seeds }: SeedGroup, s: SeedSummary, drawn: boolean): string {
  const command = repeatCommand(config);
  const rows = s.runs.map((run) => [
    run.complete ? `[${run.seed}](seed-${run.seed}/card.md)` : `${run.seed}, stopped at step ${run.steps}`,
    run.solvedAtStep === null ? "–" : run.solvedAtStep.toLocaleString("en"),
    formatReturn(run.finalReturn),
    formatReturn(run.bestReturn),
    run.wallSeconds.toFixed(0),
    run.cpuSeconds.toFixed(0),
  ]);
  const solved = Math.round(s.solvedShare * seeds.length);
  const median = s.medianSolvedAtStep?.toLocaleString("en");
  return `${[
    `# ${s.preset}, ${seeds.length} seeds`,
    `Solved by ${solved} of ${seeds.length} seeds${median === undefined ? "" : `, at step ${median} at the median`}. ` +
      `Interquartile mean over the seeds with its 95 % bootstrap interval: last evaluation ${formatReturns(s.finalReturn)}, best ${formatReturns(s.bestReturn)}.`,
    ...(drawn ? ["![Returns over the steps of training](curve.svg)"] : []),
    formatMarkdownTable(
      ["seed", "solved at step", "last", "best", "wall s", "CPU s"],
      rows,
      (column) => column > 0,
    ),
    ...s.failed.map(({ seed, error }) => `Seed ${seed} failed: ${error}`),
    ...(command === null ? [] : ["## Once more", `\`\`\`sh\n${command} --seeds ${seeds.length}\n\`\`\``]),
  ].join("\n\n")}\n`;
}
