import { availableParallelism } from "node:os";
import { Rng } from "../../core/rng.ts";
import type { EnvSpec } from "./env-spec.ts";
import { makeFromSpec } from "./env-spec.ts";
import { SyncVectorEnv } from "./sync-vector-env.ts";
import type { VectorEnv } from "./vector-env.ts";
import { WorkerVectorEnv } from "./worker-vector-env.ts";

const SPEC: EnvSpec = { id: "InvertedDoublePendulum-v5", options: { engine: "lagrangian" } };
const COUNT = 64;
/** Of all environments together; some 60 ms of work for one core. */
const STEPS_A_SLICE = 100;
/** Small pushes, as in envs/benchmark.ts. */
const PUSH_SHARE = 0.1;

export interface VectorBenchmark {
  readonly count: number;
  readonly workers: number;
  /** Environment steps a second, medians over the rounds. */
  readonly oneThreadStepsPerSecond: number;
  readonly workersStepsPerSecond: number;
  /** Median of the rounds' own ratios: a slow moment of the machine hits both sides of one. */
  readonly speedup: number;
}

/** A vector of 64 double pendulums on the engine `lagrangian`: in workers, one a core, against one thread, in turns. */
export async function benchmarkVector(
  rounds: number,
  workers = availableParallelism(),
): Promise<VectorBenchmark> {
  const one = new SyncVectorEnv(() => makeFromSpec(SPEC), { count: COUNT });
  const many = await WorkerVectorEnv.open(SPEC, { count: COUNT, workers });
  try {
    const rates: [one: number, many: number][] = [];
    for (const vector of [one, many]) {
      vector.reset({ seed: 0 });
      // Lets the compiler settle.
      for (let i = 0; i < 5; i++) measure(vector);
    }
    for (let round = 0; round < rounds; round++) rates.push([measure(one), measure(many)]);
    return {
      count: COUNT,
      workers: many.workers,
      oneThreadStepsPerSecond: median(rates.map(([a]) => a)),
      workersStepsPerSecond: median(rates.map(([, b]) => b)),
      speedup: median(rates.map(([a, b]) => b / a)),
    };
  } finally {
    one.close();
    await many.close();
  }
}

/** Environment steps a second over one slice. */
function measure(vector: VectorEnv): number {
  const rng = new Rng("bench/vector");
  const actions = new Float32Array(vector.count * vector.actionSize);
  rng.fillUniform(actions, -PUSH_SHARE, PUSH_SHARE);
  const start = performance.now();
  for (let i = 0; i < STEPS_A_SLICE; i++) vector.step(actions);
  return (vector.count * STEPS_A_SLICE * 1000) / (performance.now() - start);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
