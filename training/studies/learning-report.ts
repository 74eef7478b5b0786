import { join } from "node:path";
import { writeFileAtomically } from "../atomic-file.ts";
import { drawLineChart } from "../plots/line-chart.ts";
import type { Picture } from "../plots/render-svg.ts";
import { seriesColours } from "../plots/theme.ts";
import { writePicture } from "../plots/write-picture.ts";
import { writeBenchmarkPage } from "./benchmark-page.ts";
import { renderDataFile } from "./data-file.ts";
import {
  groupRuns,
  type LearningData,
  type LearningGroup,
  learningDataFile,
  renderCsv,
} from "./learning-data.ts";

/**
 * Writes the study's data into a folder and draws everything that follows from it:
 *
 *   learning-<engine>.json, .csv                the data
 *   learning-<engine>-<task>.svg                the curves
 *   README.md                                   the page, of all studies whose data are there
 */
export async function reportLearning(folder: string, data: LearningData): Promise<void> {
  const stem = join(folder, `learning-${data.engine}`);
  await writeFileAtomically(learningDataFile(folder, data.engine), renderDataFile(data));
  await writeFileAtomically(`${stem}.csv`, renderCsv(data));
  const groups = groupRuns(data.runs);
  for (const task of new Set(groups.map((group) => group.task))) {
    await writePicture(
      `${stem}-${task}.svg`,
      drawLearningCurves(
        groups.filter((group) => group.task === task),
        data,
      ),
    );
  }
  await writeBenchmarkPage(folder);
}

/** The same model has the same colour in every picture. */
const MODELS = ["hh-published", "s-lif2hh", "hh", "4lif", "lif", "ann"];

function drawLearningCurves(groups: readonly LearningGroup[], data: LearningData): Picture {
  const { task, solvedReturn } = groups[0]!;
  const environment = data.runs.find((run) => run.task === task)!.environment;
  const highest = Math.max(solvedReturn, ...groups.flatMap(({ curve }) => curve.value));
  const ordered = [...groups].sort((a, b) => rank(a.model) - rank(b.model));
  return drawLineChart({
    title: `${environment}, ${data.engine}, ${data.settings} settings${ordered.length === 1 ? `, ${ordered[0]!.model}` : ""}`,
    subtitle: `interquartile mean over the seeds and 95 % bootstrap band, ${data.evaluationEpisodes} episodes an evaluation`,
    x: { name: "Environment steps", min: 0 },
    heightPx: 440,
    panels: [
      {
        y: { name: "Return of the evaluation", min: 0, max: withHeadroom(highest) },
        levels: [{ name: `solved: ${solvedReturn}`, y: solvedReturn, at: "left" }],
        lines: ordered.map(({ model, seeds, curve }) => ({
          name: `${model} (${seeds})`,
          x: curve.steps,
          y: curve.value,
          colour: seriesColours[rank(model) % seriesColours.length]!,
          ...(curve.band === undefined
            ? {}
            : { band: { low: curve.band.map(([low]) => low), high: curve.band.map(([, high]) => high) } }),
        })),
      },
    ],
  });
}

function rank(model: string): number {
  const at = MODELS.indexOf(model);
  return at < 0 ? MODELS.length : at;
}

/** A round number some percent above: 1000 gives 1200, 9360 gives 10000. */
function withHeadroom(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x));
  const step = x < 2 * power ? power / 5 : 2 * power;
  return step * Math.ceil((1.05 * x) / step);
}
