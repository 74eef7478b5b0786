import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { SpikegymError } from "../../core/errors.ts";
import { describeFileFailure } from "../../training/atomic-file.ts";
import { fileName, SETS, type SetName, SPLITS, type SplitName } from "./load.ts";

/** One file of a data set on the web. */
export interface RemoteFile {
  /** Its name in the data folder, without `.gz`. */
  readonly name: string;
  readonly url: string;
  /** MD5 as the data set's distributors publish it. */
  readonly md5: string;
}

const SOURCES: Readonly<Record<SetName, string>> = {
  fashion: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
  mnist: "https://ossci-datasets.s3.amazonaws.com/mnist/",
};

const CHECKSUMS: Readonly<Record<SetName, Readonly<Record<SplitName, { images: string; labels: string }>>>> =
  {
    fashion: {
      train: { images: "8d4fb7e6c68d591d4c3dfef9ec88bf0d", labels: "25c81989df183df01b3e8a0aad5dffbe" },
      test: { images: "bef4ecab320f06d8554ea6380940ec79", labels: "bb300cfdad3c16e7a12a480ee83cd310" },
    },
    mnist: {
      train: { images: "f68b3c2dcbeaaa9fbdd348bbdeb94873", labels: "d53e105ee54ea40749a09fcbcd1e9432" },
      test: { images: "9fb629c4189551a2d022fa330f9573f3", labels: "ec29112dd5afa0611ce80d1b7f02629c" },
    },
  };

/** The eight files of the full Fashion-MNIST and MNIST. */
export function fullSets(): RemoteFile[] {
  return SETS.flatMap((set) =>
    SPLITS.flatMap((split) =>
      (["images", "labels"] as const).map((what) => ({
        name: fileName(set, split, what),
        url: `${SOURCES[set]}${split === "train" ? "train" : "t10k"}-${what}-${what === "images" ? "idx3" : "idx1"}-ubyte.gz`,
        md5: CHECKSUMS[set][split][what],
      })),
    ),
  );
}

export interface DownloadProgress {
  readonly file: string;
  readonly doneBytes: number;
  /** Undefined where the server does not say. */
  readonly totalBytes: number | undefined;
}

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly onNote?: (line: string) => void;
  /** Seconds without a byte after which the server counts as gone. */
  readonly patienceSeconds?: number;
}

/**
 * Gets the files that a data folder lacks. A file is written as `<name>.gz.partial`, from where an interrupted
 * download goes on; it takes its name once its checksum is right.
 *
 * @returns the files that were fetched
 * @throws SpikegymError one line: no network, a refusing server, or a checksum that stays wrong
 */
export async function download(
  files: readonly RemoteFile[],
  folder: string,
  options: DownloadOptions = {},
): Promise<string[]> {
  const fetched: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw describeFileFailure("write", folder, error);
  }
  for (const file of files) {
    const path = join(folder, `${file.name}.gz`);
    if (existsSync(path) && (await md5Of(path)) === file.md5) continue;
    await downloadFile(file, path, options);
    fetched.push(path);
  }
  return fetched;
}

async function downloadFile(file: RemoteFile, path: string, options: DownloadOptions): Promise<void> {
  const partial = `${path}.partial`;
  // A partial file that cannot be completed (the server's file is another one by now) is given up once.
  for (const resumed of existsSync(partial) ? [true, false] : [false]) {
    if (!resumed) await rm(partial, { force: true });
    await fetchInto(file, partial, options);
    if ((await md5Of(partial)) === file.md5) {
      await rename(partial, path);
      return;
    }
    if (resumed) options.onNote?.(`${file.name}: what was there before does not fit; beginning again`);
  }
  await rm(partial, { force: true });
  throw new SpikegymError(
    `${file.url} is not the file expected: its MD5 differs from ${file.md5}; a proxy may have answered in its place, or the set has moved`,
  );
}

async function fetchInto(file: RemoteFile, partial: string, options: DownloadOptions): Promise<void> {
  const have = existsSync(partial) ? (await stat(partial)).size : 0;
  const patience = (options.patienceSeconds ?? 30) * 1000;
  const clock = new AbortController();
  let timer = setTimeout(() => clock.abort(), patience);
  const signal =
    options.signal === undefined ? clock.signal : AbortSignal.any([options.signal, clock.signal]);
  const failed = (error: unknown): SpikegymError | unknown => {
    if (options.signal?.aborted === true) return error;
    const cause = clock.signal.aborted
      ? `no answer for ${patience / 1000} s`
      : ((error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message);
    return new SpikegymError(
      `cannot download ${file.url}: ${cause}; on a machine without a way to the internet, copy the files there by hand (names and addresses: spikegym multitask data --json). What was fetched is kept, and the next try goes on from it`,
    );
  };
  let response: Response;
  try {
    response = await fetch(file.url, { signal, headers: have > 0 ? { Range: `bytes=${have}-` } : {} });
  } catch (error) {
    clearTimeout(timer);
    throw failed(error);
  }
  // 416: there is nothing after what we have, so it is whole, or wrong, which its checksum will say.
  if (response.status === 416) {
    clearTimeout(timer);
    return;
  }
  if (!response.ok || response.body === null) {
    clearTimeout(timer);
    throw new SpikegymError(
      `cannot download ${file.url}: the server answers ${response.status} ${response.statusText}`,
    );
  }
  const appends = response.status === 206;
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  let done = appends ? have : 0;
  const totalBytes = Number.isFinite(length) ? done + length : undefined;
  const out = await open(partial, appends ? "a" : "w");
  try {
    for await (const piece of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => clock.abort(), patience);
      await out.writeFile(piece as Uint8Array);
      done += (piece as Uint8Array).length;
      options.onProgress?.({ file: file.name, doneBytes: done, totalBytes });
    }
  } catch (error) {
    throw describeFileFailure("write", partial, failed(error));
  } finally {
    clearTimeout(timer);
    await out.close();
  }
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash("md5");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}
