import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { formatEstimate, round } from "../format-estimate.ts";
import { type LearningCurve, measureCurve, readLearningCurve } from "../learning-curve.ts";
import { drawLineChart } from "../plots/line-chart.ts";
import { renderSvg } from "../plots/render-svg.ts";
import { readRunRecord } from "../run-folder.ts";
import { interquartileMean } from "../statistics/aggregates.ts";
import { bootstrapBand, estimate, resample } from "../statistics/bootstrap.ts";
import { Html, html, page } from "./html.ts";

import type { Table } from "./tables.ts";

/** One run folder. */
export interface RunData {
  readonly path: string;
  /** Runs of one preset and configuration differ in their seed only. */
  readonly group: string;
  readonly seed: number;
  readonly environment: string;
  readonly threshold: number | null;
  readonly curve: LearningCurve;
}

/** The run folders in a folder, or the folder itself. @throws UsageError where there are none */
export async function readRuns(folder: string): Promise<RunData[]> {
  const paths = await findRuns(folder, 4);
  if (paths.length === 0) {
    throw new UsageError(
      `${folder} holds neither a sweep nor a run; expected a folder with sweep.json or config.json`,
    );
  }
  const records = await Promise.all(paths.map(async (path) => ({ path, ...(await readRunRecord(path)) })));
  // Two configurations of one preset are told apart by a number.
  const variants = new Map<string, string[]>();
  const runs: RunData[] = [];
  for (const { path, config } of records) {
    const { seed, ...rest } = config;
    const known = variants.get(config.preset) ?? [];
    const text = JSON.stringify(rest);
    if (!known.includes(text)) known.push(text);
    variants.set(config.preset, known);
    const variant = known.indexOf(text);
    runs.push({
      path: relative(folder, path) || path,
      group: variant === 0 ? config.preset : `${config.preset} (${variant + 1})`,
      seed,
      environment: config.environment.id,
      threshold: await thresholdOf(path),
      curve: await readLearningCurve(path),
    });
  }
  return runs;
}

