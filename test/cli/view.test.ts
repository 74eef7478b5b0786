import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startViewerServer, type ViewerServer } from "../../cli/viewer-server.ts";
import { packageRoot } from "../../training/package-root.ts";
import { makeTemporaryFolder } from "../training/temporary-folder.ts";
import { runSpikegym } from "./run-for-tests.ts";

const MAGIC = Buffer.from([0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a]);
const built = ["viewer/dist", "dist/viewer"].some((folder) =>
  existsSync(join(packageRoot(), folder, "index.html")),
);

/** A run's folder with one replay, and a secret beside it. */
function makeRun(): { folder: string; replay: Buffer } {
  const folder = makeTemporaryFolder();
  mkdirSync(join(folder, "run", "replays"), { recursive: true });
  const replay = Buffer.concat([MAGIC, Buffer.from("0123456789")]);
  writeFileSync(join(folder, "run", "replays", "best episode.mcap"), replay);
  writeFileSync(join(folder, "run", "config.json"), "secret");
  writeFileSync(join(folder, "secret.mcap"), Buffer.concat([MAGIC, Buffer.from("secret")]));
  symlinkSync(join(folder, "secret.mcap"), join(folder, "run", "replays", "link.mcap"));
  return { folder: join(folder, "run"), replay };
}

async function serve(...paths: string[]): Promise<ViewerServer> {
  const server = await startViewerServer({ paths, port: 0, onError: (line) => expect.fail(line) });
  onTestFinished(() => server.close());
  return server;
}

/** A request whose path and headers are sent as they are, unlike fetch's. */
function ask(url: string, path: string, headers: Record<string, string> = {}, method = "GET") {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      const { hostname, port } = new URL(url);
      const asked = request({ hostname, port, path, headers, method }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      });
      asked.on("error", reject);
      asked.end();
    },
  );
}

