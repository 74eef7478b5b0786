import type { Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import { ShapeError, UsageError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { ParameterLayout } from "../tensors/layout.ts";
import type { SpikeEncoder } from "./encoders/spike-encoder.ts";
import { makeLayer } from "./layers/index.ts";
import { sizeOf } from "./layers/input-shape.ts";
import type { Layer, LayerTrace } from "./layers/layer.ts";
import type { NeuronConstants, NeuronModel } from "./neuron-model.ts";
import type { Readout } from "./readouts/readout.ts";

/** One layer of a network, before the sizes are known. */
export interface LayerPlan {
  /** Unique within its network. */
  readonly name: string;
  /** An id of the layer catalogue. */
  readonly kind: string;
  readonly parameters?: unknown;
  readonly model: NeuronModel;
  /** A layer before it whose trained constants it uses instead of its own. */
  readonly sharesConstantsOf?: string;
}

export interface NetworkPlan {
  readonly encoder: SpikeEncoder;
  /** Of one observation: [size], or [height, width, channels] of an image. */
  readonly observationShape: readonly number[];
  readonly layers: readonly LayerPlan[];
  readonly readout: Readout;
}

/** The arrays of a network, in the order of its parts. */
export interface NetworkTensors {
  /** Trained: one flat vector a part. */
  readonly parameters: readonly Tensor1D[];
  /** Fixed: one [rows, units] a layer. */
  readonly constants: readonly Tensor2D[];
}

/** A stretch of the flat parameters with one optimiser state: the encoder's (if it is trained) or a layer's. */
export interface NetworkPart {
  readonly name: string;
  readonly layout: ParameterLayout;
}

/**
 * A stack of spiking layers between an encoder and a readout, at rest at the start of every run:
 *
 *   observations -> encoder -> layer -> ... -> layer -> readout
 *
 * Its parameters have one flat layout, part after part (`layout`); a computation takes them in one tensor a part, so
 * that no gradient is padded to the length of the whole. All but the last layer hand on every tick; the last one hands
 * the readout no more than it looks at (the mean output, by default), so that nothing is kept that is not asked for.
 */
export class Network {
  readonly encoder: SpikeEncoder;
  readonly readout: Readout;
  readonly layers: readonly Layer[];
  readonly parts: readonly NetworkPart[];
  /** All parts one after another; arrays are called `<part>/<array>`. */
  readonly layout: ParameterLayout;
  readonly observationSize: number;
  readonly outputSize: number;
  /** By the number of a layer: that of the one whose trained constants it uses. */
  readonly #lenders = new Map<number, number>();

  constructor({ encoder, observationShape, layers, readout }: NetworkPlan) {
    if (layers.length === 0) throw new UsageError("network: no layers, expected at least one");
    this.encoder = encoder;
    this.readout = readout;
    this.observationSize = sizeOf(observationShape);
    const inputSize = encoder.inputSize(this.observationSize);
    // An encoder that leaves the size alone leaves an image an image.
    let shape = inputSize === this.observationSize ? observationShape : [inputSize];
    const built = new Map<string, Layer>();
    this.layers = layers.map(({ name, kind, parameters, model, sharesConstantsOf }, i) => {
      if (layers.findIndex((other) => other.name === name) !== i || name === "encoder") {
        throw new UsageError(`network: two parts are called "${name}"; give each layer a name of its own`);
      }
      const layer = makeLayer(kind, parameters ?? {}, {
        name,
        inputShape: shape,
        model,
        ...(sharesConstantsOf === undefined
          ? {}
          : { sharesConstantsOf: lenderOf(name, sharesConstantsOf, built, model) }),
      });
      if (sharesConstantsOf !== undefined) this.#lenders.set(i, [...built.keys()].indexOf(sharesConstantsOf));
      built.set(name, layer);
      shape = layer.outputShape;
      return layer;
    });
    this.outputSize = readout.outputSize(sizeOf(shape));
    this.parts = [
      ...(encoder.trained === undefined
        ? []
        : [{ name: "encoder", layout: encoder.trained.layout(this.observationSize) }]),
      ...this.layers.map(({ name, layout }) => ({ name, layout })),
    ];
    this.layout = new ParameterLayout(
      this.parts.flatMap(({ name, layout }) =>
        layout.slots.map((slot) => [`${name}/${slot.name}`, slot.shape] as const),
      ),
    );
  }

  /** Trained parameters. */
  get parameterCount(): number {
    return this.layout.count;
  }

  /** Fresh parameters, flat, as `layout` says. */
  initialise(rng: Rng): Float32Array {
    const flat = new Float32Array(this.layout.length);
    const pieces = [
      ...(this.encoder.trained === undefined
        ? []
        : [this.encoder.trained.initialise(this.observationSize, rng.split("encoder"))]),
      ...this.layers.map((layer) => layer.initialise(rng.split(layer.name))),
    ];
    this.split(flat).forEach((part, i) => {
      part.set(pieces[i]!);
    });
    return flat;
  }

  /** Every layer's fixed constants. */
  constants(rng: Rng): NeuronConstants[] {
    const { ticks } = this.encoder;
    const all = this.layers.map((layer) => layer.constants(ticks, rng.split(layer.name)));
    // What is trained is a change of where it started, so those who share it start alike.
    for (const [own, lender] of this.#lenders) {
      const { model } = this.layers[own]!;
      for (const { row } of model.trained) {
        const at = row + (model.trainedFrom?.(ticks) ?? 0);
        const width = (i: number) => all[i]!.values.length / all[i]!.rows;
        all[own]!.values.fill(
          all[lender]!.values[at * width(lender)]!,
          at * width(own),
          (at + 1) * width(own),
        );
      }
    }
    return all;
  }

  /** A flat vector of all parameters cut into its parts: views, in the order of `parts`. */
  split(flat: Float32Array): Float32Array[] {
    if (flat.length !== this.layout.length)
      throw new ShapeError("network: parameters", [flat.length], `[${this.layout.length}]`);
    let offset = 0;
    return this.parts.map(({ layout }) => {
      const view = flat.subarray(offset, offset + layout.length);
      offset += layout.length;
      return view;
    });
  }

  /**
   * What the readout says, differentiable in all parameters.
   *
   * @param window the latest observations, oldest first, [window, batch, observation]
   * @param rng draws an encoder's random spikes; without it they are the same at every call
   * @returns [batch, outputSize]
   */
  forward(window: Tensor3D, tensors: NetworkTensors, rng: Rng | null = null): Tensor2D {
    let { inputs, repeat } = this.#encode(window, tensors, rng);
    const last = this.layers.length - 1;
    for (let i = 0; i < last; i++) {
      inputs = this.layers[i]!.outputs(inputs, repeat, this.#of(i, tensors));
      repeat = 1;
    }
    const layer = this.layers[last]!;
    const own = this.#of(last, tensors);
    switch (this.readout.source) {
      case "mean":
        return this.readout.read(layer.mean(inputs, repeat, own));
      case "outputs":
        return this.readout.read(layer.outputs(inputs, repeat, own));
      case "membranes":
        return this.readout.read(layer.membranes(inputs, repeat, own));
    }
  }

  /** The same pass with everything kept, layer by layer, for recording; no gradient. */
  trace(window: Tensor3D, tensors: NetworkTensors, rng: Rng | null = null): LayerTrace[] {
    let { inputs, repeat } = this.#encode(window, tensors, rng);
    return this.layers.map((layer, i) => {
      const trace = layer.trace(inputs, repeat, this.#of(i, tensors));
      inputs = trace.output;
      repeat = 1;
      return trace;
    });
  }

  #encode(window: Tensor3D, { parameters }: NetworkTensors, rng: Rng | null) {
    const { encoder } = this;
    if (window.shape[0] !== encoder.window || window.shape[2] !== this.observationSize) {
      throw new ShapeError(
        "network: window",
        window.shape,
        `[${encoder.window}, batch, ${this.observationSize}], for encoder "${encoder.id}"`,
      );
    }
    const own = encoder.trained === undefined ? {} : { parameters: parameters[0]! };
    return { inputs: encoder.encode(window, { ...own, rng }), repeat: encoder.repeat };
  }

  #of(layer: number, { parameters, constants }: NetworkTensors) {
    const first = this.parts.length - this.layers.length;
    const lender = this.#lenders.get(layer);
    return {
      parameters: parameters[first + layer]!,
      constants: constants[layer]!,
      ...(lender === undefined ? {} : { shared: parameters[first + lender]! }),
    };
  }
}

/** The layer whose constants are to be shared; refused where the two cannot share them. */
function lenderOf(
  name: string,
  wanted: string,
  built: ReadonlyMap<string, Layer>,
  model: NeuronModel,
): Layer {
  const lender = built.get(wanted);
  if (lender === undefined) {
    throw new UsageError(
      `layer "${name}": shares the constants of "${wanted}", which is no layer before it (before it: ${[...built.keys()].join(", ")})`,
    );
  }
  if (lender.model.id !== model.id || model.trained.some(({ per }) => per !== "layer")) {
    throw new UsageError(
      `layer "${name}": only constants trained one a layer, of the same neuron, can be shared with "${wanted}"`,
    );
  }
  return lender;
}
