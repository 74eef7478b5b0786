import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { place, storage } from "../kernels/load.ts";
import { initialiseMlp, type MlpShape, mlp, mlpLayout } from "../kernels/mlp.ts";
import type { SpikeEncoder } from "../neurons/encoders/spike-encoder.ts";
import type { NeuronModel } from "../neurons/neuron-model.ts";
import { type Initialisation, SpikingLayer } from "../neurons/spiking-layer.ts";
import type { DecisionTrace, PopulationDescription } from "./algorithm.ts";
import { descend, type LearnerState, type TrainedVector } from "./learner-state.ts";
import { ObservationNormaliser } from "./observation-normaliser.ts";

/** What a policy is built from. */
export interface ActorShape {
  readonly neuron: NeuronModel;
  readonly encoder: SpikeEncoder;
  readonly observationSize: number;
  /** Numbers in an action; a numbered choice is one. */
  readonly actionSize: number;
  /** How many choices there are; null where actions are continuous. */
  readonly choices: number | null;
  /** Neurons in the population. */
  readonly population: number;
  /** Units of the hidden ReLU layers of each head. */
  readonly hidden: readonly number[];
  /** How the population's weights begin; Xavier's where absent. */
  readonly initialisation?: Initialisation;
  /** Whether policy and critics see observations of running mean 0 and variance 1. */
  readonly normaliseObservations?: boolean;
}

/** The heads on the population's rates: ReLU networks of one shape, side by side. */
export interface Heads {
  readonly members: number;
  /** Outputs of each. */
  readonly outputs: number;
}

/** The actor's trained vectors, for a loss to be differentiated in. */
export interface ActorParameters {
  /** Projection onto the neurons, flat. */
  readonly body: Tensor1D;
  /** All heads, flat. */
  readonly heads: Tensor1D;
}

/**
 * The published actor: one population of spiking neurons, at rest at the start of every decision, whose firing rates go
 * into ReLU heads:
 *
 *   window -> encoder -> W x + b -> neurons over all ticks -> rates -> heads
 *
 * What the heads mean (mean and log standard deviation, a value of each choice) is the algorithm's business.
 */
export class SpikingActor {
  readonly shape: ActorShape;
  readonly layer: SpikingLayer;
  readonly body: TrainedVector;
  readonly heads: TrainedVector;
  readonly constants: Tensor2D;
  readonly headShape: MlpShape;
  readonly #normaliser: ObservationNormaliser | undefined;

