import { Rng } from "../../core/rng.ts";
import { formatEstimate, round } from "../format-estimate.ts";
import { perturbations } from "../perturbations/index.ts";
import { renderSvg } from "../plots/render-svg.ts";
import { probabilityOfImprovement } from "../statistics/probability-of-improvement.ts";
import type { SweepRecord } from "../sweep/sweep-folder.ts";
import { agentsOf, type Cell, summariseAgents } from "./cells.ts";
import { Html, html, page, shade } from "./html.ts";
import { mapFigure } from "./map-figure.ts";
import { drawProfile } from "./profile-chart.ts";
import type { CellReplays } from "./record-cells.ts";
import { drawSeverityChart, type Sweep } from "./severity-charts.ts";
import type { SweepData } from "./sweep-data.ts";

export interface PageInput {
  readonly record: SweepRecord;
  readonly data: SweepData;
  readonly cells: readonly Cell[];
  readonly replays: ReadonlyMap<Cell, CellReplays>;
  /** Where `spikegym view` serves the recorded episodes, and the folder it must be given. */
  readonly viewer: { readonly url: string; readonly folder: string };
  /** Of the bootstrap. */
  readonly seed: number;
}

/** The report of a sweep as one HTML page. */
export function renderSweepPage(input: PageInput): string {
  const { record, data, cells } = input;
  const threshold = data.evaluations.find((one) => Number.isFinite(one.threshold))?.threshold ?? Number.NaN;
  const episodes = data.evaluations.reduce((sum, one) => sum + one.episodes.length, 0);
  const missing = data.missing === 0 ? "" : ` ${data.missing} of ${data.trials} trials have no result yet.`;
  const recorded = [...input.replays.values()].some(({ median }) => median !== null);
  return page(
    `${record.name}: sweep report`,
    html`<h1>${record.name}</h1>
<p class="muted">${count(data.evaluations.length, "evaluation")}, ${count(episodes, "episode")}, ${count(data.maps.length, "stability map")}; code ${shortCode(record.code)}.${missing}
The sample is the run: each score is a run's mean return under one condition, bands and brackets are 95 % bootstrap intervals (seed ${input.seed}) in which a run is drawn with all its conditions. Of a single run there is no interval over runs.</p>
${recorded ? html`<p class="muted links">Links open the recorded episode in the viewer, while <code>spikegym view ${input.viewer.folder}</code> is running: <b>m</b> the episode nearest the median, <b>w</b> the worst.</p>` : ""}
${renderSummary(cells, threshold, input.seed)}
${renderHeat(input, threshold)}
${renderCurves(input, threshold)}
${renderCrossed(input, threshold)}
${cells.length > 1 ? html`<h2>Performance profile</h2><figure class="chart">${svg(drawProfile(cells, input.seed))}</figure>` : ""}
${renderMaps(data)}
${renderCells(input)}`,
  );
}

