import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FileError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { writeFileAtomically } from "../atomic-file.ts";
import { describeMachine, type Machine } from "../machine.ts";
import { type Picture, renderSvg } from "../plots/render-svg.ts";
import { html, page } from "../report/html.ts";
import { formatCsv } from "../report/tables.ts";
import { currentVersions } from "../run-folder.ts";
import { type FigureDefinition, type FigureResult, type FigureRow, READING } from "./figure.ts";
import { chartScript, liveChart } from "./interactive.ts";

const verdictSchema = z.strictObject({
  holds: z.enum(["holds", "does not hold", "undecided"]),
  sentence: z.string(),
});

const recordSchema = z.strictObject({
  figure: z.string(),
  title: z.string(),
  claim: z.string(),
  scale: z.string(),
  seeds: z.number().int(),
  command: z.string(),
  extent: z.string(),
  verdicts: z.strictObject({ published: verdictSchema, matched: verdictSchema }),
  notes: z.array(z.string()),
  /** Of this start of the command: runs that were there already cost nothing again. */
  wallSeconds: z.number(),
  machine: z.custom<Machine>((value) => typeof value === "object" && value !== null),
  versions: z.record(z.string(), z.string()),
  rows: z.array(z.custom<FigureRow>((value) => typeof value === "object" && value !== null)),
  picture: z.custom<Picture>((value) => typeof value === "object" && value !== null),
});

/** A finished figure, `<id>.json`: everything its pages are made of. */
export type FigureRecord = z.output<typeof recordSchema>;

/** What a figure was made by. */
export interface Making {
  readonly scale: string;
  readonly seeds: number;
  readonly command: string;
  readonly wallSeconds: number;
}

export interface FigureFiles {
  readonly figure: string;
  readonly table: string;
  readonly html: string;
  readonly json: string;
}

/** Writes `<id>.svg`, `.csv`, `.json` and a page of its own that answers to the mouse. */
export async function writeFigure(
  folder: string,
  { id, title, claim }: FigureDefinition,
  result: FigureResult,
  making: Making,
): Promise<FigureFiles> {
  const { picture, rows, verdicts, extent, notes } = result;
  const record: FigureRecord = {
    figure: id,
    title,
    claim,
    ...making,
    extent,
    verdicts,
    notes: [...notes, READING],
    machine: describeMachine(),
    versions: { ...currentVersions() },
    rows: [...rows],
    picture,
  };
  const stem = join(folder, id);
  await writeFileAtomically(`${stem}.svg`, renderSvg(picture));
  await writeFileAtomically(`${stem}.csv`, formatCsv(rows));
  await writeFileAtomically(`${stem}.json`, `${JSON.stringify(record, null, 1)}\n`);
  const body = html`<h1>${title}</h1>${showFigure(record)}${await chartScript()}`;
  await writeFileAtomically(`${stem}.html`, page(`Figure ${id}`, body));
  return { figure: `${stem}.svg`, table: `${stem}.csv`, html: `${stem}.html`, json: `${stem}.json` };
}

export async function readFigure(path: string): Promise<FigureRecord> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new FileError(`${path} is cut off or no JSON; remove it, and spikegym reproduce writes it anew`);
  }
  return parse(recordSchema, value, path);
}

/** Claim, verdicts, chart, extent and command, as they stand on every page. */
export function showFigure({
  figure,
  picture,
  claim,
  verdicts,
  extent,
  scale,
  command,
  notes,
}: FigureRecord) {
  return html`<p><strong>The paper claims:</strong> ${claim}</p>
<p><strong>Under published settings, scale ${scale}: ${verdicts.published.holds}.</strong> ${verdicts.published.sentence}</p>
<p><strong>Under matched settings, scale ${scale}: ${verdicts.matched.holds}.</strong> ${verdicts.matched.sentence}</p>
${liveChart(figure, picture)}
<p class="muted">Scale ${scale}: ${extent}. <code>${command}</code></p>
<ul class="muted">${notes.map((note) => html`<li>${note}</li>`)}</ul>`;
}
