import type { Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { UsageError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import type { Rng } from "../core/rng.ts";
import { mlp } from "../kernels/mlp.ts";
import { makeEncoder } from "../neurons/encoders/index.ts";
import { makeNeuron } from "../neurons/index.ts";
import { initialiseWeights, initialWeightsSchema } from "../neurons/layers/initial-weights.ts";
import { Network, type NetworkPart, type NetworkTensors } from "../neurons/network.ts";
import type { NeuronConstants } from "../neurons/neuron-model.ts";
import { makeReadout } from "../neurons/readouts/index.ts";
import { ParameterLayout } from "../tensors/layout.ts";
import type { ImageSamples, Task } from "./data/image-samples.ts";
import type { ModelConfig } from "./models/model-config.ts";
import { RectifiedNetwork } from "./rectified-network.ts";

/** What a classifier is asked about, and of which images. */
export type ClassifierShape = Pick<ImageSamples, "height" | "width" | "tasks">;

/**
 * An image in, one answer a task out:
 *
 *   image -> spiking layers -> rates -> Linear(embedding) -> Linear(classes) for each task
 *
 * with no non-linearity but the neurons'. The image is a constant current, projected once.
 */
export class Classifier {
  readonly config: ModelConfig;
  readonly tasks: readonly Task[];
  /** Undefined for a network without spikes. */
  readonly network: Network | undefined;
  /** The body's parts, then `embedding` and `heads`. */
  readonly parts: readonly NetworkPart[];
  readonly #body: Network | RectifiedNetwork;
  readonly #embedding: { sizes: readonly number[]; members: number };
  readonly #heads: { sizes: readonly number[]; members: number };

  constructor(config: ModelConfig, { height, width, tasks }: ClassifierShape) {
    this.config = config;
    this.tasks = tasks;
    this.#body = buildBody(config, height, width);
    this.network = this.#body instanceof Network ? this.#body : undefined;
    const answers = tasks.reduce((sum, { classes }) => sum + classes, 0);
    this.#embedding = { sizes: [this.#body.outputSize, config.embedding], members: 1 };
    this.#heads = { sizes: [config.embedding, answers], members: 1 };
    this.parts = [
      ...this.#body.parts,
      { name: "embedding", layout: linearLayout(this.#body.outputSize, config.embedding) },
      { name: "heads", layout: linearLayout(config.embedding, answers) },
    ];
  }

  /** Numbers the tasks' heads and the embedding see of an image. */
  get featureSize(): number {
    return this.#body.outputSize;
  }

  /** Trained parameters. */
  get parameterCount(): number {
    return this.parts.reduce((sum, { layout }) => sum + layout.count, 0);
  }

  /** Fresh parameters, one flat vector a part. */
  initialise(rng: Rng): Float32Array[] {
    const body = this.#body;
    const own =
      body instanceof Network
        ? body.split(body.initialise(rng.split("body"))).map((part) => part.slice())
        : body.initialiseParts(rng.split("body"));
    const heads = this.parts
      .slice(body.parts.length)
      .map(({ name, layout }) =>
        initialiseWeights(layout, undefined, this.config.initialHeads, rng.split(name)),
      );
    return [...own, ...heads];
  }

  /** The neurons' fixed constants, one a spiking layer. */
  constants(rng: Rng): NeuronConstants[] {
    return this.network?.constants(rng) ?? [];
  }

  /** Features [batch, featureSize] of images [batch, pixels] given as [1, batch, pixels], already scaled. */
  features(images: Tensor3D, tensors: NetworkTensors): Tensor2D {
    return this.#body.forward(images, {
      parameters: tensors.parameters.slice(0, this.#body.parts.length),
      constants: tensors.constants,
    });
  }

  /** Answers to all tasks, one after another, before any softmax: [batch, classes of all tasks]. */
  logits(images: Tensor3D, tensors: NetworkTensors): Tensor2D {
    const batch = images.shape[1];
    const [embedding, heads] = tensors.parameters.slice(this.#body.parts.length) as [Tensor1D, Tensor1D];
    const embedded = mlp(this.features(images, tensors), embedding, this.#embedding);
    const rows = tf.reshape(embedded, [batch, this.config.embedding]) as Tensor2D;
    const answers = mlp(rows, heads, this.#heads);
    return tf.reshape(answers, [batch, answers.shape[2]]);
  }
}

function linearLayout(inputs: number, outputs: number): ParameterLayout {
  return new ParameterLayout([
    ["weight", [inputs, outputs]],
    ["bias", [outputs]],
  ]);
}

function buildBody(config: ModelConfig, height: number, width: number): Network | RectifiedNetwork {
  const rectified = config.layers.filter(({ neuron }) => neuron.id === "relu");
  if (rectified.length === 0) {
    return new Network({
      encoder: makeEncoder("direct", { ticks: config.ticks }),
      observationShape: [height, width, 1],
      layers: config.layers.map(({ name, kind, parameters, neuron, sharesConstantsOf }) => ({
        name,
        kind,
        parameters,
        model: makeNeuron(neuron.id, neuron.parameters),
        ...(sharesConstantsOf === undefined ? {} : { sharesConstantsOf }),
      })),
      readout: makeReadout("rate"),
    });
  }
  if (rectified.length < config.layers.length || config.layers.some(({ kind }) => kind !== "convolution")) {
    throw new UsageError("model: relu units stand in convolutions only, and not beside spiking layers");
  }
  const initial = parse(initialWeightsSchema, config.layers[0]!.parameters.initial ?? {}, "model: initial");
  const layers = config.layers.map(({ name, parameters }) => ({
    name,
    channels: Number(parameters.channels),
  }));
  return new RectifiedNetwork([height, width, 1], layers, initial);
}
