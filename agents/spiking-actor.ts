import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { fusedPolyak } from "../kernels/fused-adam.ts";
import { place, storage } from "../kernels/load.ts";
import { mlp } from "../kernels/mlp.ts";
import { initialiseMlp, type MlpShape, mlpLayout } from "../kernels/mlp-shape.ts";
import type { SpikeEncoder } from "../neurons/encoders/spike-encoder.ts";
import type { NeuronModel } from "../neurons/neuron-model.ts";
import { type Initialisation, SpikingLayer } from "../neurons/spiking-layer.ts";
import type { CriticShape } from "./critic-body.ts";
import type { ObservedSequence } from "./experience.ts";
import { Front, type FrontLayer } from "./front.ts";
import { descend, type LearnerState, type TrainedVector } from "./learner-state.ts";
import { type Carried, gatherCarried, Memory, restart, restartAt } from "./memory.ts";
import { ObservationNormaliser } from "./observation-normaliser.ts";
import { type Schedule, valueAt } from "./schedule.ts";
import { type Seen, type SeenStep, seenOf } from "./seen.ts";

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
  /** Spiking layers between the encoder and the population, the first first; none where absent. */
  readonly layers?: readonly FrontLayer[];
  /** How the population's weights begin; Xavier's where absent. */
  readonly initialisation?: Initialisation;
  /** Whether policy and critics see observations of running mean 0 and variance 1. */
  readonly normaliseObservations?: boolean;
  /** Whether the neurons are at rest at the start of every decision (where absent), or only of every episode. */
  readonly state?: "reset" | "episode";
  /**
   * Share by which an averaged policy, the one that is evaluated and kept, follows the trained one at each update; 1
   * where absent: they are one.
   */
  readonly averaging?: number;
  /** Factor on the width of the surrogate gradient, or its schedule; 1 where absent. */
  readonly surrogateScale?: Schedule;
  /** Spiking neurons in the critics; ReLU networks alone where absent. */
  readonly critic?: CriticShape | null;
}

/** The heads on the population's rates: ReLU networks of one shape, side by side. */
export interface Heads {
  readonly members: number;
  /** Outputs of each. */
  readonly outputs: number;
}

/** The actor's trained vectors, for a loss to be differentiated in. */
export interface ActorParameters {
  /** Of what stands before the population (front.ts), one flat vector a part; mostly none. */
  readonly front: readonly Tensor1D[];
  /** Projection onto the neurons, flat. */
  readonly body: Tensor1D;
  /** All heads, flat. */
  readonly heads: Tensor1D;
}

/** What goes with a step of the actor's optimiser. */
export interface MinimiseOptions {
  readonly learningRate: number;
  /** Longer gradients are scaled down to this length. */
  readonly largestGradient?: number;
  /** Trained by the same loss, and handed to it after the actor's own. */
  readonly beside?: readonly TrainedVector[];
}

/**
 * The published actor: one population of spiking neurons whose firing rates go into ReLU heads:
 *
 *   window -> encoder (-> further spiking layers) -> W x + b -> neurons over all ticks -> rates -> heads
 *
 * The neurons are at rest at the start of every decision, or they go on through the episode; what they carry from one
 * decision to the next is then the policy's memory. What the heads mean (mean and log standard deviation, a value of
 * each choice) is the algorithm's business.
 */
export class SpikingActor {
  readonly shape: ActorShape;
  readonly front: Front;
  readonly body: TrainedVector;
  readonly heads: TrainedVector;
  readonly constants: Tensor2D;
  readonly headShape: MlpShape;
  /** How what is carried lies in a policy's memory; null where nothing is. */
  readonly memory: Memory | null;
  /** A policy's memory at the start of an episode; empty where nothing is carried. */
  readonly restMemory: Float32Array;
  /** The parameters that are evaluated and kept: the trained ones, or those that follow them. */
  readonly evaluated: ActorParameters;
  readonly #frontVectors: readonly TrainedVector[];
  #layer: SpikingLayer;
  #surrogateScale = 1;
  readonly #normaliser: ObservationNormaliser | undefined;

