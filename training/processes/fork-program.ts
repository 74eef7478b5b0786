import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * Starts a program of this package in a process of its own, with a channel for messages: compiled in a package; in a
 * checkout, TypeScript behind tsx's loader.
 *
 * @param name the program's file beside `from`, without its ending
 * @param from the `import.meta.url` of the file that starts it
 */
export function forkProgram(name: string, from: string): ChildProcess {
  const source = from.endsWith(".ts");
  const program = fileURLToPath(new URL(`./${name}.${source ? "ts" : "js"}`, from));
  const loader = () => pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return fork(program, {
    execArgv: source ? ["--import", loader()] : [],
    // Its standard output belongs to the parent's result.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}
