import type { Tensor, Tensor1D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { ShapeError, SpikegymError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import { fusedAdam } from "../kernels/fused-adam.ts";
import { place, storage } from "../kernels/load.ts";
import type { AdamSettings, AdamState } from "../tensors/adam.ts";
import type { Checkpoint } from "../training/checkpoint.ts";
import type { NamedArrays } from "../training/safetensors.ts";

const stateSchema = z.strictObject({ step: z.number().int().min(0) });

/** Flat parameters part by part, each with its optimiser, and fixed tensors beside them: all that a checkpoint holds. */
export class TrainedParts {
  readonly parameters: readonly Tensor1D[];
  readonly #names: readonly string[];
  readonly #fixed: Readonly<Record<string, Tensor>>;
  #adam: readonly AdamState[];

  /** @param fixed tensors that are saved and put back, too; this object owns them from here on */
  constructor(
    names: readonly string[],
    values: readonly Float32Array[],
    fixed: Readonly<Record<string, Tensor>> = {},
  ) {
    this.#names = names;
    this.#fixed = fixed;
    this.parameters = values.map((own) => place(own) as Tensor1D);
    this.#adam = values.map(({ length }) => ({
      m: place(new Float32Array(length)) as Tensor1D,
      v: place(new Float32Array(length)) as Tensor1D,
      step: 0,
    }));
  }

  /** Updates done. */
  get step(): number {
    return this.#adam[0]?.step ?? 0;
  }

  /** One step of Adam on every part, in place. */
  update(gradients: readonly Tensor[], settings: AdamSettings): void {
    this.#adam = this.parameters.map((parameters, i) =>
      fusedAdam(parameters, gradients[i] as Tensor1D, this.#adam[i]!, settings),
    );
  }

  snapshot(): Checkpoint {
    const arrays: Record<string, { shape: number[]; values: Float32Array }> = {};
    for (const [name, tensor] of this.#named()) {
      arrays[name] = { shape: tensor.shape, values: storage(tensor).slice() };
    }
    return { arrays, state: { step: this.step } };
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
      ...this.#names.flatMap((name, i): [string, Tensor][] => [
        [name, this.parameters[i]!],
        [`adam/${name}/m`, this.#adam[i]!.m],
        [`adam/${name}/v`, this.#adam[i]!.v],
      ]),
      ...Object.entries(this.#fixed),
    ];
  }
}
