import { createReadStream, existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { SpikegymError } from "../core/errors.ts";
import { packageRoot } from "../training/package-root.ts";
import { parseRange } from "./byte-range.ts";
import { findReplays, type ReplayEntry } from "./replay-catalogue.ts";
import { findRuns, readRunPolicy } from "./run-catalogue.ts";

/** The one address it listens on: this machine's own, nobody else's. */
const HOST = "127.0.0.1";

/** The port asked for belongs to another program. */
export class PortInUseError extends SpikegymError {
  override name = "PortInUseError";
}

export interface ViewerServer {
  /** The page with the newest replay open, if there is one. */
  readonly url: string;
  /** The replays on offer when it started. */
  readonly replays: readonly ReplayEntry[];
  /** Ends all connections. */
  close(): Promise<void>;
}

export interface ViewerServerOptions {
  /** Replay files, and folders with such files. */
  readonly paths: readonly string[];
  /** 0: any free one. */
  readonly port: number;
  /** Where a request that goes wrong is reported, one line each. */
  readonly onError?: (line: string) => void;
}

/**
 * Serves the viewer's page and replay files on loopback:
 *
 *   /                 the built page
 *   /replays/         JSON list `[{ name, bytes, modifiedMs }]`, looked up anew each time
 *   /replays/<name>   a file, with byte ranges
 *   /policies/        JSON list of the runs with a checkpoint `[{ name, summary }]`
 *   /policies/<name>.safetensors   a run's best policy in one file
 *
 * A request can only name an entry of a list made beforehand; paths are never put together from it.
 *
 * @throws SpikegymError when the port is in use or the page is not built; FileError as findReplays
 */
export async function startViewerServer(options: ViewerServerOptions): Promise<ViewerServer> {
  const page = await listPage(findPage());
  const replays = await findReplays(options.paths);
  const server = createServer((request, response) => {
    answer(request, response, page, options.paths).catch((error: unknown) => {
      // A browser that leaves in the middle of a file is no failure.
      if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") {
        options.onError?.(`${request.url}: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (response.headersSent) response.destroy();
      else refuse(response, 500, "The file could not be read; the terminal says why.");
    });
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  const newest = replays[0];
  const query = newest === undefined ? "" : `?src=${encodeURIComponent(`replays/${newest.name}`)}`;
  return {
    url: `http://${HOST}:${port}/${query}`,
    replays,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "EADDRINUSE"
          ? "is in use"
          : error.code === "EACCES"
            ? "needs more rights than you have"
            : `cannot be opened: ${error.message}`;
      reject(
        new (error.code === "EADDRINUSE" ? PortInUseError : SpikegymError)(
          `port ${port} on ${HOST} ${reason}; choose another with --port N (0: any free one)`,
        ),
      );
    });
    server.listen(port, HOST, resolve);
  });
}

/** The built page: a checkout's, or the one in the package. */
function findPage(): string {
  const places = [join(packageRoot(), "viewer", "dist"), join(packageRoot(), "dist", "viewer")];
  const place = places.find((folder) => existsSync(join(folder, "index.html")));
  if (place === undefined) {
    throw new SpikegymError(`the viewer is not built: no ${places[0]}/index.html; run npm run build:viewer`);
  }
  return place;
}

/** Every file of the page by the path a browser asks for. */
async function listPage(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, path).split(sep).join("/")}`, path);
  }
  const index = files.get("/index.html");
  if (index !== undefined) files.set("/", index);
  return files;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  page: ReadonlyMap<string, string>,
  paths: readonly string[],
): Promise<void> {
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Cache-Control", "no-cache");
  response.setHeader("Content-Security-Policy", POLICY);
  // A foreign page may point its own name at this machine; only ours may be asked for.
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? "")) {
    return refuse(response, 403, "This server answers to 127.0.0.1 and localhost only.");
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return refuse(response, 405, "Only GET and HEAD.");
  }
  const path = decodePath(request.url ?? "/");
  if (path === undefined) return refuse(response, 400, "The address is not well formed.");
  if (path === "/replays/") {
    const list = (await findReplays(stillThere(paths))).map(({ name, bytes, modifiedMs }) => ({
      name,
      bytes,
      modifiedMs,
    }));
    response.writeHead(200, { "Content-Type": TYPES[".json"] });
    return void response.end(JSON.stringify(list));
  }
  if (path.startsWith("/policies/")) return answerPolicies(path, response, stillThere(paths));
  const file = path.startsWith("/replays/")
    ? (await findReplays(stillThere(paths))).find((entry) => path === `/replays/${entry.name}`)?.path
    : page.get(path);
  if (file === undefined) return refuse(response, 404, "There is no such file here.");
  await sendFile(request, response, file);
}

/** The policies of the runs, made into files as they are asked for. */
async function answerPolicies(
  path: string,
  response: ServerResponse,
  paths: readonly string[],
): Promise<void> {
  const runs = await findRuns(paths);
  if (path === "/policies/") {
    response.writeHead(200, { "Content-Type": TYPES[".json"] });
    return void response.end(JSON.stringify(runs.map(({ name, summary }) => ({ name, summary }))));
  }
  const run = runs.find(({ name }) => path === `/policies/${name}.safetensors`);
  if (run === undefined) return refuse(response, 404, "There is no such run here.");
  const pieces = await readRunPolicy(run.path);
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": length });
  for (const piece of pieces) response.write(piece);
  response.end();
}

/** One file deleted meanwhile must not take the others with it. */
function stillThere(paths: readonly string[]): string[] {
  return paths.filter((path) => existsSync(path));
}

/** The path of a request, decoded once; undefined when its escapes are broken. */
function decodePath(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0]!);
  } catch {
    // URIError: a % that escapes nothing.
    return undefined;
  }
}

async function sendFile(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const { size, mtime } = await stat(path);
  response.setHeader("Content-Type", TYPES[extname(path)] ?? "application/octet-stream");
  response.setHeader("Last-Modified", mtime.toUTCString());
  response.setHeader("Accept-Ranges", "bytes");
  const range = parseRange(request.headers.range, size);
  if (range === "unsatisfiable") {
    response.setHeader("Content-Range", `bytes */${size}`);
    return refuse(response, 416, "The range lies outside the file.");
  }
  const { start, end } = range ?? { start: 0, end: size };
  if (range !== undefined) response.setHeader("Content-Range", `bytes ${start}-${end - 1}/${size}`);
  response.writeHead(range === undefined ? 200 : 206, { "Content-Length": end - start });
  if (request.method === "HEAD" || end === start) return void response.end();
  await pipeline(createReadStream(path, { start, end: end - 1 }), response);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(`${text}\n`);
}

/** No inline scripts or styles, no code from strings, nothing from elsewhere. */
const POLICY = [
  "default-src 'none'",
  // WebAssembly is compiled code, not code from strings: the kernels need it.
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self' blob: data:",
  "worker-src 'self' blob:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};
