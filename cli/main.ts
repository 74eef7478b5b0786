#!/usr/bin/env node
import { runProgram } from "./program.ts";
import { noteAside } from "./progress.ts";

/** The process around the command line: signals, broken pipes, exit code. */

// Whoever read us may stop early (`spikegym list | head -1`). The work goes on, its files are still wanted; only the
// writing ends.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
    interruption.abort();
    noteAside("spikegym: stopping cleanly; press Ctrl-C again to kill", process.stderr);
  });
}

process.exitCode = await runProgram(process.argv.slice(2), {
  streams: process,
  signal: interruption.signal,
});
