import type { Env, EnvSnapshot, ResetOptions, StepResult } from "../../core/env.ts";
import { UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { Box, Discrete, type Space } from "../../core/space.ts";

/** Steps of an episode; it ends by time. */
export const SIGN_STEPS = 10;
/** And where the sign has to be remembered. */
export const REMEMBERED_STEPS = 4;

/**
 * As easy as an environment can be: the observation is [s, 1] with a random sign s at every step, the reward 1 for the
 * action 0.6 s (less by the squared distance) or, with two choices, for choice 1 where s is positive and 0 else.
 * Or, to be remembered: the sign of the whole episode is shown at its start only, and then [0, 1].
 */
export class SignEnv implements Env<unknown> {
  readonly id = "Sign-v0";
  readonly observationSpace = new Box([-1, 1], [1, 1]);
  readonly observationLabels = ["s", "1"];
  readonly actionLabels = ["answer"];
  readonly scene = { bodies: [], view: { xMin: 0, xMax: 1, yMin: 0, yMax: 1 } };
  readonly stepSeconds = 0.1;
  readonly rewardThreshold = 9;
  readonly maxEpisodeSteps: number;
  readonly actionSpace: Space<unknown>;
  readonly #shown: "always" | "once";
  #rng = new Rng(0);
  #sign = 1;
  #t = 0;

  constructor(actions: "continuous" | "choices", shown: "always" | "once" = "always") {
    this.#shown = shown;
    this.maxEpisodeSteps = shown === "once" ? REMEMBERED_STEPS : SIGN_STEPS;
    this.actionSpace = actions === "choices" ? new Discrete(2) : new Box([-1], [1]);
  }

  reset(options: ResetOptions = {}): [Float32Array, Record<string, unknown>] {
    if (options.seed !== undefined) this.#rng = new Rng(options.seed);
    this.#t = 0;
    return [this.#observe(), {}];
  }

  step(action: unknown): StepResult {
    if (!this.actionSpace.contains(action)) throw new UsageError(`Sign-v0: action ${String(action)}`);
    const answer = typeof action === "number" ? 2 * action - 1 : (action as Float32Array)[0]!;
    const wanted = typeof action === "number" ? this.#sign : 0.6 * this.#sign;
    this.#t++;
    return [this.#observe(), 1 - (answer - wanted) ** 2, false, this.#t === this.maxEpisodeSteps, {}];
  }

  state() {
    return { qpos: [this.#sign], qvel: [] };
  }

  poses(out: Float64Array): Float64Array {
    return out;
  }

  actionForceN(): number {
    return 0;
  }

  snapshot(): EnvSnapshot {
    return { rng: this.#rng.snapshot(), sign: this.#sign, t: this.#t };
  }

  restore(snapshot: EnvSnapshot): void {
    const { rng, sign, t } = snapshot as unknown as {
      rng: ReturnType<Rng["snapshot"]>;
      sign: number;
      t: number;
    };
    this.#rng.restore(rng);
    this.#sign = sign;
    this.#t = t;
  }

  close(): void {
    // Nothing is held.
  }

  #observe(): Float32Array {
    if (this.#shown === "once" && this.#t > 0) return Float32Array.of(0, 1);
    this.#sign = this.#rng.uniform() < 0.5 ? -1 : 1;
    return Float32Array.of(this.#sign, 1);
  }
}
