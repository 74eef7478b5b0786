import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, resolve } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { build } from "vite";
import { parseRange } from "../../cli/byte-range.ts";

const usualPaths = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

export const chromiumPath = usualPaths.find((path) => path !== undefined && existsSync(path));

/** Chromium without a window, drawing in software, so that it works where there is no graphics card. */
export function launchChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error("no Chromium; set CHROMIUM_PATH");
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--headless=new",
      "--no-sandbox",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A file, or the part of it that was asked for. */
function sendRange(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  const range = parseRange(request.headers.range, bytes.length);
  if (range === undefined || range === "unsatisfiable") {
    response.end(bytes);
    return;
  }
  response.statusCode = 206;
  response.setHeader("content-range", `bytes ${range.start}-${range.end - 1}/${bytes.length}`);
  response.end(bytes.subarray(range.start, range.end));
}

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** What the page must live with: no inline scripts or styles, no code from strings, nothing from elsewhere. */
export const strictPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' blob: data:; " +
  "worker-src 'self' blob:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface ViewerHost {
  /** Address of the page, below a sub-path. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Builds the page into `outDir` and serves it on a free loopback port, with the given files under `replays/`, policies
 * under `policies/`, and their lists.
 */
export async function serveViewer(
  outDir: string,
  files: ReadonlyMap<string, Uint8Array>,
  policies: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<ViewerHost> {
  const root = resolve(import.meta.dirname, "../../viewer");
  await build({ root, logLevel: "error", build: { outDir, emptyOutDir: true } });
  const prefix = "/some/sub-path/";
  const server: Server = createServer((request, response) => {
    void (async () => {
      const path = decodeURIComponent(new URL(request.url ?? "/", "http://loopback").pathname);
      const inside = path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
      const replay = inside?.startsWith("replays/") ? files.get(inside.slice(8)) : undefined;
      response.setHeader("content-security-policy", strictPolicy);
      if (inside === "replays/") {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify([...files].map(([name, { length }]) => ({ name, bytes: length }))));
        return;
      }
      if (inside === "policies/") {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify([...policies.keys()].map((name) => ({ name }))));
        return;
      }
      const policy = inside?.startsWith("policies/")
        ? policies.get(inside.slice(9).replace(/\.safetensors$/, ""))
        : undefined;
      if (policy !== undefined) {
        response.end(policy);
        return;
      }
      if (replay !== undefined) {
        sendRange(request, response, replay);
        return;
      }
      const file = join(outDir, normalize(`/${inside === "" ? "index.html" : inside}`));
      if (inside === undefined || !existsSync(file)) {
        response.statusCode = 404;
        response.end();
        return;
      }
      response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
      response.end(await readFile(file));
    })();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    close: () =>
      new Promise((done, failed) => {
        server.closeAllConnections();
        server.close((error) => (error ? failed(error) : done()));
      }),
  };
}
