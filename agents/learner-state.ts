import type { Tensor, Tensor1D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { ShapeError, SpikegymError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import { fusedAdam } from "../kernels/fused-adam.ts";
import { place, storage } from "../kernels/load.ts";
import type { AdamState } from "../tensors/adam.ts";
import type { LearnerSnapshot } from "./algorithm.ts";

/** One flat vector of parameters with its optimiser (Adam); both change in place. */
export class TrainedVector {
  readonly values: Tensor1D;
  adam: AdamState;

  constructor(values: Float32Array) {
    this.values = place(values) as Tensor1D;
    const zeros = () => place(new Float32Array(values.length)) as Tensor1D;
    this.adam = { m: zeros(), v: zeros(), step: 0 };
  }

  /** One step of Adam against the gradient. */
  descend(gradient: Tensor1D, learningRate: number): void {
    this.adam = fusedAdam(this.values, gradient, this.adam, { learningRate });
  }
}

/**
 * One step of Adam on each vector against the gradient of a loss in all of them.
 *
 * @param loss of the vectors' tensors, in their order
 * @param largestNorm gradients are scaled down to this length of all of them together, if they are longer
 * @returns the loss before the step
 */
export function descend(
  vectors: readonly TrainedVector[],
  loss: (...values: Tensor1D[]) => Tensor,
  learningRate: number,
  largestNorm = Number.POSITIVE_INFINITY,
): number {
  const { value, grads } = tf.valueAndGrads(loss as (...values: Tensor[]) => Tensor)(
    vectors.map(({ values }) => values),
  );
  if (Number.isFinite(largestNorm)) clipNorm(grads as Tensor1D[], largestNorm);
  vectors.forEach((vector, i) => {
    vector.descend(grads[i] as Tensor1D, learningRate);
  });
  return storage(value)[0]!;
}

/** Scales gradients, in place, to at most this length of all of them together (Pascanu et al. 2013). */
function clipNorm(gradients: readonly Tensor1D[], largest: number): void {
  let squares = 0;
  for (const gradient of gradients) for (const g of storage(gradient)) squares += g * g;
  const norm = Math.sqrt(squares);
  if (!(norm > largest)) return;
  for (const gradient of gradients) {
    const values = storage(gradient);
    for (let i = 0; i < values.length; i++) values[i]! *= largest / norm;
  }
}

const stateSchema = z.strictObject({
  /** Updates of each trained vector's optimiser. */
  adamSteps: z.record(z.string(), z.number().int().min(0)),
  numbers: z.record(z.string(), z.number()),
  /** Arrays in double precision. */
  doubles: z.record(z.string(), z.array(z.number())).default({}),
});

/**
 * Everything a learner consists of, by name: trained vectors, their optimisers, targets, constants, and a few counters.
 * An algorithm registers what it makes, and can then be saved, put back to the bit, and disposed of.
 */
export class LearnerState {
  readonly #algorithm: string;
  readonly #tensors: [name: string, tensor: Tensor][] = [];
  readonly #trained: [name: string, vector: TrainedVector][] = [];
  readonly #doubles: [name: string, values: Float64Array][] = [];
  /** Counters and other single numbers; an algorithm reads and writes them. */
  readonly numbers: Record<string, number> = {};

  /** @param algorithm for messages */
  constructor(algorithm: string) {
    this.#algorithm = algorithm;
  }

  trained(name: string, values: Float32Array): TrainedVector {
    const vector = new TrainedVector(values);
    this.#tensors.push(
      [name, vector.values],
      [`adam/${name}/m`, vector.adam.m],
      [`adam/${name}/v`, vector.adam.v],
    );
    this.#trained.push([name, vector]);
    return vector;
  }

  /** What no optimiser changes: targets, neurons' constants. */
  kept<T extends Tensor>(name: string, values: Float32Array, shape: number[] = [values.length]): T {
    const tensor = place(values, shape) as T;
    this.#tensors.push([name, tensor]);
    return tensor;
  }

  /** Numbers in double precision that their owner changes as it goes. */
  numbersIn(name: string, values: Float64Array): void {
    this.#doubles.push([name, values]);
  }

  snapshot(): LearnerSnapshot {
    const arrays = Object.fromEntries(
      this.#tensors.map(([name, tensor]) => [name, { shape: tensor.shape, values: storage(tensor).slice() }]),
    );
    const adamSteps = Object.fromEntries(this.#trained.map(([name, { adam }]) => [name, adam.step]));
    const doubles = Object.fromEntries(this.#doubles.map(([name, values]) => [name, [...values]]));
    return { arrays, state: { adamSteps, numbers: { ...this.numbers }, doubles } };
  }

  /**
   * Puts a snapshot back; nothing is changed unless all of it fits.
   *
   * @throws ShapeError or SpikegymError for the snapshot of another network, naming the array
   */
  restore({ arrays, state }: LearnerSnapshot): void {
    for (const [name, tensor] of this.#tensors) {
      const array = arrays[name];
      if (array === undefined) {
        throw new SpikegymError(`${this.#algorithm}: the checkpoint has no array "${name}"`);
      }
      if (array.shape.join() !== tensor.shape.join()) {
        throw new ShapeError(
          `${this.#algorithm}: the checkpoint's "${name}"`,
          array.shape,
          `[${tensor.shape.join(", ")}]`,
          "it is of another network",
        );
      }
    }
    const { adamSteps, numbers, doubles } = parse(
      stateSchema,
      state,
      `${this.#algorithm}: the checkpoint's learner`,
    );
    for (const [name] of this.#trained) {
      if (adamSteps[name] === undefined) {
        throw new SpikegymError(`${this.#algorithm}: the checkpoint has no optimiser steps of "${name}"`);
      }
    }
    for (const [name, values] of this.#doubles) {
      const length = doubles[name]?.length ?? 0;
      if (length !== values.length) {
        throw new ShapeError(
          `${this.#algorithm}: the checkpoint's "${name}"`,
          [length],
          `[${values.length}]`,
          "it is of another network",
        );
      }
    }
    for (const [name, tensor] of this.#tensors) storage(tensor).set(arrays[name]!.values);
    for (const [name, values] of this.#doubles) values.set(doubles[name]!);
    for (const [name, vector] of this.#trained) vector.adam = { ...vector.adam, step: adamSteps[name]! };
    Object.assign(this.numbers, numbers);
  }

  dispose(): void {
    for (const [, tensor] of this.#tensors) tensor.dispose();
  }
}
