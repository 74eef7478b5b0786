import { z } from "zod";

/** Markdown of the generated pages. */

interface JsonField {
  readonly default?: unknown;
  readonly description?: string;
}

/** A column of its own in a table of parameters. */
export interface ParameterColumn {
  readonly title: string;
  cell(key: string): string;
}

/** The table of a schema's parameters: default, range and meaning; nothing where there are none. */
export function renderParameters(schema: z.ZodObject, column?: ParameterColumn): string[] {
  const json = z.toJSONSchema(schema, { io: "input" });
  const fields = Object.entries((json.properties ?? {}) as Readonly<Record<string, JsonField>>);
  if (fields.length === 0) return [];
  const rows = fields.map(([key, field]) => [
    `\`${key}\``,
    "default" in field ? formatValue(field.default) : "",
    formatRange(field as JsonRange),
    ...(column === undefined ? [] : [column.cell(key)]),
    field.description ?? "",
  ]);
  const titles = [
    "parameter",
    "default",
    "may be",
    ...(column === undefined ? [] : [column.title]),
    "meaning",
  ];
  return [renderTable([titles, ...rows])];
}

/** The part of JSON Schema that parameters use. */
interface JsonRange {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonRange[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
}

function formatRange(range: JsonRange): string {
  if (range.anyOf !== undefined) return range.anyOf.map(formatRange).join(" or ");
  if (range.enum !== undefined) return range.enum.map((x) => `\`${String(x)}\``).join(", ");
  if (range.properties !== undefined) return `\`{${Object.keys(range.properties).join(", ")}}\``;
  const bounds = [
    range.minimum !== undefined && range.minimum > Number.MIN_SAFE_INTEGER ? `>= ${range.minimum}` : "",
    range.exclusiveMinimum !== undefined ? `> ${range.exclusiveMinimum}` : "",
    range.maximum !== undefined && range.maximum < Number.MAX_SAFE_INTEGER ? `<= ${range.maximum}` : "",
    range.exclusiveMaximum !== undefined ? `< ${range.exclusiveMaximum}` : "",
  ].filter((text) => text !== "");
  const kind = range.type === "array" ? `${range.minItems ?? ""} numbers`.trim() : (range.type ?? "any");
  return `${kind} ${bounds.join(" and ")}`.trim();
}

export function renderTable(rows: readonly (readonly string[])[]): string {
  const [head, ...body] = rows.map(
    (row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`,
  );
  return [head, `|${" --- |".repeat(rows[0]!.length)}`, ...body].join("\n");
}

function formatValue(value: unknown): string {
  if (typeof value === "number") return formatNumber(value);
  if (Array.isArray(value)) return value.map(formatValue).join(", ");
  if (typeof value === "object" && value !== null) return `\`${JSON.stringify(value)}\``;
  return typeof value === "string" ? `\`${value}\`` : String(value);
}

export function formatNumber(x: number): string {
  return String(Number(x.toPrecision(7)));
}

/** As GitHub names headings. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}
