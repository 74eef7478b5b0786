import { z } from "zod";
import { formatTable } from "./output.ts";

/** The parameters of a schema for a help text: one line each, with its default and what it is. */
export function formatParameters(schema: z.ZodObject): string {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input" });
  return formatTable(
    Object.entries(properties).map(([name, field]) => {
      const { default: value, description = "" } = field as { default?: unknown; description?: string };
      return [`  ${name}`, value === undefined ? "" : JSON.stringify(value), description];
    }),
  );
}
