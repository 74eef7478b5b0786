import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Rng } from "../core/rng.ts";
import { storage } from "../kernels/load.ts";
import { initialiseMlp, type MlpShape, mlp } from "../kernels/mlp.ts";
import type { LearnerState, TrainedVector } from "./learner-state.ts";

/** A critic V(x) on the newest observation, a ReLU network. */
export class ValueCritic {
  readonly vector: TrainedVector;
  readonly #shape: MlpShape;

  constructor(observationSize: number, hidden: readonly number[], state: LearnerState, rng: Rng) {
    this.#shape = { sizes: [observationSize, ...hidden, 1], members: 1 };
    this.vector = state.trained("critic", initialiseMlp(this.#shape, rng));
  }

  /** V(x), [batch, 1]. */
  value(x: Tensor2D, parameters: Tensor1D = this.vector.values): Tensor2D {
    return tf.reshape(mlp(x, parameters, this.#shape), [x.shape[0], 1]);
  }

  /** V(x), [batch], outside any loss. */
  estimate(x: Tensor2D): Float32Array {
    return tf.tidy(() => storage(this.value(x)).slice());
  }
}
