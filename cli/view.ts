import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { parseInteger } from "./options.ts";
import { findReplays, requireReplays } from "./replay-catalogue.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";
import { startViewerServer } from "./viewer-server.ts";

interface ViewOptions extends SharedOptions {
  readonly port: number;
  readonly open?: true;
}

/** The same each time, so that a bookmark and the page's own settings stay valid. */
export const DEFAULT_PORT = 5180;

/** `spikegym view`: serves the viewer on loopback until Ctrl-C. */
export function addView(program: Command, context: VerbContext): void {
  addVerb(program, "view [paths...]", "serves the viewer for replay files, or folders of them, on loopback")
    .option("--port <n>", "port on 127.0.0.1; 0: any free one", parseInteger(0, 65_535), DEFAULT_PORT)
    .option("--open", "also open the page in the default browser")
    .action(async (named: string[], options: ViewOptions) => {
      const output = openOutput(context, options);
      const paths = named.length > 0 || !existsSync("runs") ? named : ["runs"];
      requireReplays(await findReplays(paths), named);
      const server = await startViewerServer({
        paths,
        port: options.port,
        onError: (line) => output.note(`spikegym: ${line}`),
      });
      try {
        output.finish({ url: server.url }, `viewer: ${server.url}`);
        output.note(
          server.replays.length === 0
            ? "no replays yet: drop a file onto the page, or record one with spikegym eval RUN --record FILE"
            : `${server.replays.length} replay${server.replays.length === 1 ? "" : "s"}; Ctrl-C ends`,
        );
        if (options.open) openBrowser(server.url, (line) => output.note(line));
        await untilAborted(context.signal);
      } finally {
        await server.close();
      }
    });
}

/** Settles at the first Ctrl-C. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function openBrowser(url: string, note: (line: string) => void): void {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", url]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", url]
        : ["xdg-open", url];
  const child = spawn(command!, args, { stdio: "ignore", detached: true });
  child.on("error", () => note(`no browser could be started (${command}); open ${url} yourself`));
  child.unref();
}
