import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { SpikegymError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { place, storage } from "../kernels/load.ts";
import type { NetworkTensors } from "../neurons/network.ts";
import type { Checkpoint } from "../training/checkpoint.ts";
import type { NamedArrays } from "../training/safetensors.ts";
import type { Classifier } from "./classifier.ts";
import type { ImageBatch } from "./data/batches.ts";
import { taskLoss } from "./task-loss.ts";
import { TrainedParts } from "./trained-parts.ts";

/** A classifier with its parameters, constants and optimiser: one visible value that is trained, saved and put back. */
export class ClassifierLearner {
  readonly classifier: Classifier;
  readonly #parts: TrainedParts;
  readonly #constants: readonly Tensor2D[];

  constructor(classifier: Classifier, rng: Rng) {
    this.classifier = classifier;
    this.#constants = classifier
      .constants(rng.split("constants"))
      .map(({ rows, values }) => place(values, [rows, values.length / rows]) as Tensor2D);
    this.#parts = new TrainedParts(
      classifier.parts.map(({ name }) => name),
      classifier.initialise(rng.split("parameters")),
      Object.fromEntries(this.#constants.map((tensor, i) => [`constants/${i}`, tensor])),
    );
  }

  get tensors(): NetworkTensors {
    return { parameters: this.#parts.parameters, constants: this.#constants };
  }

  /** Images as the network takes them: scaled, [1, batch, pixels]. */
  show(images: Float32Array, batch: number): Tensor3D {
    return showImages(images, batch, this.classifier.config.pixelScale);
  }

  /** Answers to all tasks [batch, classes], before any softmax. */
  answers(images: Float32Array, batch: number): Float32Array {
    return tf.tidy(() => storage(this.classifier.logits(this.show(images, batch), this.tensors)).slice());
  }

  /**
   * One step of Adam on the weighted sum of the tasks' cross-entropies. The batch is worked on in chunks whose
   * gradients are summed: the same step, in less memory.
   *
   * @returns the loss before the step
   */
  update(batch: ImageBatch, weights: readonly number[], rate: number): number {
    const { classifier } = this;
    const { chunk, weightDecay } = classifier.config;
    const pixels = batch.images.length / batch.size;
    return tf.tidy(() => {
      let gradients: Tensor[] | undefined;
      let loss = 0;
      for (let from = 0; from < batch.size; from += chunk) {
        const to = Math.min(from + chunk, batch.size);
        const images = this.show(batch.images.subarray(from * pixels, to * pixels), to - from);
        const labels = batch.labels.map((all) => all.subarray(from, to));
        // A chunk's tensors go before the next one's come.
        const part = tf.tidy(() =>
          tf.valueAndGrads((...parameters: Tensor[]) => {
            const tensors = { parameters: parameters as Tensor1D[], constants: this.#constants };
            const logits = classifier.logits(images, tensors);
            return taskLoss(logits, labels, classifier.tasks, weights, batch.size) as tf.Scalar;
          })([...this.#parts.parameters]),
        );
        loss += storage(part.value)[0]!;
        gradients = gradients === undefined ? part.grads : addInto(gradients, part.grads);
      }
      if (!Number.isFinite(loss)) {
        throw new SpikegymError(
          `multitask: the loss is ${loss} at update ${this.#parts.step + 1}; lower learningRate`,
        );
      }
      this.#parts.update(gradients!, { learningRate: rate, weightDecay });
      return loss;
    });
  }

  snapshot(): Checkpoint {
    return this.#parts.snapshot();
  }

  /** Puts a snapshot back. Throws where it is of another network. */
  restore(arrays: NamedArrays, state: unknown): void {
    this.#parts.restore(arrays, state);
  }

  dispose(): void {
    this.#parts.dispose();
  }
}

/** Images [batch, pixels] as networks take them, [1, batch, pixels], their pixels scaled. */
export function showImages(images: Float32Array, batch: number, scale: number): Tensor3D {
  const scaled = scale === 1 ? images : images.map((pixel) => pixel * scale);
  return place(scaled, [1, batch, images.length / batch]) as Tensor3D;
}

/** Adds `more` to `sums` in place, both being an update's own, and lets `more` go. */
function addInto(sums: Tensor[], more: Tensor[]): Tensor[] {
  sums.forEach((sum, i) => {
    const [to, from] = [storage(sum), storage(more[i]!)];
    for (let k = 0; k < to.length; k++) to[k]! += from[k]!;
    more[i]!.dispose();
  });
  return sums;
}