function count(n: number, what: string): string {
  return `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
}

/** Seven digits of a commit tell it. */
function shortCode(code: string): string {
  return code.replace(/@([0-9a-f]{7})[0-9a-f]+/, "@$1");
}

function svg(picture: Parameters<typeof renderSvg>[0]): Html {
  return new Html(renderSvg(picture));
}

function renderSummary(cells: readonly Cell[], threshold: number, seed: number): Html | string {
  if (cells.length === 0) return "";
  const target = Number.isFinite(threshold) ? threshold : Math.max(...cells.flatMap(({ scores }) => scores));
  const agents = summariseAgents(cells, target, seed);
  return html`<h2>Over all conditions</h2>
<div class="wide"><table>
<tr><th>agent</th><th>runs</th><th>conditions</th><th>episodes</th><th>IQM of return</th><th>gap to ${round(target)}</th><th>CVaR 0.5 (worse half)</th></tr>
${agents.map(
  (one) =>
    html`<tr><td>${one.agent}</td><td>${one.runs}</td><td>${one.conditions}</td><td>${countEpisodes(cells, one.agent)}</td><td>${formatEstimate(one.iqm)}</td><td>${formatEstimate(one.optimalityGap)}</td><td>${formatEstimate(one.cvar)}</td></tr>`,
)}
</table></div>
${renderImprovement(cells, seed)}`;
}

function countEpisodes(cells: readonly Cell[], agent: string): number {
  const records = cells.filter((cell) => cell.agent === agent).flatMap((cell) => cell.records);
  return records.reduce((sum, { episodes }) => sum + episodes.length, 0);
}

/** P(row > column), for conditions that both have. */
function renderImprovement(cells: readonly Cell[], seed: number): Html | string {
  const agents = agentsOf(cells);
  if (agents.length < 2) return "";
  const scoresOf = (agent: string) =>
    new Map(cells.filter((cell) => cell.agent === agent).map((cell) => [cell.condition.key, cell.scores]));
  const row = (x: string) =>
    agents.map((y) => {
      if (x === y) return html`<td class="muted">–</td>`;
      const [a, b] = [scoresOf(x), scoresOf(y)];
      const shared = [...a.keys()].filter((key) => b.has(key));
      if (shared.length === 0) return html`<td></td>`;
      const p = probabilityOfImprovement(
        shared.map((key) => a.get(key)!),
        shared.map((key) => b.get(key)!),
        new Rng(seed).split(`improvement/${x}/${y}`),
        { resamples: 500, together: true },
      );
      return html`<td>${formatEstimate(p, (x) => x.toFixed(2))}</td>`;
    });
  return html`<h3>Probability that a run of the row scores higher than one of the column</h3>
<div class="wide"><table><tr><th></th>${agents.map((name) => html`<th>${name}</th>`)}</tr>
${agents.map((x) => html`<tr><td>${x}</td>${row(x)}</tr>`)}</table></div>`;
}

/** Agents and perturbations x severity. */
function renderHeat(input: PageInput, threshold: number): Html | string {
  const cells = input.cells.filter(({ condition }) => condition.severity !== null);
  if (cells.length === 0) return "";
  const severities = [...new Set(cells.map((cell) => round(cell.condition.severity!)))].sort(
    (a, b) => Number(a) - Number(b),
  );
  const axes = [...new Set(cells.map((cell) => cell.condition.perturbation!))];
  const most = Number.isFinite(threshold) ? threshold : Math.max(...cells.map(({ iqm }) => iqm.value));
  const table = (agent: string) => html`<h3>${agent}</h3><div class="wide"><table class="heat">
<tr><th>perturbation</th>${severities.map((s) => html`<th>${s}</th>`)}</tr>
${axes.map(
  (axis) =>
    html`<tr><td>${axis}</td>${severities.map((severity) => {
      const found = cells.filter(
        ({ condition, agent: of }) =>
          of === agent && condition.perturbation === axis && round(condition.severity!) === severity,
      );
      return found.length === 0 ? html`<td></td>` : heatCell(found[0]!, most, input);
    })}</tr>`,
)}</table></div>`;
  return html`<h2>Return by perturbation and severity</h2>
<p class="muted">Interquartile mean over the runs; 0 is no perturbation, 5 the worst of the axis' scale; the bluer, the nearer to ${round(most)}.</p>
${agentsOf(cells).map(table)}`;
}

function heatCell(cell: Cell, most: number, input: PageInput): Html {
  const { value } = cell.iqm;
  return html`<td style="${shade(value / most)}">${round(value)} ${links(cell, input)}</td>`;
}

function renderCurves(input: PageInput, threshold: number): Html | string {
  const cells = input.cells.filter(({ condition }) => condition.perturbation !== null);
  const axes = [...new Set(cells.map((cell) => cell.condition.perturbation!))];
  const charts = axes.flatMap((axis) => {
    const own = cells.filter(({ condition }) => condition.perturbation === axis);
    if (new Set(own.map(({ condition }) => condition.level)).size < 2) return [];
    const sweep: Sweep = {
      name: axis,
      unit: perturbations.get(axis).unit,
      cells: own,
      amount: ({ condition }) => condition.level!,
    };
    return [html`<figure class="chart">${svg(drawSeverityChart(sweep, threshold))}</figure>`];
  });
  return charts.length === 0 ? "" : html`<h2>Severity curves</h2><div class="charts">${charts}</div>`;
}

/** Axes that were crossed: one, a curve; two, a heat map. */
function renderCrossed(input: PageInput, threshold: number): Html | string {
  const cells = input.cells.filter(({ condition }) => condition.perturbation === null);
  const axes = [...new Set(cells.flatMap(({ condition }) => Object.keys(condition.crossed)))];
  const numeric = axes.filter((axis) =>
    cells.every(({ condition }) => typeof condition.crossed[axis] === "number"),
  );
  const [first, second] = numeric;
  if (first === undefined) return "";
  const valuesOf = (axis: string) =>
    [...new Set(cells.map(({ condition }) => condition.crossed[axis] as number))].sort((a, b) => a - b);
  if (second === undefined) {
    const sweep: Sweep = {
      name: first,
      unit: first.endsWith(".level") ? "level" : "severity",
      cells,
      amount: ({ condition }) => condition.crossed[first] as number,
    };
    if (valuesOf(first).length < 2) return "";
    return html`<h2>Return over ${first}</h2><figure class="chart">${svg(drawSeverityChart(sweep, threshold))}</figure>`;
  }
  const most = Number.isFinite(threshold) ? threshold : Math.max(...cells.map(({ iqm }) => iqm.value));
  // Designs that fill space have a value of their own for each point: such a table would have one entry a row.
  if (valuesOf(first).length * valuesOf(second).length > 4 * cells.length) return "";
  return html`<h2>Return over ${first} and ${second}</h2>
${agentsOf(cells).map(
  (agent) => html`<h3>${agent}</h3><div class="wide"><table class="heat">
<tr><th>${first} \\ ${second}</th>${valuesOf(second).map((value) => html`<th>${round(value)}</th>`)}</tr>
${valuesOf(first).map(
  (row) =>
    html`<tr><td>${round(row)}</td>${valuesOf(second).map((column) => {
      const cell = cells.find(
        ({ agent: of, condition }) =>
          of === agent && condition.crossed[first] === row && condition.crossed[second] === column,
      );
      return cell === undefined ? html`<td></td>` : heatCell(cell, most, input);
    })}</tr>`,
)}</table></div>`,
)}`;
}

function renderMaps({ maps }: SweepData): Html | string {
  if (maps.length === 0) return "";
  return html`<h2>Stability maps</h2>
<p class="muted">Starts with the poles in line, the cart in the middle and at rest. The regulator sees the true state; the agents see what their sensors show.</p>
<div class="charts">${agentsOf(maps).map((agent) =>
    mapFigure(
      agent,
      maps.filter((map) => map.agent === agent),
    ),
  )}</div>`;
}

function renderCells(input: PageInput): Html | string {
  if (input.cells.length === 0) return "";
  const table = (cells: readonly Cell[]) => html`<div class="wide"><table>
<tr><th>condition</th><th>runs</th><th>return, IQM</th><th>survival</th><th>recovered</th><th>settling, s</th><th>effort, N</th><th>spikes a decision</th><th><span class="links">episodes</span></th></tr>
${cells.map(
  (cell) =>
    html`<tr><td>${describeCondition(cell)}</td><td>${cell.scores.length}</td><td>${formatEstimate(cell.iqm)}</td><td>${cell.survival.toFixed(2)}</td><td>${cell.recoveryShare.toFixed(2)}</td><td>${cell.settlingS === null ? "–" : cell.settlingS.toFixed(2)}</td><td>${cell.effort.toFixed(1)}</td><td>${Number.isFinite(cell.spikesPerDecision) ? round(cell.spikesPerDecision) : "–"}</td><td>${links(cell, input)}</td></tr>`,
)}</table></div>`;
  return html`<h2>Every condition</h2>
${agentsOf(input.cells).map((agent) => html`<h3>${agent}</h3>${table(input.cells.filter((cell) => cell.agent === agent))}`)}`;
}

function describeCondition({ condition }: Cell): string {
  const parts = Object.entries(condition.crossed).map(([name, value]) => `${name} ${String(value)}`);
  if (condition.perturbation !== null) parts.unshift(`${condition.perturbation} ${round(condition.level!)}`);
  return parts.length === 0 ? "unperturbed" : parts.join(", ");
}

function links(cell: Cell, { replays, viewer }: PageInput): Html {
  const made = replays.get(cell);
  const link = (letter: string, file: string | null, title: string) =>
    file === null
      ? ""
      : html` <a href="${viewer.url}?src=${encodeURIComponent(`replays/${file}`)}" title="${title}">${letter}</a>`;
  return html`<span class="links">${link("m", made?.median ?? null, `median: return ${round(cell.median.row.return)}, seed ${cell.median.row.seed}`)}${link("w", made?.worst ?? null, `worst: return ${round(cell.worst.row.return)}, seed ${cell.worst.row.seed}`)}</span>`;
}
