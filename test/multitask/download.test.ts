import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { download, fullSets, type RemoteFile } from "../../multitask/data/download.ts";

const CONTENT = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 31) % 251));
const MD5 = createHash("md5").update(CONTENT).digest("hex");

let folder: string;
let server: Server;
let base: string;
let ranges: (string | undefined)[];
/** What the server does instead of sending the file. */
let answer: "file" | "half" | "missing" | "other" | "silence";

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "spikegym-download-"));
  ranges = [];
  answer = "file";
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (answer === "silence") return;
    if (answer === "missing") return void response.writeHead(404, "Not Found").end();
    if (answer === "other") return void response.writeHead(200).end("a login page");
    if (from >= CONTENT.length) return void response.writeHead(416).end();
    const rest = CONTENT.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { "content-length": rest.length });
    if (answer === "file") return void response.end(rest);
    // The client must have read what there is before the connection goes.
    response.write(rest.subarray(0, 20_000), () => setTimeout(() => response.destroy(), 100));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const file = (): RemoteFile => ({ name: "images", url: `${base}/images.gz`, md5: MD5 });

describe("download", () => {
  it("fetches a file with progress, checks it, and leaves alone what is there", async () => {
    const seen: number[] = [];
    const fetched = await download([file()], folder, { onProgress: ({ doneBytes }) => seen.push(doneBytes) });
    expect(readFileSync(fetched[0]!).equals(CONTENT)).toBe(true);
    expect(seen.at(-1)).toBe(CONTENT.length);
    expect(await download([file()], folder)).toEqual([]);
    expect(ranges).toHaveLength(1);
  });

  it("goes on where a connection broke", async () => {
    answer = "half";
    await expect(download([file()], folder)).rejects.toThrow(/cannot download .*What was fetched is kept/);
    expect(existsSync(join(folder, "images.gz"))).toBe(false);
    answer = "file";
    await download([file()], folder);
    expect(ranges[1]).toBe("bytes=20000-");
    expect(readFileSync(join(folder, "images.gz")).equals(CONTENT)).toBe(true);
  });

  it("begins again when what was there does not fit", async () => {
    writeFileSync(join(folder, "images.gz.partial"), Buffer.alloc(100, 7));
    const notes: string[] = [];
    await download([file()], folder, { onNote: (line) => notes.push(line) });
    expect(notes[0]).toContain("beginning again");
    expect(readFileSync(join(folder, "images.gz")).equals(CONTENT)).toBe(true);
  });

  it("says plainly what is wrong: no such file, another file, no answer, no server", async () => {
    answer = "missing";
    await expect(download([file()], folder)).rejects.toThrow("the server answers 404 Not Found");
    answer = "other";
    await expect(download([file()], folder)).rejects.toThrow(`its MD5 differs from ${MD5}`);
    expect(existsSync(join(folder, "images.gz"))).toBe(false);
    answer = "silence";
    await expect(download([file()], folder, { patienceSeconds: 0.05 })).rejects.toThrow(
      "no answer for 0.05 s",
    );
    const nobody = { ...file(), url: "http://127.0.0.1:9/x.gz" };
    await expect(download([nobody], folder)).rejects.toThrow(
      /cannot download .*copy the files there by hand/,
    );
  });

  it("knows the eight files of the full sets", () => {
    const files = fullSets();
    expect(new Set(files.map(({ name }) => name)).size).toBe(8);
    for (const { url, md5 } of files) {
      expect(url).toMatch(/^https?:\/\/\S+(train|t10k)-(images-idx3|labels-idx1)-ubyte\.gz$/);
      expect(md5).toMatch(/^[0-9a-f]{32}$/);
    }
  });
});
