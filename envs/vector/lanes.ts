import type { Env, EnvParameters, Info } from "../../core/env.ts";
import { SpikegymError, UsageError } from "../../core/errors.ts";
import { type SpaceRow, spaceRow } from "../../core/space-row.ts";
import type { LaneArrays } from "./lane-arrays.ts";
import type { AutoresetMode, LaneSnapshot } from "./vector-env.ts";

/** What does not fit into arrays: the info of environment `lane`. */
export type LaneInfo = readonly [lane: number, info: Info];

/** Which environment to reset, and with which seed. */
export interface LaneReset {
  readonly lane: number;
  readonly seed?: number;
  readonly parameters?: EnvParameters;
}

/** Which environment to change, and what. */
export interface LaneParameters {
  readonly lane: number;
  readonly parameters: EnvParameters;
}

export interface LaneRules {
  readonly autoreset: AutoresetMode;
  readonly infos: "final" | "every";
}

/** Some of a vector's environments, those of one thread: `envs[k]` reads and writes row `first + k`. */
export class Lanes {
  readonly #envs: readonly Env<unknown>[];
  readonly #first: number;
  readonly #arrays: LaneArrays;
  readonly #rules: LaneRules;
  readonly #row: SpaceRow<unknown>;
  readonly #observationSize: number;
  readonly #over: boolean[];

  /** @param envs at least one; `arrays` those of the whole vector */
  constructor(envs: readonly Env<unknown>[], first: number, arrays: LaneArrays, rules: LaneRules) {
    this.#envs = envs;
    this.#first = first;
    this.#arrays = arrays;
    this.#rules = rules;
    this.#row = spaceRow(envs[0]!.actionSpace, envs[0]!.id);
    this.#observationSize = arrays.observations.length / arrays.rewards.length;
    this.#over = envs.map(() => false);
  }

  /** Resets those of the list that are here. */
  reset(resets: readonly LaneReset[]): LaneInfo[] {
    const infos: LaneInfo[] = [];
    for (const reset of resets) {
      const k = reset.lane - this.#first;
      if (k < 0 || k >= this.#envs.length) continue;
      try {
        infos.push([reset.lane, this.#reset(k, reset)]);
      } catch (error) {
        throw named(error, reset.lane);
      }
    }
    return infos;
  }

  /** Changes those of the list that are here. */
  setParameters(changes: readonly LaneParameters[]): void {
    for (const { lane, parameters } of changes) {
      const env = this.#envs[lane - this.#first];
      if (env === undefined) continue;
      if (env.setParameters === undefined)
        throw new UsageError(`${env.id} has no parameters that can change`);
      try {
        env.setParameters(parameters);
      } catch (error) {
        throw named(error, lane);
      }
    }
  }

  /** One step of all, with the actions that stand in the arrays. */
  step(): LaneInfo[] {
    const infos: LaneInfo[] = [];
    for (let k = 0; k < this.#envs.length; k++) {
      try {
        this.#step(k, infos);
      } catch (error) {
        throw named(error, this.#first + k);
      }
    }
    return infos;
  }

  snapshot(): LaneSnapshot[] {
    return this.#envs.map((env, k) => ({ env: env.snapshot(), over: this.#over[k]! }));
  }

  /** @param lanes those of the whole vector */
  restore(lanes: readonly LaneSnapshot[]): void {
    this.#envs.forEach((env, k) => {
      const { env: snapshot, over } = lanes[this.#first + k]!;
      env.restore(snapshot);
      this.#over[k] = over;
    });
  }

  close(): void {
    for (const env of this.#envs) env.close();
  }

  #step(k: number, infos: LaneInfo[]): void {
    const { actions, rewards, observations, finalObservations, terminated, truncated } = this.#arrays;
    const lane = this.#first + k;
    const size = this.#observationSize;
    finalObservations.fill(0, lane * size, (lane + 1) * size);
    if (this.#over[k]) {
      if (this.#rules.autoreset !== "next-step") {
        throw new SpikegymError('its episode has ended; reset it with a mask, or use autoreset "next-step"');
      }
      rewards[lane] = 0;
      terminated[lane] = 0;
      truncated[lane] = 0;
      const info = this.#reset(k);
      if (this.#rules.infos === "every") infos.push([lane, info]);
      return;
    }
    const action = this.#row.read(actions, lane * this.#row.size);
    const [observation, reward, ended, cut, info] = this.#envs[k]!.step(action);
    rewards[lane] = reward;
    terminated[lane] = ended ? 1 : 0;
    truncated[lane] = cut ? 1 : 0;
    const over = ended || cut;
    if (over || this.#rules.infos === "every") infos.push([lane, info]);
    if (!over) {
      observations.set(observation, lane * size);
      return;
    }
    finalObservations.set(observation, lane * size);
    if (this.#rules.autoreset === "same-step") this.#reset(k);
    else {
      observations.set(observation, lane * size);
      this.#over[k] = true;
    }
  }

  #reset(k: number, options: Omit<LaneReset, "lane"> = {}): Info {
    const lane = this.#first + k;
    const { seed, parameters } = options;
    const [observation, info] = this.#envs[k]!.reset({
      ...(seed === undefined ? {} : { seed }),
      ...(parameters === undefined ? {} : { parameters }),
    });
    this.#arrays.observations.set(observation, lane * this.#observationSize);
    this.#over[k] = false;
    return info;
  }
}

/** The same kind of error, with the environment's place in the vector before its message. */
function named(error: unknown, lane: number): unknown {
  if (!(error instanceof SpikegymError)) return error;
  const message = `environment ${lane} of the vector: ${error.message}`;
  return error instanceof UsageError ? new UsageError(message) : new SpikegymError(message);
}