describe.skipIf(!built)(
  "the viewer's server (skipped where the page is not built: npm run build:viewer)",
  () => {
    it("hands out the page with the newest replay open, the list, and the file", async () => {
      const { folder, replay } = makeRun();
      const server = await serve(folder);
      expect(server.url).toMatch(
        /^http:\/\/127\.0\.0\.1:\d+\/\?src=replays%2Freplays%2Fbest%20episode\.mcap$/,
      );
      const page = await fetch(server.url);
      expect(page.headers.get("content-type")).toMatch(/^text\/html/);
      const html = await page.text();
      const script = /src="\.?(\/assets\/[^"]+)"/.exec(html)?.[1];
      expect((await fetch(new URL(script!, server.url))).headers.get("content-type")).toMatch(/javascript/);

      const list = (await (await fetch(new URL("/replays/", server.url))).json()) as unknown;
      expect(list).toEqual([
        { name: "replays/best episode.mcap", bytes: replay.length, modifiedMs: expect.any(Number) },
      ]);
      const src = new URL(server.url).searchParams.get("src")!;
      const file = await fetch(new URL(src, server.url));
      expect(Buffer.from(await file.arrayBuffer())).toEqual(replay);
      // Only some of it, as for scrubbing in a large file.
      const part = await fetch(new URL(src, server.url), { headers: { Range: "bytes=8-11" } });
      expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
        206,
        `bytes 8-11/${replay.length}`,
        "0123",
      ]);
      const beyond = await fetch(new URL(src, server.url), { headers: { Range: "bytes=900-" } });
      expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${replay.length}`]);
    });

    it.each([
      "/../../etc/passwd",
      "/..%2f..%2fetc%2fpasswd",
      "/replays/../config.json",
      "/replays/..%2fconfig.json",
      "/replays/%2e%2e/%2e%2e/secret.mcap",
      "/replays/..%5c..%5csecret.mcap",
      "//etc/passwd",
      "/replays//etc/passwd",
      "/replays/replays/best%20episode.mcap%00.html",
      "/replays/replays/link.mcap",
      "/config.json",
      "/replays/replays/",
      "/%2e%2e%2fpackage.json",
    ])("does not answer %s with a file", async (path) => {
      const server = await serve(makeRun().folder);
      const { status, body } = await ask(server.url, path);
      expect([status, body.toString()]).toEqual([404, "There is no such file here.\n"]);
    });

    it("refuses broken escapes, other methods and other hosts' names", async () => {
      const { url } = await serve(makeRun().folder);
      expect((await ask(url, "/%zz")).status).toBe(400);
      expect((await ask(url, "/", {}, "POST")).status).toBe(405);
      expect((await ask(url, "/", { Host: "evil.example" })).status).toBe(403);
      expect((await ask(url, "/", { Host: "localhost:1" })).status).toBe(200);
      const head = await ask(url, "/replays/replays/best%20episode.mcap", {}, "HEAD");
      expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, "18", 0]);
    });

    it("sees new replays, and goes on when one is deleted", async () => {
      const { folder } = makeRun();
      const replay = join(folder, "replays", "best episode.mcap");
      const other = makeRun().folder;
      const { url } = await serve(replay, other);
      cpSync(replay, join(other, "replays", "second.mcap"));
      rmSync(replay);
      const list = (await (await fetch(new URL("/replays/", url))).json()) as { name: string }[];
      expect(list.map(({ name }) => name).sort()).toEqual([
        "replays/best episode.mcap",
        "replays/second.mcap",
      ]);
    });

    it("keeps files of one name apart", async () => {
      const [a, b] = [makeRun().folder, makeRun().folder].map((run) =>
        join(run, "replays", "best episode.mcap"),
      );
      const { replays } = await serve(a!, b!, a!);
      expect(replays.map(({ name }) => name).sort()).toEqual(["best episode (2).mcap", "best episode.mcap"]);
    });
  },
);

describe.skipIf(!built)("spikegym view", () => {
  it("prints one JSON document with the address, serves, and ends on Ctrl-C with exit code 0", async () => {
    const { folder } = makeRun();
    const interruption = new AbortController();
    const outcome = runSpikegym(["view", folder, "--port", "0", "--json"], interruption.signal);
    interruption.abort();
    const { exitCode, stdout, stderr } = await outcome;
    expect(exitCode).toBe(0);
    const { url } = JSON.parse(stdout) as { url: string };
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?src=/);
    expect(stderr).toBe("1 replay; Ctrl-C ends\n");
    await expect(fetch(url)).rejects.toThrow();
  });

  it("answers a port in use with one line that says what to do, exit 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const { exitCode, stdout, stderr } = await runSpikegym([
      "view",
      makeRun().folder,
      "--port",
      String(port),
    ]);
    expect(stderr).toBe(
      `spikegym: port ${port} on 127.0.0.1 is in use; choose another with --port N (0: any free one)\n`,
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  });

  it("answers a missing file, a foreign file and a folder without replays with one line each, exit 1", async () => {
    const { folder } = makeRun();
    rmSync(join(folder, "replays", "best episode.mcap"));
    const foreign = join(folder, "config.json");
    for (const [path, message] of [
      [join(folder, "nowhere.mcap"), /cannot read .*nowhere\.mcap: no such file or folder \[ENOENT\]/],
      [foreign, /config\.json is no replay file/],
      [folder, /no replay files \(\*\.mcap\) in /],
    ] as const) {
      const { exitCode, stdout, stderr } = await runSpikegym(["view", path, "--port", "0"]);
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    }
    expect(readFileSync(foreign, "utf8")).toBe("secret");
  });

  it.each(["99999", "-1", "http"])("refuses the port %s, exit 2", async (port) => {
    const { exitCode, stderr } = await runSpikegym(["view", `--port=${port}`]);
    expect(stderr).toMatch(/^spikegym: view: .*--port.*Expected an integer from 0 to 65535.*\n$/);
    expect(exitCode).toBe(2);
  });
});
