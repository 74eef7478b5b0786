import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { recordPolicy } from "../evaluate-policy.ts";
import { loadPolicy, type Policy } from "../policy.ts";
import { conditionsOf } from "../sweep/run-trial.ts";
import type { SweepFolder } from "../sweep/sweep-folder.ts";
import type { Cell, Episode } from "./cells.ts";

export interface RecordOptions {
  /** Files at most; those beyond are left out. */
  readonly most: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** The recorded episodes of a cell; null where none was made. */
export interface CellReplays {
  readonly median: string | null;
  readonly worst: string | null;
}

/**
 * Records the episode nearest a cell's median and its worst one, for every cell: each is run once more under the same
 * conditions and seed, which gives the same episode. What is there already is kept.
 *
 * @param folder where the files go; @returns their names, by cell
 */
export async function recordCells(
  sweep: SweepFolder,
  cells: readonly Cell[],
  folder: string,
  options: RecordOptions,
): Promise<Map<Cell, CellReplays>> {
  const jobs = cells.flatMap((cell) => [cell.median, cell.worst]);
  const names = new Map<Episode, string>();
  for (const episode of jobs) names.set(episode, fileName(episode));
  // The worst may be the median one, and a file be wanted twice; policy by policy, so that each is loaded once.
  const wanted = [...new Map([...names].map(([episode, name]) => [name, episode]))]
    .slice(0, options.most)
    .sort(([, a], [, b]) => pathOf(sweep, a).localeCompare(pathOf(sweep, b)));
  await mkdir(folder, { recursive: true });
  const made = new Set<string>();
  let policy: { readonly path: string; readonly policy: Policy } | undefined;
  try {
    for (const [done, [name, episode]] of wanted.entries()) {
      options.signal?.throwIfAborted();
      options.onProgress?.(done, wanted.length);
      const path = join(folder, name);
      if (!existsSync(path)) {
        const from = pathOf(sweep, episode);
        if (policy?.path !== from) {
          policy?.policy.agent.dispose();
          policy = { path: from, policy: await loadPolicy(from) };
        }
        const { trial } = episode.record;
        await recordPolicy(policy.policy, {
          ...conditionsOf(trial),
          path,
          seeds: [episode.row.seed],
          networkSeed: trial.seed,
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        });
      }
      made.add(name);
    }
  } finally {
    policy?.policy.agent.dispose();
  }
  options.onProgress?.(wanted.length, wanted.length);
  const madeOf = (episode: Episode) => (made.has(fileName(episode)) ? fileName(episode) : null);
  return new Map(cells.map((cell) => [cell, { median: madeOf(cell.median), worst: madeOf(cell.worst) }]));
}

function fileName({ record, row }: Episode): string {
  return `${record.trial.id}-${row.seed}.mcap`;
}

function pathOf(sweep: SweepFolder, { record }: Episode): string {
  const { policy } = record.trial;
  return "path" in policy ? policy.path : join(sweep.trialPath(policy.trial), "run");
}