  /** Fresh weights, zero biases; they belong to `state` from then on. */
  constructor(shape: ActorShape, heads: Heads, state: LearnerState, rng: Rng) {
    const { neuron, encoder, observationSize, population, hidden } = shape;
    this.shape = shape;
    this.layer = new SpikingLayer(
      neuron,
      encoder.inputSize(observationSize),
      population,
      encoder.ticks,
      encoder.repeat,
    );
    this.headShape = { sizes: [this.layer.outputSize, ...hidden, heads.outputs], members: heads.members };
    this.body = state.trained("actor/body", this.layer.initialise(rng.split("body"), shape.initialisation));
    this.heads = state.trained("actor/heads", initialiseMlp(this.headShape, rng.split("heads")));
    const { rows, values } = this.layer.constants(rng.split("constants"));
    this.constants = state.kept("actor/constants", values, [rows, population]);
    if (shape.normaliseObservations === true) {
      this.#normaliser = new ObservationNormaliser(observationSize);
      state.numbersIn("observation statistics", this.#normaliser.statistics);
    }
  }

  /** Trainable parameters. */
  get parameterCount(): number {
    return this.layer.layout.count + mlpLayout(this.headShape).count;
  }

  /** What is trained now. */
  get parameters(): ActorParameters {
    return { body: this.body.values, heads: this.heads.values };
  }

  /**
   * @param windows the latest observations, oldest first, [window, batch, observation]
   * @returns [members, batch, outputs]
   */
  forward(windows: Tensor3D, { body, heads }: ActorParameters = this.parameters): Tensor3D {
    const rates = this.layer.rates(this.shape.encoder.encode(windows), body, this.constants);
    return mlp(rates, heads, this.headShape);
  }

  /** The heads' outputs for windows outside any loss; `read` sees them [members, batch, outputs] flat. */
  decide(windows: Float32Array, batch: number, read: (heads: Float32Array) => void): void {
    tf.tidy(() => read(storage(this.forward(this.place(windows, batch)))));
  }

  /** Training has seen this observation: it joins the statistics that observations are normalised by, if they are. */
  observe(observation: ArrayLike<number>): void {
    this.#normaliser?.observe(observation);
  }

  /** How observations are normalised before the encoder sees them; undefined where they are not. */
  get normalisation(): ObservationNormaliser["transform"] | undefined {
    return this.#normaliser?.transform;
  }

  /** The windows as a tensor [window, batch, observation], normalised where the actor does that. */
  place(windows: Float32Array, batch: number): Tensor3D {
    const { encoder, observationSize } = this.shape;
    if (windows.length !== encoder.window * batch * observationSize) {
      throw new ShapeError(
        "actor: windows",
        [windows.length],
        `[${encoder.window}, ${batch}, ${observationSize}] flat`,
      );
    }
    const seen = this.#normaliser?.normalise(windows) ?? windows;
    return place(seen, [encoder.window, batch, observationSize]) as Tensor3D;
  }

  /** One step of Adam against the gradients of a loss in the actor's parameters; returns the loss's value. */
  minimise(loss: (parameters: ActorParameters) => Tensor, learningRate: number): number {
    return descend(
      [this.body, this.heads],
      (body, heads) => loss({ body: body!, heads: heads! }),
      learningRate,
    );
  }

  /**
   * One decision with everything kept.
   *
   * @param decide the action and the value from the heads' outputs
   */
  trace(
    window: Float32Array,
    neurons: readonly number[],
    decide: (heads: Float32Array, window: Tensor3D) => Pick<DecisionTrace, "action" | "value">,
  ): DecisionTrace {
    const { encoder, neuron, population } = this.shape;
    return tf.tidy(() => {
      const x = this.place(window, 1);
      const { output, spikes, states } = this.layer.trace(
        encoder.encode(x),
        this.body.values,
        this.constants,
      );
      const rates = tf.mean(output, 0) as Tensor2D;
      const decision = decide(storage(mlp(rates, this.heads.values, this.headShape)), x);
      const width = neuron.variables.length;
      const variables = new Float32Array(encoder.ticks * neurons.length * width);
      const one = new Float32Array(encoder.ticks * width);
      const kept = {
        ticks: encoder.ticks,
        units: population,
        states: storage(states),
        constants: storage(this.constants),
      };
      neurons.forEach((unit, i) => {
        neuron.readVariables(kept, unit, one);
        for (let t = 0; t < encoder.ticks; t++) {
          variables.set(one.subarray(t * width, (t + 1) * width), (t * neurons.length + i) * width);
        }
      });
      return { ...decision, spikes: storage(spikes).slice(), rates: storage(rates).slice(), variables };
    });
  }

  /**
   * @param windows [window, batch, observation]
   * @param summary one number of the heads' outputs [members, batch, outputs], whose slope by each rate is asked for
   */
  describePopulation(
    windows: Float32Array,
    batch: number,
    summary: (heads: Tensor3D) => Tensor,
  ): PopulationDescription {
    const { encoder, population } = this.shape;
    return tf.tidy(() => {
      const x = this.place(windows, batch);
      const rates = this.layer.rates(encoder.encode(x), this.body.values, this.constants);
      const slope = tf.grads((r: Tensor) => summary(mlp(r as Tensor2D, this.heads.values, this.headShape)));
      const slopes = storage(slope([rates])[0]!);
      const sensitivity = new Float32Array(population);
      for (let i = 0; i < slopes.length; i++) sensitivity[i % population]! += slopes[i]! / batch;
      const weight = this.layer.layout.view(storage(this.body.values), "0/0/weight");
      const inputWeights = new Float32Array(weight.length);
      const inputs = weight.length / population;
      for (let i = 0; i < inputs; i++) {
        for (let u = 0; u < population; u++) inputWeights[u * inputs + i] = weight[i * population + u]!;
      }
      return { sensitivity, inputWeights };
    });
  }
}

/** The last observation of each window, [batch, observation]. */
export function newest(window: Tensor3D): Tensor2D {
  const [steps, batch, size] = window.shape;
  return tf.reshape(tf.slice(window, [steps - 1, 0, 0], [1, batch, size]), [batch, size]);
}
