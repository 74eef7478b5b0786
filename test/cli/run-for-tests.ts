import { runProgram } from "../../cli/program.ts";

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, with its streams collected. */
export async function runSpikegym(
  args: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const exitCode = await runProgram(args, {
    signal,
    streams: {
      stdout: { write: (text) => (written.stdout += text) },
      stderr: { write: (text) => (written.stderr += text) },
    },
  });
  return { exitCode, ...written };
}
