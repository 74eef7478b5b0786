import { Rng } from "../../core/rng.ts";
import { averageCurves, measureCurve } from "../learning-curve.ts";
import {
  type ControlRun,
  type ControlTask,
  controlExtent,
  controlModels,
  failureNotes,
  SETTINGS,
  trainControl,
} from "./control-runs.ts";
import { drawCurves } from "./curve-chart.ts";
import { defineFigure, type FigureOptions, type FigureResult, PAPER } from "./figure.ts";
import { judge, type Verdict } from "./verdict.ts";

const ENVIRONMENTS = { single: "InvertedPendulum-v5", double: "InvertedDoublePendulum-v5" } as const;
/** Returns that solve them. */
const SOLVED = { single: 950, double: 9100 } as const;

const CLAIM =
  "HH and s-LIF2HH policies earn more than LIF policies of the same width and as much as LIF policies of four times the width.";

/** Learning curves of policies on the single pendulum. */
export const figure4h = controlFigure("4h", "single");
/** And on the double one. */
export const figure4i = controlFigure("4i", "double");

function controlFigure<Id extends string>(id: Id, task: ControlTask) {
  return defineFigure({
    id,
    title: `Control by SAC: ${ENVIRONMENTS[task]}`,
    summary: `learning curves of policies on ${ENVIRONMENTS[task]}`,
    references: PAPER,
    claim: CLAIM,
    needsData: false,
    run: (options) => runControl(task, options),
  });
}

async function runControl(task: ControlTask, options: FigureOptions): Promise<FigureResult | undefined> {
  const { scale } = options;
  const models = SETTINGS.flatMap((settings) => controlModels(scale.models, settings, task));
  const runs = await trainControl(models, options);
  if (runs === undefined) return undefined;
  const panels = SETTINGS.map((settings) => ({
    title: settings,
    curves: groupRuns(runs.filter(({ model }) => model.settings === settings)).map(([model, own]) => {
      const averaged = averageCurves(
        own.map(({ curve }) => curve),
        new Rng(`reproduce/${task}/${settings}/${model}`),
      );
      return {
        model,
        x: averaged.steps,
        value: averaged.value,
        ...(averaged.band === undefined ? {} : { band: averaged.band }),
      };
    }),
  }));
  const judged = (settings: string): Verdict =>
    judge({
      scores: new Map(
        groupRuns(runs.filter(({ model }) => model.settings === settings)).map(([model, own]) => [
          model,
          own.map(({ curve }) => measureCurve(curve, SOLVED[task]).area),
        ]),
      ),
      margin: SOLVED[task] / 20,
      show: (value) => value.toFixed(0),
    });
  return {
    picture: drawCurves(
      `${ENVIRONMENTS[task]}: native return of the mean action`,
      "interquartile mean over seeds, 95 % bootstrap band",
      { x: "environment steps", y: "return" },
      panels,
    ),
    rows: runs.flatMap(({ model, seed, curve }) =>
      curve.steps.map((step, i) => ({
        settings: model.settings,
        model: model.name,
        seed,
        step,
        meanReturn: curve.mean[i]!,
        worstReturn: curve.worst[i]!,
      })),
    ),
    verdicts: { published: judged("published"), matched: judged("matched") },
    extent: controlExtent(options, task),
    notes: [
      `Judged by the area under the curve (mean of all evaluations); as good is no worse by more than ${SOLVED[task] / 20}, a twentieth of the return that solves the task.`,
      "`hh-published` is the paper's program: its gate rates are random constants, a leaky integrator without reset.",
      ...failureNotes(models, runs, options),
    ],
  };
}

/** Runs by model, in their order. */
export function groupRuns(runs: readonly ControlRun[]): [model: string, runs: ControlRun[]][] {
  const names = [...new Set(runs.map(({ model }) => model.name))];
  return names.map((name) => [name, runs.filter(({ model }) => model.name === name)]);
}
