import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FileError } from "../core/errors.ts";
import { describeFileFailure, writeFileAtomically } from "./atomic-file.ts";
import { parseExactly, stringifyExactly } from "./exact-json.ts";
import { decodeSafetensors, encodeSafetensors, type NamedArrays } from "./safetensors.ts";

/**
 * A checkpoint called `latest` in a folder is
 *
 *   latest.json                      the state, and name, size and SHA-256 of the file of its arrays
 *   latest-<hash>.safetensors        the arrays
 *   latest.previous.json, …          the same of the checkpoint before
 *
 * The arrays are written first, under a name of their own; then the JSON, the one step that makes the new checkpoint
 * the valid one; then what nothing refers to any more is removed. So a kill between any two of these leaves a whole
 * checkpoint, and a file that rots later is noticed by its hash and answered by the one before.
 */
export interface Checkpoint {
  readonly arrays: NamedArrays;
  /** Plain JSON data; numbers come back to the bit, odd ones too. */
  readonly state: unknown;
}

export interface RestoredCheckpoint extends Checkpoint {
  /** One line for the user when the newest was damaged and the one before had to do. */
  readonly warning?: string;
}

const FORMAT = "spikegym-checkpoint";

const documentSchema = z.strictObject({
  format: z.literal(FORMAT, `expected "${FORMAT}"`),
  version: z.literal(1, "expected 1; it is of another version of spikegym"),
  arrays: z.strictObject({
    // No path may lead out of the folder, whatever the document says.
    file: z.string().regex(/^[\w.-]+\.safetensors$/, "expected a file name ending in .safetensors"),
    bytes: z.number().int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits"),
  }),
  state: z.unknown(),
  stateSha256: z.string(),
});

type CheckpointDocument = z.output<typeof documentSchema>;

/**
 * Writes a checkpoint; the one of that name before becomes the previous one.
 *
 * @param folder made when missing
 * @param name letters, digits, `-` and `_`
 * @throws FileError one line, e.g. on a full disk; the checkpoint before is then still the valid one
 */
export async function writeCheckpoint(
  folder: string,
  name: string,
  { arrays, state }: Checkpoint,
): Promise<void> {
  if (!/^[\w-]+$/.test(name)) {
    throw new Error(`writeCheckpoint: name is "${name}", expected letters, digits, "-" and "_"`);
  }
  const pieces = encodeSafetensors(arrays);
  const hash = createHash("sha256");
  let bytes = 0;
  for (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
  }
  const sha256 = hash.digest("hex");
  const document: CheckpointDocument = {
    format: FORMAT,
    version: 1,
    arrays: { file: `${name}-${sha256.slice(0, 16)}.safetensors`, bytes, sha256 },
    state,
    stateSha256: hashOf(stringifyExactly(state)),
  };
  const text = `${stringifyExactly(document)}\n`;
  await writeFileAtomically(join(folder, document.arrays.file), pieces);
  const path = documentPath(folder, name);
  const before = await readIfThere(path);
  // Only a checkpoint that can be read is worth falling back to.
  if (before !== undefined && arraysFileOf(before, path) !== undefined) {
    await writeFileAtomically(documentPath(folder, previousOf(name)), before);
  }
  await writeFileAtomically(path, text);
  await removeOrphans(folder, name);
}

/**
 * Reads a checkpoint whole, and the one before it when the newest is damaged.
 *
 * @throws FileError one line: there is none, or neither can be read
 */
export async function readCheckpoint(folder: string, name: string): Promise<RestoredCheckpoint> {
  if (!existsSync(documentPath(folder, name)) && !existsSync(documentPath(folder, previousOf(name)))) {
    throw new FileError(
      `${folder} holds no checkpoint "${name}": the run ended before its first one, or this is no run; train it again into another folder`,
    );
  }
  try {
    return await readOne(folder, name);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    let previous: Checkpoint;
    try {
      previous = await readOne(folder, previousOf(name));
    } catch (second) {
      if (!(second instanceof FileError)) throw second;
      // Why the newest cannot be read is the news; the one before may just never have been.
      throw error;
    }
    return { ...previous, warning: `${error.message}; going on from the checkpoint before it` };
  }
}

async function readOne(folder: string, name: string): Promise<Checkpoint> {
  const path = documentPath(folder, name);
  const { arrays, state } = parseDocument(await read(path), path);
  const arraysPath = join(folder, arrays.file);
  const bytes = await read(arraysPath);
  if (bytes.length !== arrays.bytes) {
    throw new FileError(
      `${arraysPath} has ${bytes.length} bytes, expected ${arrays.bytes}: it is cut off or not the checkpoint's`,
    );
  }
  const sha256 = hashOf(bytes);
  if (sha256 !== arrays.sha256) {
    throw new FileError(
      `${arraysPath} is damaged: its SHA-256 is ${sha256.slice(0, 12)}…, expected ${arrays.sha256.slice(0, 12)}…`,
    );
  }
  return { arrays: decodeSafetensors(bytes, arraysPath), state };
}

function parseDocument(bytes: Uint8Array, path: string): CheckpointDocument {
  let value: unknown;
  try {
    value = parseExactly(Buffer.from(bytes).toString("utf8"));
  } catch {
    throw new FileError(`${path} is cut off or no JSON; expected a checkpoint that spikegym wrote`);
  }
  const parsed = documentSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new FileError(
      `${path} is no checkpoint: ${issue.path.length === 0 ? "the document" : `"${issue.path.join(".")}"`}: ${issue.message}`,
    );
  }
  const { state, stateSha256 } = parsed.data;
  if (hashOf(stringifyExactly(state)) !== stateSha256) {
    throw new FileError(`${path} is damaged: its state is not the one its SHA-256 was taken of`);
  }
  return parsed.data;
}

/** The file of arrays a document refers to; undefined when it is damaged. */
function arraysFileOf(text: string, path: string): string | undefined {
  try {
    return parseDocument(Buffer.from(text), path).arrays.file;
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}

function hashOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Removes the arrays of checkpoints of this name that neither it nor the previous one refers to. */
async function removeOrphans(folder: string, name: string): Promise<void> {
  const wanted = new Set<string | undefined>();
  for (const path of [documentPath(folder, name), documentPath(folder, previousOf(name))]) {
    const text = await readIfThere(path);
    if (text !== undefined) wanted.add(arraysFileOf(text, path));
  }
  const ours = new RegExp(`^${name}-[0-9a-f]{16}\\.safetensors$`);
  for (const file of await readdir(folder)) {
    if (ours.test(file) && !wanted.has(file)) await rm(join(folder, file), { force: true });
  }
}

function documentPath(folder: string, name: string): string {
  return join(folder, `${name}.json`);
}

function previousOf(name: string): string {
  return `${name}.previous`;
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw describeFileFailure("read", path, error);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw describeFileFailure("read", path, error);
  }
}
