import type { Env } from "../../core/env.ts";
import { UsageError } from "../../core/errors.ts";
import { Box } from "../../core/space.ts";
import { spaceRow } from "../../core/space-row.ts";
import { laneBytes, viewLanes } from "./lane-arrays.ts";
import { checkVectorOptions, LaneVector, type VectorDescription } from "./lane-vector.ts";
import { type LaneInfo, type LaneParameters, type LaneReset, Lanes } from "./lanes.ts";
import type { LaneSnapshot, VectorOptions } from "./vector-env.ts";

/** Environments that step one after the other in this thread. */
export class SyncVectorEnv extends LaneVector {
  readonly #lanes: Lanes;

  /** @param makeEnv a fresh environment at every call, always of the same kind */
  constructor(makeEnv: () => Env<unknown>, options: VectorOptions) {
    checkVectorOptions(options, "SyncVectorEnv");
    const envs = Array.from({ length: options.count }, makeEnv);
    const description = describeVector(envs[0]!);
    const sizes = { count: options.count, ...description };
    const arrays = viewLanes(new ArrayBuffer(laneBytes(sizes)), sizes);
    super(description, options, arrays);
    this.#lanes = new Lanes(envs, 0, arrays, { autoreset: this.autoreset, infos: options.infos ?? "final" });
  }

  override close(): void {
    this.#lanes.close();
  }

  protected override resetLanes(resets: readonly LaneReset[]): LaneInfo[] {
    return this.#lanes.reset(resets);
  }

  protected override stepLanes(): LaneInfo[] {
    return this.#lanes.step();
  }

  protected override changeLanes(changes: readonly LaneParameters[]): void {
    this.#lanes.setParameters(changes);
  }

  protected override saveLanes(): LaneSnapshot[] {
    return this.#lanes.snapshot();
  }

  protected override loadLanes(lanes: readonly LaneSnapshot[]): void {
    this.#lanes.restore(lanes);
  }
}

/** @throws UsageError for spaces that are no rows of numbers */
export function describeVector(env: Env<unknown>): VectorDescription {
  const { id, observationSpace, actionSpace } = env;
  if (!(observationSpace instanceof Box)) {
    throw new UsageError(
      `${id}: observations are ${observationSpace.describe()}, expected a Box for a vector environment`,
    );
  }
  return {
    id,
    observationSpace,
    actionSpace,
    observationSize: observationSpace.size,
    actionSize: spaceRow(actionSpace, `${id}: actions of a vector environment`).size,
  };
}
