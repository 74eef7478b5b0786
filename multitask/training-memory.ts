import { once } from "node:events";
import { z } from "zod";
import { SpikegymError } from "../core/errors.ts";
import { forkProgram } from "../training/processes/fork-program.ts";

const answerSchema = z.union([z.object({ bytes: z.number() }), z.object({ failure: z.string() })]);

/** The largest resident set, in bytes, of a process that trains a classifier (batch 128) for a few updates. */
export async function trainingMemory(model: string, signal?: AbortSignal): Promise<number> {
  signal?.throwIfAborted();
  const child = forkProgram("memory-program", import.meta.url);
  const stop = () => child.kill();
  signal?.addEventListener("abort", stop);
  try {
    child.send(model);
    const [answer] = await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => [undefined]),
    ]);
    signal?.throwIfAborted();
    const said = answerSchema.safeParse(answer);
    if (!said.success) throw new SpikegymError(`memory of ${model}: its process ended and said nothing`);
    if ("failure" in said.data) throw new SpikegymError(`memory of ${model}: ${said.data.failure}`);
    return said.data.bytes;
  } finally {
    signal?.removeEventListener("abort", stop);
    if (child.connected) child.disconnect();
  }
}
