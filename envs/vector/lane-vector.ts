import type { EnvParameters } from "../../core/env.ts";
import { ShapeError, SpikegymError, UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import type { Space } from "../../core/space.ts";
import type { LaneArrays } from "./lane-arrays.ts";
import type { LaneInfo, LaneParameters, LaneReset } from "./lanes.ts";
import {
  AUTORESET_MODES,
  type AutoresetMode,
  type LaneSnapshot,
  type VectorEnv,
  type VectorOptions,
  type VectorParameters,
  type VectorResetOptions,
  type VectorSnapshot,
  type VectorStart,
  type VectorStep,
} from "./vector-env.ts";

/** What a vector says of itself. */
export interface VectorDescription {
  readonly id: string;
  readonly observationSpace: Space<Float32Array>;
  readonly actionSpace: Space;
  readonly observationSize: number;
  readonly actionSize: number;
}

/** What every vector does alike, wherever its environments run: checks, seeds, copies of the arrays. */
export abstract class LaneVector implements VectorEnv {
  readonly id: string;
  readonly count: number;
  readonly autoreset: AutoresetMode;
  readonly observationSpace: Space<Float32Array>;
  readonly actionSpace: Space;
  readonly observationSize: number;
  readonly actionSize: number;
  protected readonly arrays: LaneArrays;
  /** Why some environments may have stepped and others not; only a reset of all makes that good. */
  #torn: string | null = null;

  constructor(description: VectorDescription, options: VectorOptions, arrays: LaneArrays) {
    this.id = description.id;
    this.count = options.count;
    this.autoreset = options.autoreset ?? "next-step";
    this.observationSpace = description.observationSpace;
    this.actionSpace = description.actionSpace;
    this.observationSize = description.observationSize;
    this.actionSize = description.actionSize;
    this.arrays = arrays;
  }

  /** @throws UsageError for another number of seeds or entries of the mask than environments */
  reset(options: VectorResetOptions = {}): VectorStart {
    const { mask } = options;
    if (mask !== undefined && mask.length !== this.count) {
      throw new UsageError(`${this.id}.reset: mask has ${mask.length} entries, expected ${this.count}`);
    }
    const seeds = this.#seedsOf(options.seed);
    const parameters = this.#parametersOf(options.parameters, "reset");
    const resets: LaneReset[] = [];
    for (let lane = 0; lane < this.count; lane++) {
      if (mask !== undefined && !mask[lane]) continue;
      const own = parameters[lane];
      resets.push({
        lane,
        ...(seeds === undefined ? {} : { seed: seeds[lane]! }),
        ...(own === undefined ? {} : { parameters: own }),
      });
    }
    if (mask !== undefined) this.#checkWhole("reset");
    const infos = this.#whole(() => this.resetLanes(resets));
    return { observations: this.arrays.observations.slice(), infos: this.#spread(infos) };
  }

  /** @throws ShapeError for another number of actions; what the environments throw, with the place of the one that threw */
  step(actions: ArrayLike<number>): VectorStep {
    this.#checkWhole("step");
    if (actions.length !== this.arrays.actions.length) {
      throw new ShapeError(
        `${this.id}.step: actions`,
        [actions.length],
        `[${this.count * this.actionSize}] (${this.count} environments x ${this.actionSize})`,
      );
    }
    this.arrays.actions.set(actions);
    const infos = this.#whole(() => this.stepLanes());
    const { observations, rewards, terminated, truncated, finalObservations } = this.arrays;
    return {
      observations: observations.slice(),
      rewards: rewards.slice(),
      terminated: terminated.slice(),
      truncated: truncated.slice(),
      finalObservations: finalObservations.slice(),
      infos: this.#spread(infos),
    };
  }

  /** @throws UsageError for another number of changes than environments; what the environments throw, with the place */
  setParameters(changes: VectorParameters): void {
    this.#checkWhole("setParameters");
    const all = this.#parametersOf(changes, "setParameters").flatMap((parameters, lane) =>
      parameters === undefined ? [] : [{ lane, parameters }],
    );
    this.#whole(() => this.changeLanes(all));
  }

  snapshot(): VectorSnapshot {
    this.#checkWhole("snapshot");
    return { lanes: this.saveLanes() };
  }

  /** @throws UsageError for the snapshot of another number of environments, or of others */
  restore({ lanes }: VectorSnapshot): void {
    if (lanes?.length !== this.count) {
      throw new UsageError(
        `${this.id}.restore: the snapshot has ${lanes?.length ?? "no"} environments, expected ${this.count}`,
      );
    }
    this.#whole(() => this.loadLanes(lanes));
  }

  abstract close(): void | Promise<void>;

  protected abstract resetLanes(resets: readonly LaneReset[]): LaneInfo[];
  protected abstract stepLanes(): LaneInfo[];
  protected abstract changeLanes(changes: readonly LaneParameters[]): void;
  protected abstract saveLanes(): LaneSnapshot[];
  protected abstract loadLanes(lanes: readonly LaneSnapshot[]): void;

  /** Remembers that work was broken off in the middle. */
  #whole<T>(work: () => T): T {
    try {
      const result = work();
      this.#torn = null;
      return result;
    } catch (error) {
      this.#torn = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  #checkWhole(what: string): void {
    if (this.#torn === null) return;
    throw new SpikegymError(
      `${this.id}.${what}: an error has left the environments out of step (${this.#torn}); reset all of them first`,
    );
  }

  #seedsOf(seed: number | readonly number[] | undefined): readonly number[] | undefined {
    if (seed === undefined) return undefined;
    if (typeof seed !== "number") {
      if (seed.length === this.count) return seed;
      throw new UsageError(`${this.id}.reset: seed has ${seed.length} entries, expected ${this.count}`);
    }
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new UsageError(`${this.id}.reset: seed is ${seed}, expected an integer of at least 0`);
    }
    return Array.from({ length: this.count }, (_, lane) => laneSeed(seed, lane));
  }

  #parametersOf(changes: VectorParameters | undefined, where: string): (EnvParameters | undefined)[] {
    if (!isList(changes)) return Array<EnvParameters | undefined>(this.count).fill(changes);
    if (changes.length === this.count) return [...changes];
    throw new UsageError(
      `${this.id}.${where}: parameters has ${changes.length} entries, expected ${this.count}`,
    );
  }

  #spread(infos: readonly LaneInfo[]): VectorStep["infos"] {
    const all = new Array<LaneInfo[1] | undefined>(this.count).fill(undefined);
    for (const [lane, info] of infos) all[lane] = info;
    return all;
  }
}

function isList(changes: VectorParameters | undefined): changes is readonly (EnvParameters | undefined)[] {
  return Array.isArray(changes);
}

/** The seed of one environment of a vector: by its place, however many there are and wherever they run. */
export function laneSeed(seed: number, lane: number): number {
  return new Rng(`vector/${seed}`).split(`env/${lane}`).integer(2 ** 32);
}

/** @throws UsageError for a count, mode or choice of infos that does not exist */
export function checkVectorOptions({ count, autoreset, infos }: VectorOptions, where: string): void {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new UsageError(`${where}: count is ${count}, expected an integer of at least 1`);
  }
  if (autoreset !== undefined && !AUTORESET_MODES.includes(autoreset)) {
    throw new UsageError(
      `${where}: autoreset is "${String(autoreset)}", expected one of ${AUTORESET_MODES.join(", ")}`,
    );
  }
  if (infos !== undefined && infos !== "final" && infos !== "every") {
    throw new UsageError(`${where}: infos is "${String(infos)}", expected final or every`);
  }
}
