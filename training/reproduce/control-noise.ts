import { join } from "node:path";
import { type Cell, cellsOf } from "../report/cells.ts";
import { type EvaluationRecord, readSweepData } from "../report/sweep-data.ts";
import { mean } from "../statistics/descriptive.ts";
import { robustnessStudy } from "../studies/robustness.ts";
import { SweepFolder } from "../sweep/sweep-folder.ts";
import {
  type ControlRun,
  controlExtent,
  controlModels,
  failureNotes,
  SETTINGS,
  trainControl,
} from "./control-runs.ts";
import { drawCurves } from "./curve-chart.ts";
import { defineFigure, type FigureOptions, type FigureResult, PAPER } from "./figure.ts";
import { judge } from "./verdict.ts";

const AXIS = "sensor-noise";

/** Policies under state noise. */
export const figureS22 = defineFigure({
  id: "s2.2",
  title: "Control under noise: InvertedDoublePendulum-v5",
  summary: "returns of trained policies under noise on what they observe",
  references: PAPER,
  claim:
    "Under noise HH and s-LIF2HH policies keep more of their return than LIF ones, and as much as LIF policies of four times the width.",
  needsData: false,
  run: runNoise,
});

async function runNoise(options: FigureOptions): Promise<FigureResult | undefined> {
  const { scale } = options;
  const models = SETTINGS.flatMap((settings) => controlModels(scale.models, settings, "double"));
  const runs = await trainControl(models, options);
  if (runs === undefined) return undefined;
  const tested = new Map<string, Cell[]>();
  for (const settings of SETTINGS) {
    const own = runs.filter(({ model }) => model.settings === settings);
    const evaluations = await testPolicies(own, `noise-${settings}`, settings, options);
    if (evaluations === undefined) return undefined;
    tested.set(settings, cellsOf(evaluations, 0));
  }
  const modelOf = (cell: Cell) => cell.agent.replace(/^.*?(single|double)-/, "");
  const judged = (settings: string) => {
    const noisy = tested.get(settings)!.filter(({ condition }) => (condition.severity ?? 0) > 0);
    return judge({
      scores: new Map(
        [...new Set(noisy.map(modelOf))].map((model) => [
          model,
          areas(noisy.filter((c) => modelOf(c) === model)),
        ]),
      ),
      margin: 455,
      show: (value) => value.toFixed(0),
    });
  };
  return {
    picture: drawCurves(
      "InvertedDoublePendulum-v5: return under noise on every observed state",
      "interquartile mean over runs, 95 % bootstrap band; policies trained without it",
      { x: "standard deviation of the noise", y: "return" },
      SETTINGS.map((settings) => ({
        title: settings,
        curves: [...new Set(tested.get(settings)!.map(modelOf))].map((model) => {
          const cells = tested
            .get(settings)!
            .filter((cell) => modelOf(cell) === model)
            .sort((a, b) => (a.condition.level ?? 0) - (b.condition.level ?? 0));
          return {
            model,
            x: cells.map(({ condition }) => condition.level ?? 0),
            value: cells.map(({ iqm }) => iqm.value),
            ...(cells.every(({ scores }) => scores.length > 1)
              ? { band: cells.map(({ iqm }) => iqm.ci95) }
              : {}),
          };
        }),
      })),
    ),
    rows: SETTINGS.flatMap((settings) =>
      tested.get(settings)!.flatMap((cell) =>
        cell.scores.map((score, run) => ({
          settings,
          model: modelOf(cell),
          run,
          level: cell.condition.level,
          severity: cell.condition.severity,
          meanReturn: score,
          spikesPerDecision: cell.spikesPerDecision,
        })),
      ),
    ),
    verdicts: { published: judged("published"), matched: judged("matched") },
    extent: `${controlExtent(options, "double")}; severities ${scale.severities.join(", ")} of ${AXIS}, ${scale.robustnessEpisodes} episodes each`,
    notes: [
      ...failureNotes(models, runs, options),
      "Judged by the mean return over the levels above 0; as good is no worse by more than 455, a twentieth of the return that solves the task.",
      ...(scale.trainNoise
        ? [
            "Policies trained under the published state and reward noise: spikegym study robustness, whose sweeps lie in the same folder.",
          ]
        : ["Training under the published noises is left to --scale full."]),
    ],
  };
}

/** Finished runs under sensor noise, by the sweep engine; undefined where it was stopped. */
export async function testPolicies(
  runs: readonly ControlRun[],
  name: string,
  settings: string,
  options: FigureOptions,
): Promise<readonly EvaluationRecord[] | undefined> {
  if (runs.length === 0) return [];
  const { scale } = options;
  const out = join(options.work, `${name}-${options.seeds}-seeds`);
  const study = await robustnessStudy.run(
    robustnessStudy.parameters.parse({
      settings,
      models: [...new Set(runs.map(({ model }) => model.neuron))],
      policies: runs.map((run) => run.out),
      engine: scale.engine,
      axes: [AXIS],
      severities: [...scale.severities],
      episodes: scale.robustnessEpisodes,
      trainNoise: scale.trainNoise && name.startsWith("noise-"),
      map: null,
    }),
    {
      out,
      report: join(out, "report"),
      seeds: options.seeds,
      workers: options.workers,
      signal: options.signal,
      onNote: options.onNote,
      onProgress: options.onProgress,
    },
  );
  if (options.signal.aborted || !study.complete) return undefined;
  return (await readSweepData(await SweepFolder.open(join(out, "tested")))).evaluations;
}

/** Mean return of each run over all conditions: the area under its curve. */
function areas(cells: readonly Cell[]): number[] {
  const runs = cells[0]?.scores.length ?? 0;
  return Array.from({ length: runs }, (_, run) => mean(cells.map(({ scores }) => scores[run]!)));
}
