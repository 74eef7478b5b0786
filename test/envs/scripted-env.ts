import type { Env, EnvSnapshot, ResetOptions, StepResult } from "../../core/env.ts";
import { Box, Discrete, type Space } from "../../core/space.ts";

export interface Script {
  /** What each step gives; the episode is over after the last. */
  readonly rewards: readonly number[];
  /** How the last step ends. */
  readonly end?: "terminated" | "truncated";
  readonly actionSpace?: Space<Float32Array>;
  readonly id?: string;
}

/**
 * An environment whose numbers can be followed by hand: the observation is [t, 10 + t] after t steps of the episode,
 * rewards are those of the script. It notes every action and every reset it gets.
 */
export class ScriptedEnv implements Env {
  readonly id: string;
  readonly observationSpace = new Box([0, 0], [100, 110]);
  readonly observationLabels = ["t", "10 + t"];
  readonly actionLabels = ["push"];
  readonly scene = { bodies: [], view: { xMin: 0, xMax: 1, yMin: 0, yMax: 1 } };
  readonly stepSeconds = 0.5;
  readonly rewardThreshold = 1;
  readonly maxEpisodeSteps: number;
  readonly actionSpace: Space<Float32Array>;
  readonly actions: number[][] = [];
  readonly resets: (ResetOptions | undefined)[] = [];
  closed = 0;
  #t = 0;
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
    this.id = script.id ?? "Scripted-v0";
    this.maxEpisodeSteps = script.rewards.length;
    this.actionSpace = script.actionSpace ?? new Box([-2], [2]);
  }

  reset(options?: ResetOptions): [Float32Array, Record<string, unknown>] {
    this.resets.push(options);
    this.#t = 0;
    return [this.#observe(), {}];
  }

  step(action: Float32Array): StepResult {
    this.actions.push([...action]);
    const reward = this.#script.rewards[this.#t]!;
    this.#t++;
    const over = this.#t === this.#script.rewards.length;
    const end = this.#script.end ?? "terminated";
    return [
      this.#observe(),
      reward,
      over && end === "terminated",
      over && end === "truncated",
      { t: this.#t },
    ];
  }

  state() {
    return { qpos: [this.#t], qvel: [1] };
  }

  poses(out: Float64Array): Float64Array {
    return out;
  }

  actionForceN(action: Float32Array): number {
    return 7 * action[0]!;
  }

  snapshot(): EnvSnapshot {
    return { t: this.#t };
  }

  restore(snapshot: EnvSnapshot): void {
    this.#t = snapshot.t as number;
  }

  close(): void {
    this.closed++;
  }

  #observe(): Float32Array {
    return Float32Array.of(this.#t, 10 + this.#t);
  }
}

/** What no wrapper for boxes fits. */
export const noBox = new Discrete(3) as unknown as Space<Float32Array>;