async function findRuns(folder: string, depth: number): Promise<string[]> {
  if (existsSync(join(folder, "config.json")) && existsSync(join(folder, "metrics.jsonl"))) return [folder];
  if (depth === 0 || !existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const inner = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  const found = await Promise.all(inner.map(({ name }) => findRuns(join(folder, name), depth - 1)));
  return found.flat().sort();
}

async function thresholdOf(run: string): Promise<number | null> {
  const file = join(run, "summary.json");
  if (!existsSync(file)) return null;
  const { solvedReturn } = JSON.parse(await readFile(file, "utf8")) as { solvedReturn?: number };
  return solvedReturn ?? null;
}

/** A row an evaluation, and a row a run. */
export function runTables(runs: readonly RunData[]): Table[] {
  return [
    { name: "runs", rows: runs.map((run) => ({ ...identify(run), ...measuresOf(run) })) },
    {
      name: "evaluations",
      rows: runs.flatMap((run) =>
        run.curve.steps.map((step, i) => ({
          ...identify(run),
          step,
          meanReturn: run.curve.mean[i]!,
          worstReturn: run.curve.worst[i]!,
        })),
      ),
    },
  ];
}

function identify({ path, group, seed, environment }: RunData) {
  return { run: path, group, seed, environment };
}

function measuresOf({ curve, threshold }: RunData) {
  if (curve.steps.length === 0) return { final: null, best: null, area: null, solvedAtStep: null };
  const { final, best, area, solvedAtStep } = measureCurve(curve, threshold ?? Number.POSITIVE_INFINITY);
  return { final, best, area, solvedAtStep };
}

/** The report of plain runs: learning curves by group, and what each run came to. */
export function renderRunsPage(runs: readonly RunData[], title: string, seed: number): string {
  const groups = [...new Set(runs.map(({ group }) => group))];
  const environments = [...new Set(runs.map(({ environment }) => environment))];
  return page(
    `${title}: runs`,
    html`<h1>${title}</h1>
<p class="muted">${runs.length} runs. The sample is the run: curves are interquartile means of the runs' evaluations, bands 95 % bootstrap intervals (seed ${seed}); of a single run there is none.</p>
${environments.map((environment) =>
  renderCurves(
    runs.filter((run) => run.environment === environment),
    environment,
    seed,
  ),
)}
<h2>By group</h2><div class="wide"><table><tr><th>group</th><th>runs</th><th>last evaluation, IQM</th><th>best, IQM</th><th>solved</th></tr>
${groups.map((group) =>
  renderGroup(
    runs.filter((run) => run.group === group && run.curve.steps.length > 0),
    group,
    seed,
  ),
)}</table></div>
<h2>Runs</h2><div class="wide"><table><tr><th>run</th><th class="text">group</th><th>seed</th><th>last</th><th>best</th><th>mean of all</th><th>solved at step</th></tr>
${runs.map((run) => {
  const { final, best, area, solvedAtStep } = measuresOf(run);
  const show = (x: number | null) => (x === null ? "–" : round(x));
  return html`<tr><td>${run.path}</td><td class="text">${run.group}</td><td>${run.seed}</td><td>${show(final)}</td><td>${show(best)}</td><td>${show(area)}</td><td>${solvedAtStep ?? "–"}</td></tr>`;
})}</table></div>`,
  );
}

function renderGroup(runs: readonly RunData[], group: string, seed: number): Html {
  if (runs.length === 0) return html`<tr><td>${group}</td><td>0</td><td>–</td><td>–</td><td>–</td></tr>`;
  const measures = runs.map(measuresOf);
  const show = (name: "final" | "best") => {
    const rng = new Rng(seed).split(`${group}/${name}`);
    return formatEstimate(estimate([measures.map((one) => one[name]!)], interquartileMean, rng));
  };
  const solved = measures.filter(({ solvedAtStep }) => solvedAtStep !== null).length;
  return html`<tr><td>${group}</td><td>${runs.length}</td><td>${show("final")}</td><td>${show("best")}</td><td>${solved} of ${runs.length}</td></tr>`;
}

function renderCurves(runs: readonly RunData[], environment: string, seed: number): Html | string {
  const groups = [...new Set(runs.filter(({ curve }) => curve.steps.length > 0).map(({ group }) => group))];
  if (groups.length === 0) return "";
  const threshold = runs.find((run) => run.threshold !== null)?.threshold;
  const lines = groups.map((group) => {
    const curves = runs.filter((run) => run.group === group).map(({ curve }) => curve);
    // As far as any run has come; a run that has ended has no say in what comes after.
    const steps = [...new Set(curves.flatMap((curve) => curve.steps))].sort((a, b) => a - b);
    const at = (step: number) =>
      curves.flatMap(({ steps, mean }) => {
        const i = steps.indexOf(step);
        return i < 0 ? [] : [mean[i]!];
      });
    const rng = new Rng(seed).split(`curve/${group}`);
    const bands = steps.map((step) => {
      const values = at(step);
      return bootstrapBand(() => [interquartileMean(resample([values], rng).flat())], { resamples: 500 })[0]!;
    });
    return {
      name: group,
      x: steps,
      y: steps.map((step) => interquartileMean(at(step))),
      ...(curves.length > 1
        ? { band: { low: bands.map(([low]) => low), high: bands.map(([, high]) => high) } }
        : {}),
    };
  });
  const picture = drawLineChart({
    title: `Learning curves on ${environment}`,
    x: { name: "environment steps" },
    panels: [
      {
        y: { name: "return of evaluations" },
        lines,
        ...(threshold === undefined || threshold === null
          ? {}
          : { levels: [{ name: "solved", y: threshold }] }),
      },
    ],
    widthPx: 900,
    heightPx: 420,
  });
  return html`<h2>${environment}</h2><figure>${new Html(renderSvg(picture))}</figure>`;
}
