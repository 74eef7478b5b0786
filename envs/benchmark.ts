import type { Env } from "../core/env.ts";
import { SpikegymError } from "../core/errors.ts";
import { Rng } from "../core/rng.ts";
import { type AnyEnv, hasChoices } from "./definition.ts";
import { environments, make } from "./index.ts";
import type { EngineId } from "./physics/engine.ts";
import { engines as engineCatalogue, prepareEngine } from "./physics/index.ts";

/** One measurement lasts about this long, ms; long enough for the clock, short enough to interleave many. */
const SLICE_MS = 60;
/** Small pushes: an episode lasts some ten steps and is then reset, as early in training. */
const PUSH_SHARE = 0.1;
const BATCH = 100;

/**
 * Environment steps a second of every environment on every engine, resets and observations included: the median over
 * `repeats` short slices, interleaved so that a slow moment of the machine hits all of them.
 *
 * @returns keys `<environment>/<engine>`
 */
export async function benchmarkEnvironments(options: {
  readonly repeats: number;
  onProgress?(done: number, total: number): void;
  /** Told of an engine that is left out because it cannot be loaded. */
  onNote?(line: string): void;
}): Promise<Record<string, { stepsPerSecond: number }>> {
  const available = new Set<EngineId>();
  for (const { id } of engineCatalogue.entries) {
    try {
      await prepareEngine(id);
      available.add(id);
    } catch (error) {
      if (!(error instanceof SpikegymError)) throw error;
      options.onNote?.(`left out: ${error.message}`);
    }
  }
  const runners = environments.entries.flatMap(({ id, engines }) =>
    engines
      .filter((engine) => available.has(engine))
      .map((engine) => ({
        key: `${id}/${engine}`,
        runner: makeRunner(make(id, { engine })),
        rates: [] as number[],
      })),
  );
  const total = runners.length * (options.repeats + 1);
  let done = 0;
  // The first round lets the compiler settle and is not counted.
  for (let repeat = -1; repeat < options.repeats; repeat++) {
    for (const { runner, rates } of runners) {
      const rate = runner.measure();
      if (repeat >= 0) rates.push(rate);
      options.onProgress?.(++done, total);
    }
  }
  return Object.fromEntries(runners.map(({ key, rates }) => [key, { stepsPerSecond: median(rates) }]));
}

function makeRunner(env: AnyEnv): Runner<unknown> {
  const rng = new Rng("bench/env");
  const actionsOf = <A>(sample: () => A) => Array.from({ length: BATCH }, sample);
  return hasChoices(env)
    ? new Runner(
        env,
        actionsOf(() => env.actionSpace.sample(rng)),
      )
    : new Runner(
        env,
        actionsOf(() => env.actionSpace.sample(rng).map((x) => PUSH_SHARE * x)),
      );
}

class Runner<A> {
  readonly #env: Env<A>;
  readonly #actions: readonly A[];

  constructor(env: Env<A>, actions: readonly A[]) {
    this.#env = env;
    this.#actions = actions;
    env.reset({ seed: 0 });
  }

  /** Steps a second over one slice. */
  measure(): number {
    const env = this.#env;
    const start = performance.now();
    let steps = 0;
    let elapsed = 0;
    while (elapsed < SLICE_MS) {
      for (const action of this.#actions) {
        const [, , terminated, truncated] = env.step(action);
        if (terminated || truncated) env.reset();
      }
      steps += BATCH;
      elapsed = performance.now() - start;
    }
    return (steps / elapsed) * 1000;
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
