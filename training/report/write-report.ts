import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { SpikegymError } from "../../core/errors.ts";
import { writeFileAtomically } from "../atomic-file.ts";
import { SweepFolder } from "../sweep/sweep-folder.ts";
import { type Cell, cellsOf } from "./cells.ts";
import { type CellReplays, recordCells } from "./record-cells.ts";
import { readRuns, renderRunsPage, runTables } from "./runs-page.ts";
import { readSweepData } from "./sweep-data.ts";
import { renderSweepPage } from "./sweep-page.ts";
import { openDatabase, type Table, tablesOf, writeCsv } from "./tables.ts";

export interface ReportOptions {
  /** Where it goes; `report` in the folder, if absent. */
  readonly out?: string;
  /** Of the bootstrap; 0 where absent. */
  readonly seed?: number;
  /** Recorded episodes at most; none where absent. */
  readonly replays?: number;
  /** Address that `spikegym view` serves at, for links to recorded episodes. */
  readonly viewerUrl?: string;
  /** A question to the tables, answered in `rows`. */
  readonly sql?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  readonly onNote?: (line: string) => void;
}

export interface Report {
  readonly html: string;
  /** CSV and, where DuckDB is there, Parquet. */
  readonly tables: readonly string[];
  readonly rows?: readonly Record<string, unknown>[];
}

/**
 * Writes the report of a sweep's folder, or of a folder of runs: `index.html`, its tables, and for a sweep the episodes
 * that its cells link to.
 *
 * @throws UsageError for a folder that is neither
 */
export async function writeReport(folder: string, options: ReportOptions = {}): Promise<Report> {
  const out = options.out ?? join(folder, "report");
  const { page, tables } = existsSync(join(folder, "sweep.json"))
    ? await reportSweep(folder, out, options)
    : await reportRuns(folder, options);
  const html = join(out, "index.html");
  await writeFileAtomically(html, page);
  const written = await writeCsv(out, tables);
  return { html, ...(await addDatabase(out, tables, written, options)) };
}

async function reportSweep(folder: string, out: string, options: ReportOptions) {
  const sweep = await SweepFolder.open(folder);
  const data = await readSweepData(sweep);
  const { seed = 0, replays: most = 0, viewerUrl = "" } = options;
  const cells = cellsOf(data.evaluations, seed);
  const replays =
    most === 0
      ? new Map<Cell, CellReplays>()
      : await recordCells(sweep, cells, join(out, "replays"), {
          most,
          ...(options.signal === undefined ? {} : { signal: options.signal }),
          ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
        });
  const viewer = { url: viewerUrl, folder: join(out, "replays") };
  const page = renderSweepPage({ record: sweep.record, data, cells, replays, viewer, seed });
  return { page, tables: tablesOf(data) };
}

async function reportRuns(folder: string, options: ReportOptions) {
  const runs = await readRuns(folder);
  return {
    page: renderRunsPage(runs, basename(resolve(folder)), options.seed ?? 0),
    tables: runTables(runs),
  };
}

/** Parquet and SQL; without DuckDB a report has CSV only, and says so. */
async function addDatabase(
  out: string,
  tables: readonly Table[],
  csv: readonly string[],
  { sql, onNote }: ReportOptions,
): Promise<Pick<Report, "tables" | "rows">> {
  const filled = tables.filter(({ rows }) => rows.length > 0);
  let database: Awaited<ReturnType<typeof openDatabase>>;
  try {
    database = await openDatabase(out, filled);
  } catch (error) {
    if (sql !== undefined || !(error instanceof SpikegymError)) throw error;
    onNote?.(error.message);
    return { tables: csv };
  }
  try {
    const parquet = await database.writeParquet();
    return {
      tables: [...csv, ...parquet],
      ...(sql === undefined ? {} : { rows: await database.query(sql) }),
    };
  } finally {
    database.close();
  }
}
