import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { ShapeError, SpikegymError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import type { Rng } from "../core/rng.ts";
import { fusedAdam } from "../kernels/fused-adam.ts";
import { place, storage } from "../kernels/load.ts";
import type { NetworkTensors } from "../neurons/network.ts";
import type { AdamState } from "../tensors/adam.ts";
import type { Checkpoint } from "../training/checkpoint.ts";
import type { NamedArrays } from "../training/safetensors.ts";
import type { Classifier } from "./classifier.ts";
import type { ImageBatch } from "./data/batches.ts";
import { taskLoss } from "./task-loss.ts";

const stateSchema = z.strictObject({ step: z.number().int().min(0) });

/** A classifier's parameters, constants and optimiser: one visible value that is trained, saved and put back. */
export class ClassifierLearner {
  readonly classifier: Classifier;
  readonly #parameters: readonly Tensor1D[];
  readonly #constants: readonly Tensor2D[];
  #adam: readonly AdamState[];

  constructor(classifier: Classifier, rng: Rng) {
    this.classifier = classifier;
    this.#parameters = classifier
      .initialise(rng.split("parameters"))
      .map((values) => place(values) as Tensor1D);
    this.#constants = classifier
      .constants(rng.split("constants"))
      .map(({ rows, values }) => place(values, [rows, values.length / rows]) as Tensor2D);
    this.#adam = this.#parameters.map(({ size }) => ({
      m: place(new Float32Array(size)) as Tensor1D,
      v: place(new Float32Array(size)) as Tensor1D,
      step: 0,
    }));
  }

  get tensors(): NetworkTensors {
    return { parameters: this.#parameters, constants: this.#constants };
  }

  /** Images as the network takes them: scaled, [1, batch, pixels]. */
  show(images: Float32Array, batch: number): Tensor3D {
    const { pixelScale } = this.classifier.config;
    const scaled = pixelScale === 1 ? images : images.map((pixel) => pixel * pixelScale);
    return place(scaled, [1, batch, images.length / batch]) as Tensor3D;
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
        const { value, grads } = tf.valueAndGrads((...parameters: Tensor[]) => {
          const tensors = { parameters: parameters as Tensor1D[], constants: this.#constants };
          return taskLoss(
            classifier.logits(images, tensors),
            labels,
            classifier.tasks,
            weights,
            batch.size,
          ) as tf.Scalar;
        })([...this.#parameters]);
        loss += storage(value)[0]!;
        gradients = gradients === undefined ? grads : addInto(gradients, grads);
      }
      if (!Number.isFinite(loss)) {
        throw new SpikegymError(
          `multitask: the loss is ${loss} at update ${this.#adam[0]!.step + 1}; lower learningRate`,
        );
      }
      const settings = { learningRate: rate, weightDecay };
      this.#adam = this.#parameters.map((parameters, i) =>
        fusedAdam(parameters, gradients![i] as Tensor1D, this.#adam[i]!, settings),
      );
      return loss;
    });
  }

  snapshot(): Checkpoint {
    const arrays: Record<string, { shape: number[]; values: Float32Array }> = {};
    for (const [name, tensor] of this.#named()) {
      arrays[name] = { shape: tensor.shape, values: storage(tensor).slice() };
    }
    return { arrays, state: { step: this.#adam[0]!.step } };
  }

  /** Puts a snapshot back. Throws where it is of another network. */
  restore(arrays: NamedArrays, state: unknown): void {
    const { step } = parse(stateSchema, state, "checkpoint: learner");
    for (const [name, tensor] of this.#named()) {
      const array = arrays[name];
      if (array === undefined) throw new SpikegymError(`multitask: the checkpoint has no array "${name}"`);
      if (array.shape.join() !== tensor.shape.join()) {
        throw new ShapeError(
          `multitask: the checkpoint's "${name}"`,
          array.shape,
          `[${tensor.shape.join(", ")}]`,
          "it is of another network",
        );
      }
    }
    for (const [name, tensor] of this.#named()) storage(tensor).set(arrays[name]!.values as Float32Array);
    this.#adam = this.#adam.map((adam) => ({ ...adam, step }));
  }

  dispose(): void {
    for (const [, tensor] of this.#named()) tensor.dispose();
  }

  #named(): [string, Tensor][] {
    return [
      ...this.classifier.parts.flatMap(({ name }, i): [string, Tensor][] => [
        [name, this.#parameters[i]!],
        [`adam/${name}/m`, this.#adam[i]!.m],
        [`adam/${name}/v`, this.#adam[i]!.v],
      ]),
      ...this.#constants.map((tensor, i): [string, Tensor] => [`constants/${i}`, tensor]),
    ];
  }
}

/** Adds `more` to `sums` in place; both are this update's own. */
function addInto(sums: Tensor[], more: Tensor[]): Tensor[] {
  sums.forEach((sum, i) => {
    const [to, from] = [storage(sum), storage(more[i]!)];
    for (let k = 0; k < to.length; k++) to[k]! += from[k]!;
  });
  return sums;
}