  /** Fresh weights, zero biases; they belong to `state` from then on. */
  constructor(shape: ActorShape, heads: Heads, state: LearnerState, rng: Rng) {
    const { population, hidden, observationSize, encoder, averaging = 1 } = shape;
    this.shape = shape;
    this.front = new Front(encoder, observationSize, shape.layers ?? [], state, "actor", rng);
    this.#layer = layerOf(shape, this.front, 1);
    this.headShape = { sizes: [this.#layer.outputSize, ...hidden, heads.outputs], members: heads.members };
    // What is called "actor" is what is evaluated, perturbed and exported.
    const trained = averaging === 1 ? "actor" : "trained";
    const fresh = this.front.initialise(rng.split("front"));
    this.#frontVectors = fresh.map(([name, values]) => state.trained(`${trained}/${name}`, values));
    this.body = state.trained(
      `${trained}/body`,
      this.#layer.initialise(rng.split("body"), shape.initialisation),
    );
    this.heads = state.trained(`${trained}/heads`, initialiseMlp(this.headShape, rng.split("heads")));
    const { rows, values } = this.#layer.constants(rng.split("constants"));
    this.constants = state.kept("actor/constants", values, [rows, population]);
    this.evaluated =
      averaging === 1
        ? this.parameters
        : {
            front: fresh.map(([name, values]) => state.kept<Tensor1D>(`actor/${name}`, values)),
            body: state.kept("actor/body", storage(this.body.values).slice()),
            heads: state.kept("actor/heads", storage(this.heads.values).slice()),
          };
    const rest = tf.tidy(() => (this.carries ? this.#rest(1) : []));
    this.memory = this.carries ? new Memory(rest) : null;
    this.restMemory = this.memory?.rest ?? new Float32Array(0);
    tf.dispose(rest);
    if (shape.normaliseObservations === true) {
      this.#normaliser = new ObservationNormaliser(observationSize);
      state.numbersIn("observation statistics", this.#normaliser.statistics);
    }
  }

  /** Whether the neurons go on from decision to decision. */
  get carries(): boolean {
    return this.shape.state === "episode";
  }

  get layer(): SpikingLayer {
    return this.#layer;
  }

  /** Trainable parameters. */
  get parameterCount(): number {
    return this.front.parameterCount + this.#layer.layout.count + mlpLayout(this.headShape).count;
  }

  /** What is trained now. */
  get parameters(): ActorParameters {
    const front = this.#frontVectors.map(({ values }) => values);
    return { front, body: this.body.values, heads: this.heads.values };
  }

  /** The heads of all steps of what was seen, [members, steps x batch, outputs]; differentiable in the parameters. */
  forward(seen: Seen, parameters: ActorParameters = this.parameters): Tensor3D {
    const rates = this.#unroll(seen.steps, parameters).map((step) => step.rates);
    const all = rates.length === 1 ? rates[0]! : (tf.concat(rates, 0) as Tensor2D);
    return mlp(all, parameters.heads, this.headShape);
  }

  /**
   * Sequences as the network sees them. The steps of the burn-in are run with the present parameters and leave nothing
   * but the state they end in.
   */
  see(sequence: ObservedSequence): Seen {
    const { burnIn, steps, batch, observation, memory, starts, lookAhead } = sequence;
    const { encoder, observationSize } = this.shape;
    const size = encoder.window * batch * observationSize;
    const windows = Array.from({ length: burnIn + steps + (lookAhead?.steps ?? 0) }, (_, s) =>
      this.place(observation.subarray(s * size, (s + 1) * size), batch),
    );
    if (!this.carries) return seenOf(windows.map((window) => ({ window })));
    const rest = this.#rest(batch);
    const chain = windows.map((window, s): SeenStep => {
      const again = restartAt(starts.subarray(s * batch, (s + 1) * batch), rest);
      return s === 0 ? { window, before: this.placeMemory(batch, memory), again } : { window, again };
    });
    const seen = chain.slice(burnIn, burnIn + steps);
    if (burnIn > 0) {
      const before = this.#unroll(chain.slice(0, burnIn), this.parameters).at(-1)!.after!;
      seen[0] = { ...seen[0]!, before };
    }
    if (lookAhead === undefined) return seenOf(seen);
    const later = { steps: chain.slice(burnIn + steps), hops: lookAhead.hops };
    return { ...seenOf(seen), later };
  }

  /**
   * The windows after those of `seen`, one step or as many as it looks ahead, each from the state that the present
   * parameters leave it in.
   *
   * @param nextObservation [steps, window, batch, observation]
   */
  seeNext(seen: Seen, nextObservation: Float32Array): Seen {
    const batch = seen.steps[0]!.window.shape[1];
    const size = nextObservation.length / seen.steps.length;
    const windows = seen.steps.map((_, s) =>
      this.place(nextObservation.subarray(s * size, (s + 1) * size), batch),
    );
    if (!this.carries) return seenOf(windows.map((window) => ({ window })));
    const { steps, later } = seen;
    const states = this.#unroll([...steps, ...(later?.steps ?? [])], this.parameters).map(
      ({ after }) => after!,
    );
    return seenOf(
      windows.map((window, s) => {
        if (later === undefined) return { window, before: states[s]! };
        const hops = later.hops.subarray(s * batch, (s + 1) * batch);
        return {
          window,
          before: gatherCarried(
            states,
            Array.from(hops, (n) => s + n - 1),
          ),
        };
      }),
    );
  }

  /**
   * The heads' outputs for a batch of windows outside any loss; `read` sees them [members, batch, outputs] flat.
   *
   * @param memory [batch, memory], overwritten; only where the policy carries any
   */
  decide(
    windows: Float32Array,
    batch: number,
    parameters: ActorParameters,
    read: (heads: Float32Array) => void,
    memory?: Float32Array,
  ): void {
    tf.tidy(() => {
      const window = this.place(windows, batch);
      const step = this.carries ? { window, before: this.placeMemory(batch, memory) } : { window };
      const { rates, after } = this.#unroll([step], parameters)[0]!;
      if (after !== undefined) this.memory!.read(after, memory!);
      read(storage(mlp(rates, parameters.heads, this.headShape)));
    });
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

  /** Memory rows as the neurons take them. @throws ShapeError for another number of them */
  placeMemory(batch: number, memory: Float32Array | undefined): Carried {
    const size = this.restMemory.length;
    if (memory?.length !== batch * size) {
      throw new ShapeError(
        "actor: memory",
        [memory?.length ?? 0],
        `[${batch}, ${size}] flat`,
        "this policy's neurons go on from decision to decision",
      );
    }
    return this.memory!.place(memory, batch);
  }

  /** Makes the surrogate gradient as wide as its schedule says. */
  schedule(progress: number): void {
    const { surrogateScale = 1 } = this.shape;
    const scale = valueAt(surrogateScale, progress);
    if (scale === this.#surrogateScale) return;
    this.#surrogateScale = scale;
    this.#layer = layerOf(this.shape, this.front, scale);
  }

  /** One step of Adam against the gradients of a loss in the actor's parameters; returns the loss's value. */
  minimise(
    loss: (parameters: ActorParameters, ...beside: Tensor1D[]) => Tensor,
    { learningRate, largestGradient, beside = [] }: MinimiseOptions,
  ): number {
    const count = this.#frontVectors.length;
    const value = descend(
      [...this.#frontVectors, this.body, this.heads, ...beside],
      (...values) => {
        const [body, heads, ...rest] = values.slice(count);
        return loss({ front: values.slice(0, count), body: body!, heads: heads! }, ...rest);
      },
      learningRate,
      largestGradient,
    );
    const { averaging = 1 } = this.shape;
    if (averaging !== 1) {
      this.evaluated.front.forEach((own, i) => {
        fusedPolyak(own, this.#frontVectors[i]!.values, averaging);
      });
      fusedPolyak(this.evaluated.body, this.body.values, averaging);
      fusedPolyak(this.evaluated.heads, this.heads.values, averaging);
    }
    return value;
  }

  /** What is carried at the start of an episode: of each layer before the population, then of the population. */
  #rest(batch: number): Tensor3D[] {
    return [...this.front.rest(batch), this.#layer.rest(batch)];
  }

  /** Rates of each step, and what it carries on where anything is: from `before`, or on from the step before. */
  #unroll(
    steps: readonly SeenStep[],
    { front, body }: ActorParameters,
  ): { rates: Tensor2D; after?: Carried }[] {
    let carried: Carried | undefined;
    return steps.map(({ window, before, again }) => {
      const from = before ?? carried;
      if (from === undefined) {
        const { inputs } = this.front.show(window, front);
        return { rates: this.#layer.rates(inputs, body, this.constants) };
      }
      const initial = again ? restart(from, again) : from;
      const { inputs, after } = this.front.show(window, front, initial);
      const { rates, state } = this.#layer.ratesCarry(inputs, body, this.constants, initial.at(-1));
      carried = [...after, state];
      return { rates, after: carried };
    });
  }
}

/** The population, its surrogate gradient `scale` times as wide as its model says. */
function layerOf({ neuron, encoder, population }: ActorShape, front: Front, scale: number): SpikingLayer {
  const { surrogate } = neuron.kernel;
  const kernel = { ...neuron.kernel, surrogate: { ...surrogate, width: scale * surrogate.width } };
  const model = scale === 1 ? neuron : { ...neuron, kernel };
  return new SpikingLayer(model, front.outputSize, population, encoder.ticks, front.repeat);
}
