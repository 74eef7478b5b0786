import type { Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Rng } from "../core/rng.ts";
import { fusedPolyak } from "../kernels/fused-adam.ts";
import { place } from "../kernels/load.ts";
import { initialiseMlp, type MlpShape, mlp } from "../kernels/mlp.ts";
import { descend, type LearnerState, type TrainedVector } from "./learner-state.ts";

/**
 * Two critics Q_i(x, a) on the newest observation, ReLU networks, and their slowly following targets Q'_i. Of two
 * estimates the smaller is believed, because a maximising actor finds whatever one of them overrates (Fujimoto et al.
 * 2018, "Addressing function approximation error in actor-critic methods").
 */
export class TwinCritics {
  readonly #shape: MlpShape;
  readonly #critics: TrainedVector;
  readonly #targets: Tensor1D;

  constructor(
    shape: { readonly observationSize: number; readonly actionSize: number },
    hidden: readonly number[],
    state: LearnerState,
    rng: Rng,
  ) {
    this.#shape = { sizes: [shape.observationSize + shape.actionSize, ...hidden, 1], members: 2 };
    const fresh = initialiseMlp(this.#shape, rng);
    this.#critics = state.trained("critics", fresh);
    this.#targets = state.kept<Tensor1D>("targets", fresh);
  }

  /** min_i Q_i(x, a), [batch, 1]. */
  minimum(x: Tensor2D, action: Tensor2D): Tensor2D {
    const [first, second] = tf.unstack(this.#values(x, action, this.#critics.values)) as [Tensor2D, Tensor2D];
    return tf.minimum(first, second);
  }

  /** min_i Q'_i(x, a), [batch, 1]. */
  targetMinimum(x: Tensor2D, action: Tensor2D): Tensor2D {
    const [first, second] = tf.unstack(this.#values(x, action, this.#targets)) as [Tensor2D, Tensor2D];
    return tf.minimum(first, second);
  }

  /** Q_1(x, a), [batch, 1]. */
  first(x: Tensor2D, action: Tensor2D): Tensor2D {
    return tf.unstack(this.#values(x, action, this.#critics.values))[0] as Tensor2D;
  }

  /**
   * One step towards the target values: L = sum_i mean (Q_i(x, a) - y)^2.
   *
   * @param y [batch]
   * @returns the loss before the step
   */
  fit(x: Tensor2D, action: Float32Array, y: Float32Array, learningRate: number): number {
    const batch = x.shape[0];
    const actions = place(action, [batch, action.length / batch]) as Tensor2D;
    const target = place(y, [1, batch, 1]);
    return descend(
      [this.#critics],
      (parameters) =>
        tf.mul(tf.sum(tf.squaredDifference(this.#values(x, actions, parameters!), target)), 1 / batch),
      learningRate,
    );
  }

  /** Q'_i <- (1 - tau) Q'_i + tau Q_i. */
  followTargets(tau: number): void {
    fusedPolyak(this.#targets, this.#critics.values, tau);
  }

  /** Updates done. */
  get updates(): number {
    return this.#critics.adam.step;
  }

  /** [2, batch, 1]. */
  #values(x: Tensor2D, action: Tensor2D, parameters: Tensor1D): Tensor3D {
    return mlp(tf.concat([x, action], 1) as Tensor2D, parameters, this.#shape);
  }
}
