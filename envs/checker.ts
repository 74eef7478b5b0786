import type { Env, StepResult } from "../core/env.ts";
import { SpikegymError } from "../core/errors.ts";
import { Rng } from "../core/rng.ts";
import { Box } from "../core/space.ts";

/** Steps each comparison takes; an episode that ends is reset. */
const STEPS = 60;

/** What a message needs. */
type Named = Pick<Env, "id" | "observationSpace">;

/**
 * Checks that an environment keeps its contract (core/env.ts), as Gymnasium's `check_env` does: what reset and step
 * return, spaces, seeds, determinism, order of calls, snapshots, poses.
 *
 * @param makeEnv a fresh environment at every call
 * @throws SpikegymError for the first rule that is broken: which environment, which rule, what it got
 */
export function checkEnv<A>(makeEnv: () => Env<A>): void {
  const env = makeEnv();
  checkDescription(env);
  checkOrder(makeEnv());
  checkReset(env);
  checkStep(env);
  checkDeterminism(makeEnv(), makeEnv());
  checkSnapshot(makeEnv(), makeEnv());
  checkTruncation(env);
  env.close();
}

function checkDescription<A>(env: Env<A>): void {
  demand(env, env.id !== "", "has an id", env.id);
  demand(env, env.stepSeconds > 0, "stepSeconds is positive", env.stepSeconds);
  demand(
    env,
    Number.isInteger(env.maxEpisodeSteps) && env.maxEpisodeSteps > 0,
    "maxEpisodeSteps is a count",
    env.maxEpisodeSteps,
  );
  for (const [name, space, labels] of [
    ["observation", env.observationSpace, env.observationLabels],
    ["action", env.actionSpace, env.actionLabels],
  ] as const) {
    if (!(space instanceof Box)) continue;
    demand(
      env,
      labels.length === space.size,
      `${name}Labels has one label an entry (${space.size})`,
      labels.length,
    );
  }
}

/** A step before the first reset is an error. */
function checkOrder<A>(env: Env<A>): void {
  const action = env.actionSpace.sample(new Rng("check/order"));
  let failed = false;
  try {
    env.step(action);
  } catch (error) {
    if (!(error instanceof SpikegymError)) throw error;
    failed = true;
  }
  demand(env, failed, "step before reset is an error", "none");
}

function checkReset<A>(env: Env<A>): void {
  const seeded = (seed: number) => [env.reset({ seed })[0], env.reset()[0]] as const;
  const [first, next] = seeded(123);
  checkObservation(env, first, "reset");
  const [again, nextAgain] = seeded(123);
  requireSame(env, first, again, "reset with the same seed starts the same");
  requireSame(env, next, nextAgain, "the reset after a seeded reset is the same again");
  demand(env, !same(first, next), "the reset after a seeded reset starts elsewhere", first);
  demand(env, !same(first, seeded(124)[0]), "another seed starts elsewhere", first);
}

function checkStep<A>(env: Env<A>): void {
  const rng = new Rng("check/step");
  const poses = new Float64Array(3 * env.scene.bodies.length);
  let [last] = env.reset({ seed: 1 });
  for (let step = 0; step < STEPS; step++) {
    const action = env.actionSpace.sample(rng);
    demand(env, env.actionSpace.contains(action), "the action space contains its samples", action);
    const copy = last.slice();
    const result: StepResult = env.step(action);
    const [observation, reward, terminated, truncated, info] = result;
    checkObservation(env, observation, "step");
    demand(
      env,
      observation !== last && same(last, copy),
      "step returns a fresh observation",
      "the last one, changed",
    );
    demand(env, Number.isFinite(reward), "the reward is finite", reward);
    demand(
      env,
      typeof terminated === "boolean" && typeof truncated === "boolean",
      "terminated and truncated are booleans",
      [terminated, truncated],
    );
    demand(env, typeof info === "object" && info !== null, "info is an object", info);
    demand(
      env,
      Number.isFinite(env.actionForceN(action)),
      "actionForceN is finite",
      env.actionForceN(action),
    );
    demand(env, env.poses(poses).every(Number.isFinite), "poses are finite", poses);
    last = terminated || truncated ? env.reset()[0] : observation;
  }
}

