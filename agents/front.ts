import type { Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import { UsageError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import type { SpikeEncoder } from "../neurons/encoders/spike-encoder.ts";
import { makeLayer } from "../neurons/layers/index.ts";
import { sizeOf } from "../neurons/layers/input-shape.ts";
import type { Layer } from "../neurons/layers/layer.ts";
import type { NeuronModel } from "../neurons/neuron-model.ts";
import type { LearnerState } from "./learner-state.ts";
import type { Carried } from "./memory.ts";

/** One spiking layer before the population. */
export interface FrontLayer {
  readonly name: string;
  /** An id of the layer catalogue. */
  readonly kind: string;
  readonly parameters: unknown;
  readonly neuron: NeuronModel;
}

/** What the population is shown, and for how many ticks each. */
interface Shown {
  readonly inputs: Tensor3D;
  readonly repeat: number;
  /** Of each layer, what its next run goes on from; empty where the run began at rest. */
  readonly after: Carried;
}

/**
 * What stands before a population: the encoder, whose parameters may be trained, and any spiking layers between it and
 * the population, each handing every tick on:
 *
 *   window -> encoder -> layer -> ... -> layer -> what the population is shown
 */
export class Front {
  readonly #encoder: SpikeEncoder;
  readonly #observationSize: number;
  /** The first one first. */
  readonly layers: readonly Layer[];
  /** Fixed, [rows, units] of each layer. */
  readonly constants: readonly Tensor2D[];
  /** Numbers of one input of the population. */
  readonly outputSize: number;
  /** Ticks each input is shown to the population for. */
  readonly repeat: number;

  /** @param state keeps the layers' constants */
  constructor(
    encoder: SpikeEncoder,
    observationSize: number,
    plan: readonly FrontLayer[],
    state: LearnerState,
    name: string,
    rng: Rng,
  ) {
    this.#encoder = encoder;
    this.#observationSize = observationSize;
    let shape: readonly number[] = [encoder.inputSize(observationSize)];
    this.layers = plan.map(({ name: own, kind, parameters, neuron }, i) => {
      if (own === "population" || plan.findIndex((other) => other.name === own) !== i) {
        throw new UsageError(
          `policy.layers: two layers are called "${own}"; give each a name of its own (the population's is taken)`,
        );
      }
      const layer = makeLayer(kind, parameters, { name: own, inputShape: shape, model: neuron });
      shape = layer.outputShape;
      return layer;
    });
    this.outputSize = sizeOf(shape);
    this.repeat = this.layers.length === 0 ? encoder.repeat : 1;
    this.constants = this.layers.map((layer) => {
      const { rows, values } = layer.constants(encoder.ticks, rng.split(`${layer.name}/constants`));
      return state.kept<Tensor2D>(`${name}/${layer.name}/constants`, values, [rows, layer.units]);
    });
  }

  /** Whether anything but the encoder stands there. */
  get isPlain(): boolean {
    return this.layers.length === 0 && this.#encoder.trained === undefined;
  }

  /** Trainable parameters. */
  get parameterCount(): number {
    const encoder = this.#encoder.trained?.layout(this.#observationSize).count ?? 0;
    return this.layers.reduce((sum, { layout }) => sum + layout.count, encoder);
  }

  /** Fresh parameters by name: the encoder's, if they are trained, and each layer's. */
  initialise(rng: Rng): (readonly [name: string, values: Float32Array])[] {
    const { trained } = this.#encoder;
    return [
      ...(trained === undefined
        ? []
        : [["encoder", trained.initialise(this.#observationSize, rng.split("encoder"))] as const]),
      ...this.layers.map((layer) => [layer.name, layer.initialise(rng.split(layer.name))] as const),
    ];
  }

  /** What its layers carry before anything was shown. */
  rest(batch: number): Carried {
    return this.layers.map((layer) => layer.rest(batch));
  }

  /**
   * @param window [window, batch, observation]
   * @param parameters in the order of `initialise`
   * @param before what each layer goes on from; at rest where absent
   */
  show(window: Tensor3D, parameters: readonly Tensor1D[], before?: Carried): Shown {
    const trained = this.#encoder.trained === undefined ? 0 : 1;
    const own = trained === 0 ? {} : { parameters: parameters[0]! };
    let inputs = this.#encoder.encode(window, own);
    let { repeat } = this.#encoder;
    const after: Tensor3D[] = [];
    this.layers.forEach((layer, i) => {
      const tensors = { parameters: parameters[trained + i]!, constants: this.constants[i]! };
      if (before === undefined) {
        inputs = layer.outputs(inputs, repeat, tensors);
      } else {
        const run = layer.outputsCarry(inputs, repeat, tensors, before[i]!);
        inputs = run.outputs;
        after.push(run.after);
      }
      repeat = 1;
    });
    return { inputs, repeat, after };
  }
}
