import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Rng } from "../core/rng.ts";
import { fusedPolyak } from "../kernels/fused-adam.ts";
import { place } from "../kernels/load.ts";
import { smallestMember, squaredErrors } from "../kernels/loss-ops.ts";
import { type CriticBody, criticBody } from "./critic-body.ts";
import { descend, type LearnerState, type TrainedVector } from "./learner-state.ts";
import type { Seen } from "./seen.ts";
import type { ActorShape } from "./spiking-actor.ts";

/**
 * Two critics Q_i(x, a) and their slowly following targets Q'_i. Of two estimates the smaller is believed, because a
 * maximising actor finds whatever one of them overrates (Fujimoto et al. 2018, "Addressing function approximation error
 * in actor-critic methods").
 */
export class TwinCritics {
  readonly #body: CriticBody;
  readonly #critics: readonly TrainedVector[];
  readonly #targets: readonly Tensor1D[];

  constructor(shape: ActorShape, hidden: readonly number[], state: LearnerState, rng: Rng) {
    this.#body = criticBody(shape, shape.critic, hidden, 2, state, rng);
    const fresh = this.#body.initialise(rng);
    this.#critics = fresh.map(([name, values]) => state.trained(`critics${name}`, values));
    this.#targets = fresh.map(([name, values]) => state.kept<Tensor1D>(`targets${name}`, values));
  }

  /** min_i Q_i(x, a), [rows, 1]. */
  minimum(seen: Seen, action: Tensor2D): Tensor2D {
    return smallestMember(this.#body.judge(seen, action, this.#parameters));
  }

  /** min_i Q'_i(x, a), [rows, 1]. */
  targetMinimum(seen: Seen, action: Tensor2D): Tensor2D {
    return smallestMember(this.#body.judge(seen, action, this.#targets));
  }

  /** Q_1(x, a), [rows, 1]. */
  first(seen: Seen, action: Tensor2D): Tensor2D {
    return tf.unstack(this.#body.judge(seen, action, this.#parameters))[0] as Tensor2D;
  }

  /**
   * One step towards the target values: L = sum_i mean (Q_i(x, a) - y)^2.
   *
   * @param y [rows]
   * @returns the loss before the step
   */
  fit(seen: Seen, action: Float32Array, y: Float32Array, learningRate: number): number {
    const actions = place(action, [seen.count, action.length / seen.count]) as Tensor2D;
    const target = place(y, [seen.count, 1]) as Tensor2D;
    return descend(
      this.#critics,
      (...parameters) => squaredErrors(this.#body.judge(seen, actions, parameters), target),
      learningRate,
    );
  }

  /** Q'_i <- (1 - tau) Q'_i + tau Q_i. */
  followTargets(tau: number): void {
    this.#targets.forEach((target, i) => {
      fusedPolyak(target, this.#critics[i]!.values, tau);
    });
  }

  /** Updates done. */
  get updates(): number {
    return this.#critics[0]!.adam.step;
  }

  get #parameters(): Tensor1D[] {
    return this.#critics.map(({ values }) => values);
  }
}
