import type { Definition } from "../../../core/catalogue.ts";
import type { Rng } from "../../../core/rng.ts";
import type { AxisValues } from "../spec.ts";

/** One axis of a sweep by name, and its values. */
export type Axis = readonly [name: string, values: AxisValues];

/** A value for each axis. */
export type DesignPoint = Readonly<Record<string, unknown>>;

/** Points of a design, none held in memory before it is asked for. */
export interface PointList {
  readonly length: number;
  at(index: number): DesignPoint;
}

/** A way of putting axes together. */
export interface DesignDefinition extends Definition {
  /**
   * @param samples how many points; undefined where the sweep does not say
   * @throws UsageError for axes or samples it cannot use
   */
  points(axes: readonly Axis[], samples: number | undefined, rng: Rng): PointList;
}
