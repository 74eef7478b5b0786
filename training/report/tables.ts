import { join } from "node:path";
import { SpikegymError } from "../../core/errors.ts";
import { writeFileAtomically } from "../atomic-file.ts";
import type { SweepData } from "./sweep-data.ts";

type Value = string | number | boolean | null;
type Row = Readonly<Record<string, Value>>;

/** A table that is written out. */
export interface Table {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** A row an episode, and a row a trial. */
export function tablesOf({ evaluations }: SweepData): Table[] {
  const trialOf = (record: SweepData["evaluations"][number]): Row => {
    const { trial, agent, run, environment, engine, condition } = record;
    return {
      trial: trial.id,
      agent,
      run,
      environment,
      engine,
      perturbation: condition.perturbation,
      level: condition.level,
      severity: condition.severity,
      ...Object.fromEntries(
        Object.entries(condition.crossed).map(([name, value]) => [
          name,
          typeof value === "object" ? JSON.stringify(value) : (value as Value),
        ]),
      ),
    };
  };
  return [
    {
      name: "trials",
      rows: evaluations.map((record) => ({
        ...trialOf(record),
        episodes: record.episodes.length,
        meanReturn: record.score,
        spikesPerDecision: Number.isFinite(record.spikesPerDecision) ? record.spikesPerDecision : null,
        threshold: Number.isFinite(record.threshold) ? record.threshold : null,
      })),
    },
    {
      name: "episodes",
      rows: evaluations.flatMap((record) =>
        record.episodes.map((episode) => ({ ...trialOf(record), ...(episode as Row) })),
      ),
    },
  ];
}

/** RFC 4180; an empty field is a missing value. */
export function formatCsv(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const field = (value: Value | undefined) => {
    if (value === null || value === undefined) return "";
    const text = String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[columns.map(field), ...rows.map((row) => columns.map((column) => field(row[column])))]
    .map((fields) => fields.join(","))
    .join("\n")}\n`;
}

function columnsOf(rows: readonly Row[]): string[] {
  const columns = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row)) columns.add(name);
  return [...columns];
}

function typeOf(column: string, rows: readonly Row[]): "DOUBLE" | "BOOLEAN" | "VARCHAR" {
  const kinds = new Set(
    rows.flatMap((row) => (row[column] === null || row[column] === undefined ? [] : [typeof row[column]])),
  );
  if (kinds.size !== 1) return "VARCHAR";
  return kinds.has("number") ? "DOUBLE" : kinds.has("boolean") ? "BOOLEAN" : "VARCHAR";
}

/** Writes `<name>.csv` of each; returns the paths. */
export async function writeCsv(folder: string, tables: readonly Table[]): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, rows } of tables) {
    const path = join(folder, `${name}.csv`);
    await writeFileAtomically(path, formatCsv(rows));
    paths.push(path);
  }
  return paths;
}

/**
 * The tables in DuckDB, an optional part: for Parquet files and questions in SQL.
 *
 * @throws SpikegymError that says how to get it
 */
export async function openDatabase(folder: string, tables: readonly Table[]) {
  const names = tables.map(({ name }) => name);
  let duckdb: typeof import("@duckdb/node-api");
  try {
    duckdb = await import("@duckdb/node-api");
  } catch (error) {
    throw new SpikegymError(
      `Parquet and --sql need an optional package; add it with: npm install @duckdb/node-api (${(error as Error).message.split("\n")[0]})`,
    );
  }
  const instance = await duckdb.DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  for (const { name, rows } of tables) {
    const columns = columnsOf(rows).map((column) => `${quote(column)}: '${typeOf(column, rows)}'`);
    const csv = quote(join(folder, `${name}.csv`));
    await connection.run(
      `CREATE TABLE ${name} AS SELECT * FROM read_csv(${csv}, header = true, columns = {${columns.join(", ")}})`,
    );
  }
  return {
    /** Writes `<name>.parquet` beside each CSV; returns the paths. */
    async writeParquet(): Promise<string[]> {
      const paths = names.map((name) => join(folder, `${name}.parquet`));
      for (const [i, name] of names.entries()) {
        await connection.run(`COPY ${name} TO ${quote(paths[i]!)} (FORMAT parquet, COMPRESSION zstd)`);
      }
      return paths;
    },
    /** @throws SpikegymError with DuckDB's complaint */
    async query(sql: string): Promise<Record<string, unknown>[]> {
      try {
        const reader = await connection.runAndReadAll(sql);
        return reader.getRowObjectsJS().map((row) =>
          // Counts come as 64-bit integers, which JSON does not know.
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [
              name,
              typeof value === "bigint" ? Number(value) : value,
            ]),
          ),
        );
      } catch (error) {
        throw new SpikegymError(
          `--sql: ${(error as Error).message.split("\n")[0]} (tables: ${names.join(", ")})`,
        );
      }
    },
    close(): void {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
