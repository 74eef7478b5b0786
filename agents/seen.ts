import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { place, storage } from "../kernels/load.ts";
import type { Carried, Restart } from "./memory.ts";

/** One decision of a batch, as the network sees it. */
export interface SeenStep {
  /** [window, batch, observation]. */
  readonly window: Tensor3D;
  /** What it starts from; absent: on from the step before, or at rest. */
  readonly before?: Carried;
  /** Where an episode starts, if one does. */
  readonly again?: Restart | null;
}

/** Decisions of a batch, one after another, and their newest observations. */
export interface Seen {
  readonly steps: readonly SeenStep[];
  /** Decisions after these, and how many it is from each of these to the one whose value is wanted, [steps, batch]. */
  readonly later?: { readonly steps: readonly SeenStep[]; readonly hops: Float32Array };
  /** Rows: steps x batch. */
  readonly count: number;
  /** The newest observation of each decision, [steps x batch, observation]. */
  readonly newest: Tensor2D;
  /** All windows side by side, [window, steps x batch, observation]. */
  readonly windows: Tensor3D;
}

export function seenOf(steps: readonly SeenStep[]): Seen {
  const windows =
    steps.length === 1
      ? steps[0]!.window
      : (tf.concat(
          steps.map(({ window }) => window),
          1,
        ) as Tensor3D);
  const [length, count, size] = windows.shape;
  const newest = storage(windows).subarray((length - 1) * count * size);
  return { steps, count, windows, newest: place(newest, [count, size]) as Tensor2D };
}
