import { Rng } from "../../core/rng.ts";
import type { EnvSpec } from "./env-spec.ts";
import { makeFromSpec } from "./env-spec.ts";
import { SyncVectorEnv } from "./sync-vector-env.ts";
import type { VectorEnv } from "./vector-env.ts";
import { WorkerVectorEnv } from "./worker-vector-env.ts";

const SPEC = { id: "InvertedDoublePendulum-v5", options: { engine: "lagrangian" } } satisfies EnvSpec;
const COUNT = 64;
/** Of all environments together; some 4 ms of work for one core, so that many slices pass undisturbed. */
const STEPS_A_SLICE = 20;
/** Small pushes, as in envs/benchmark.ts. */
const PUSH_SHARE = 0.1;

export interface VectorBenchmark {
  /** `<environment>/<engine> x <count>` */
  readonly id: string;
  readonly count: number;
  /** Threads that step, the caller's among them. */
  readonly threads: number;
  /** Environment steps a second, medians over the rounds. */
  readonly oneThreadStepsPerSecond: number;
  readonly stepsPerSecond: number;
  /** Median of the rounds' own ratios: a slow moment of the machine hits both sides of one. */
  readonly speedup: number;
  /** Ratio of the upper deciles: what comes out where nobody else uses the cores. */
  readonly undisturbedSpeedup: number;
}

/**
 * A vector of 64 double pendulums on the engine `lagrangian`: in one thread a core against one thread, in turns.
 *
 * @param workers threads beside the caller's; by default one for every further core
 */
export async function benchmarkVector(rounds: number, workers?: number): Promise<VectorBenchmark> {
  const one = new SyncVectorEnv(() => makeFromSpec(SPEC), { count: COUNT });
  const many = await WorkerVectorEnv.open(SPEC, {
    count: COUNT,
    ...(workers === undefined ? {} : { workers }),
  });
  try {
    const rates: [one: number, many: number][] = [];
    for (const vector of [one, many]) {
      vector.reset({ seed: 0 });
      // Lets the compiler settle.
      for (let i = 0; i < 25; i++) measure(vector);
    }
    for (let round = 0; round < rounds; round++) rates.push([measure(one), measure(many)]);
    const [ones, manys] = [rates.map(([a]) => a), rates.map(([, b]) => b)];
    return {
      id: `${SPEC.id}/${SPEC.options.engine} x ${COUNT}`,
      count: COUNT,
      threads: many.workers + 1,
      oneThreadStepsPerSecond: quantile(ones, 0.5),
      stepsPerSecond: quantile(manys, 0.5),
      speedup: quantile(
        rates.map(([a, b]) => b / a),
        0.5,
      ),
      undisturbedSpeedup: quantile(manys, 0.9) / quantile(ones, 0.9),
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

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(q * (sorted.length - 1))]!;
}
