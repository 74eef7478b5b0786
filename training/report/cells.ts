import { Rng } from "../../core/rng.ts";
import { conditionalValueAtRisk, interquartileMean, optimalityGap } from "../statistics/aggregates.ts";
import { type Estimate, estimate } from "../statistics/bootstrap.ts";
import { mean } from "../statistics/descriptive.ts";
import type { Condition, EpisodeRow, EvaluationRecord } from "./sweep-data.ts";

/** A run's score under a condition. */
export interface ScoredRecord {
  readonly agent: string;
  readonly run: string;
  readonly condition: Condition;
  readonly score: number;
}

/** All runs of an agent under one condition. */
export interface ScoreCell<R extends ScoredRecord = ScoredRecord> {
  readonly agent: string;
  readonly condition: Condition;
  readonly records: readonly R[];
  /** One score a run. */
  readonly scores: readonly number[];
  /** Interquartile mean over the runs. */
  readonly iqm: Estimate;
}

/** The same with what its episodes were like. */
export interface Cell extends ScoreCell<EvaluationRecord> {
  /** Mean of the episodes' measures, over all runs. */
  readonly survival: number;
  readonly recoveryShare: number;
  readonly settlingS: number | null;
  readonly effort: number;
  readonly spikesPerDecision: number;
  /** The episode nearest the median return, and the worst. */
  readonly median: Episode;
  readonly worst: Episode;
}

/** One episode and what it was run in. */
export interface Episode {
  readonly record: EvaluationRecord;
  readonly row: EpisodeRow;
}

/** Agents and conditions in the order they first appear. */
export function scoreCells<R extends ScoredRecord>(records: readonly R[], seed: number): ScoreCell<R>[] {
  const groups = new Map<string, R[]>();
  for (const record of records) {
    const key = `${record.agent}\n${record.condition.key}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return [...groups].map(([key, group]) => {
    const { agent, condition } = group[0]!;
    const scores = runScores(group);
    const iqm = estimate([scores], interquartileMean, new Rng(seed).split(`cell/${key}`));
    return { agent, condition, records: group, scores, iqm };
  });
}

/** The cells of a sweep. */
export function cellsOf(records: readonly EvaluationRecord[], seed: number): Cell[] {
  return scoreCells(records, seed).map((cell) => {
    const rows = cell.records.flatMap((record) => record.episodes.map((row) => ({ record, row })));
    const sorted = [...rows].sort((a, b) => a.row.return - b.row.return);
    const settled = rows.flatMap(({ row }) => (row.settlingS === null ? [] : [row.settlingS]));
    const average = (of: (row: EpisodeRow) => number) => mean(rows.map(({ row }) => of(row)));
    return {
      ...cell,
      survival: average((row) => row.survival),
      recoveryShare: average((row) => row.recoveryShare),
      settlingS: settled.length === 0 ? null : mean(settled),
      effort: average((row) => row.effort),
      spikesPerDecision: mean(cell.records.map((record) => record.spikesPerDecision)),
      median: sorted[(sorted.length - 1) >> 1]!,
      worst: sorted[0]!,
    };
  });
}

/** One score a run, always in the order of the runs' names: the mean over its evaluations under the condition. */
function runScores(records: readonly ScoredRecord[]): number[] {
  const runs = new Map<string, number[]>();
  for (const { run, score } of records) runs.set(run, [...(runs.get(run) ?? []), score]);
  return [...runs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, scores]) => mean(scores));
}

/** What an agent is worth over all conditions; each condition is a task, and the runs under it its sample. */
export interface AgentSummary {
  readonly agent: string;
  readonly runs: number;
  readonly conditions: number;
  readonly iqm: Estimate;
  readonly optimalityGap: Estimate;
  readonly cvar: Estimate;
}

export function summariseAgents(cells: readonly ScoreCell[], target: number, seed: number): AgentSummary[] {
  return agentsOf(cells).map((agent) => {
    const own = cells.filter((cell) => cell.agent === agent);
    const strata = own.map(({ scores }) => scores);
    const over = (name: string, statistic: (scores: readonly number[]) => number) =>
      estimate(strata, statistic, new Rng(seed).split(`agent/${agent}/${name}`), { together: true });
    return {
      agent,
      runs: new Set(own.flatMap(({ records }) => records.map(({ run }) => run))).size,
      conditions: own.length,
      iqm: over("iqm", interquartileMean),
      optimalityGap: over("gap", (scores) => optimalityGap(scores, target)),
      cvar: over("cvar", (scores) => conditionalValueAtRisk(scores, 0.5)),
    };
  });
}

export function agentsOf(cells: readonly { readonly agent: string }[]): string[] {
  return [...new Set(cells.map(({ agent }) => agent))];
}
