import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Rng } from "../core/rng.ts";
import { storage } from "../kernels/load.ts";
import { type CriticBody, criticBody } from "./critic-body.ts";
import type { LearnerState, TrainedVector } from "./learner-state.ts";
import type { Seen } from "./seen.ts";
import type { ActorShape } from "./spiking-actor.ts";

/** A critic V(x). */
export class ValueCritic {
  readonly vectors: readonly TrainedVector[];
  readonly #body: CriticBody;

  constructor(shape: ActorShape, hidden: readonly number[], state: LearnerState, rng: Rng) {
    const judged = { observationSize: shape.observationSize, actionSize: 0 };
    this.#body = criticBody(judged, shape.critic, hidden, 1, state, rng);
    this.vectors = this.#body.initialise(rng).map(([name, values]) => state.trained(`critic${name}`, values));
  }

  /** V(x), [rows, 1]. */
  value(seen: Seen, parameters: readonly Tensor1D[]): Tensor2D {
    return tf.reshape(this.#body.judge(seen, null, parameters), [seen.count, 1]);
  }

  /** V(x), [rows], outside any loss. */
  estimate(seen: Seen): Float32Array {
    const parameters = this.vectors.map(({ values }) => values);
    return tf.tidy(() => storage(this.value(seen, parameters)).slice());
  }
}