/** Same seed, same actions: same observations, rewards, ends. */
function checkDeterminism<A>(a: Env<A>, b: Env<A>): void {
  const actions = new Rng("check/determinism");
  requireSame(
    a,
    a.reset({ seed: 7 })[0],
    b.reset({ seed: 7 })[0],
    "two environments of one seed start the same",
  );
  for (let step = 0; step < STEPS; step++)
    stepBoth(a, b, a.actionSpace.sample(actions), "same seed, same actions");
}

/** What is restored from JSON, in another instance too, goes on to the same bits, the next resets included. */
function checkSnapshot<A>(a: Env<A>, b: Env<A>): void {
  const actions = new Rng("check/snapshot");
  a.reset({ seed: 8 });
  for (let step = 0; step < 3; step++) {
    const [, , terminated, truncated] = a.step(a.actionSpace.sample(actions));
    if (terminated || truncated) a.reset();
  }
  b.restore(JSON.parse(JSON.stringify(a.snapshot())) as ReturnType<Env["snapshot"]>);
  for (let step = 0; step < STEPS; step++)
    stepBoth(a, b, a.actionSpace.sample(actions), "restored from a snapshot");
}

function stepBoth<A>(a: Env<A>, b: Env<A>, action: A, rule: string): void {
  const [observation, reward, terminated, truncated] = a.step(action);
  const [otherObservation, otherReward, otherTerminated, otherTruncated] = b.step(action);
  requireSame(a, observation, otherObservation, `${rule}: same observations`);
  demand(a, Object.is(reward, otherReward), `${rule}: same rewards`, [reward, otherReward]);
  demand(a, terminated === otherTerminated && truncated === otherTruncated, `${rule}: same ends`, [
    terminated,
    otherTerminated,
    truncated,
    otherTruncated,
  ]);
  if (terminated || truncated) requireSame(a, a.reset()[0], b.reset()[0], `${rule}: same next start`);
}

/** An episode is over after `maxEpisodeSteps`, and a step past its end is an error. */
function checkTruncation<A>(env: Env<A>): void {
  const rng = new Rng("check/end");
  env.reset({ seed: 2 });
  let steps = 0;
  for (let over = false; !over; steps++) {
    demand(
      env,
      steps < env.maxEpisodeSteps,
      `the episode is over after maxEpisodeSteps (${env.maxEpisodeSteps})`,
      steps,
    );
    const [, , terminated, truncated] = env.step(env.actionSpace.sample(rng));
    over = terminated || truncated;
  }
  let failed = false;
  try {
    env.step(env.actionSpace.sample(rng));
  } catch (error) {
    if (!(error instanceof SpikegymError)) throw error;
    failed = true;
  }
  demand(env, failed, "step past the end is an error", "none");
}

function checkObservation(env: Named, observation: Float32Array, from: string): void {
  demand(env, observation instanceof Float32Array, `${from} returns a Float32Array`, typeof observation);
  demand(
    env,
    env.observationSpace.contains(observation),
    `${from} stays in ${env.observationSpace.describe()}`,
    observation,
  );
}

function same(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}

function requireSame(env: Named, a: Float32Array, b: Float32Array, rule: string): void {
  demand(env, same(a, b), rule, [Array.from(a), Array.from(b)]);
}

function demand(env: Named, holds: boolean, rule: string, got: unknown): void {
  if (holds) return;
  const text = typeof got === "object" ? JSON.stringify(got) : String(got);
  throw new SpikegymError(`checkEnv: ${env.id}: broken rule: ${rule}; got ${text}`);
}
