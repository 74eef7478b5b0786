import type { Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import type { Rng } from "../core/rng.ts";
import { initialiseMlp, type MlpShape, mlp, mlpLayout } from "../kernels/mlp.ts";
import type { SpikeEncoder } from "../neurons/encoders/spike-encoder.ts";
import type { NeuronModel } from "../neurons/neuron-model.ts";
import { SpikingLayer } from "../neurons/spiking-layer.ts";

/** What a policy is built from. */
export interface ActorShape {
  readonly neuron: NeuronModel;
  readonly encoder: SpikeEncoder;
  readonly observationSize: number;
  readonly actionSize: number;
  /** Neurons in the population. */
  readonly population: number;
  /** Units of the two hidden ReLU layers of each head. */
  readonly hidden: readonly number[];
}

/** The actor's arrays; all but `constants` are trained. */
export interface ActorParameters {
  /** Projection onto the neurons, flat. */
  readonly body: Tensor1D;
  /** Both heads, flat. */
  readonly heads: Tensor1D;
  /** The neurons' fixed constants [rows, population]. */
  readonly constants: Tensor2D;
}

/**
 * The published actor: one population of spiking neurons, at rest at the start of every decision, whose firing rates
 * go into two ReLU heads (mean and log standard deviation of a Gaussian that tanh squashes):
 *
 *   window -> encoder -> W x + b -> neurons over all ticks -> rates -> heads -> [mean, log std]
 */
export class SpikingActor {
  readonly shape: ActorShape;
  readonly layer: SpikingLayer;
  readonly heads: MlpShape;

  constructor(shape: ActorShape) {
    const { neuron, encoder, observationSize, population, hidden, actionSize } = shape;
    this.shape = shape;
    this.layer = new SpikingLayer(
      neuron,
      encoder.inputSize(observationSize),
      population,
      encoder.ticks,
      encoder.repeat,
    );
    this.heads = { sizes: [population, ...hidden, actionSize], members: 2 };
  }

  /** Trainable parameters. */
  get parameterCount(): number {
    return this.layer.layout.count + mlpLayout(this.heads).count;
  }

  /** Fresh arrays: Xavier-uniform weights, zero biases. */
  initialise(rng: Rng) {
    return {
      body: this.layer.initialise(rng.split("body")),
      heads: initialiseMlp(this.heads, rng.split("heads")),
      constants: this.layer.constants(rng.split("constants")),
    };
  }

  /**
   * @param window the latest observations, oldest first, [window, batch, observation]
   * @returns [2, batch, action]: mean and log standard deviation before squashing
   */
  forward(window: Tensor3D, { body, heads, constants }: ActorParameters): Tensor3D {
    const rates = this.layer.rates(this.shape.encoder.encode(window), body, constants);
    return mlp(rates, heads, this.heads);
  }
}
