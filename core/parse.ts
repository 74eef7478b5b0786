import type { z } from "zod";
import { nearest, UsageError } from "./errors.ts";

/**
 * Parses hostile input by a schema; the error is one line: where, what was got, what is expected, the nearest key.
 *
 * @param where what is being parsed, e.g. `environment "InvertedPendulum-v5"`
 * @param within where in it the value stands, e.g. `algorithm.parameters`: the message's path starts there
 */
export function parse<S extends z.ZodType>(
  schema: S,
  value: unknown,
  where: string,
  within = "",
): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const path = [...(within === "" ? [] : [within]), ...issue.path].join(".");
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const known = knownKeys(schema, issue.path);
    const near = nearest(key, known);
    const full = path === "" ? key : `${path}.${key}`;
    throw new UsageError(
      `${where}: unknown key "${full}"${near === undefined ? "" : `; did you mean "${near}"?`}` +
        (known.length > 0 ? ` (known: ${known.join(", ")})` : ""),
    );
  }
  const got = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
  throw new UsageError(
    `${where}: ${path === "" ? "the value" : `"${path}"`} is ${show(got)}: ${issue.message}`,
  );
}

function show(value: unknown): string {
  const text =
    value === undefined ? "missing" : typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const key of path) at = unwrap(shapeOf(at)?.[String(key)]);
  return Object.keys(shapeOf(at) ?? {});
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  return (unwrap(schema) as { shape?: Record<string, unknown> } | undefined)?.shape;
}

/** Looks through `.default()`, `.optional()` and friends. */
function unwrap(schema: unknown): unknown {
  let at = schema as { def?: { innerType?: unknown } } | undefined;
  while (at?.def?.innerType !== undefined) at = at.def.innerType as typeof at;
  return at;
}
