import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { FileError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { describeFileFailure } from "../atomic-file.ts";

/** @throws FileError when it is not what a study wrote */
export async function readDataFile<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw describeFileFailure("read", path, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FileError(`${path} is cut off or no JSON; expected the data that spikegym study wrote`);
  }
  return parse(schema, value, path);
}

/** JSON with a list of numbers a line, so that a change of the data is a small change of the file. */
export function renderDataFile(data: unknown): string {
  return `${JSON.stringify(data, null, 2).replace(/\[[\s\d.,eE+-]+\]/g, (list) => list.replace(/\s+/g, " "))}\n`;
}
