import { UsageError } from "../../core/errors.ts";
import { type EnvSpec, makeFromSpec, prepareSpec } from "./env-spec.ts";
import { SyncVectorEnv } from "./sync-vector-env.ts";
import type { VectorEnv, VectorOptions } from "./vector-env.ts";
import { WorkerVectorEnv } from "./worker-vector-env.ts";

export interface MakeVectorOptions extends VectorOptions, Omit<EnvSpec, "id"> {
  /** Threads that step, the caller's among them: 1 (where absent) is this thread alone; "all" takes one a core. */
  readonly threads?: number | "all";
}

/**
 * Environments of one kind that step together, in one thread or several (Node only):
 *
 *     const vector = await makeVector("InvertedDoublePendulum-v5", { count: 64, threads: "all", options: { engine: "lagrangian" } });
 *     let { observations } = vector.reset({ seed: 0 });
 *     ({ observations } = vector.step(actions));                       // [count * actionSize] numbers
 *     await vector.close();
 *
 * The numbers do not depend on `threads`. Loads the engine that is needed.
 *
 * @throws UsageError for an unknown id, engine, parameter or wrapper (with the nearest), or an impossible count
 */
export async function makeVector(id: string, choices: MakeVectorOptions): Promise<VectorEnv> {
  const { threads = 1, options, wrappers, ...vector } = choices;
  const spec: EnvSpec = { id, ...(options && { options }), ...(wrappers && { wrappers }) };
  if (threads !== "all" && (!Number.isSafeInteger(threads) || threads < 1)) {
    throw new UsageError(`makeVector: threads is ${threads}, expected an integer of at least 1, or "all"`);
  }
  if (threads === 1) {
    await prepareSpec(spec);
    return new SyncVectorEnv(() => makeFromSpec(spec), vector);
  }
  return WorkerVectorEnv.open(spec, { ...vector, ...(threads === "all" ? {} : { workers: threads - 1 }) });
}
