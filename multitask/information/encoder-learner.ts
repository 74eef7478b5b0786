import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { SpikegymError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { fusedPolyak } from "../../kernels/fused-adam.ts";
import { place, storage } from "../../kernels/load.ts";
import { mlp } from "../../kernels/mlp.ts";
import { makeEncoder } from "../../neurons/encoders/index.ts";
import { makeNeuron } from "../../neurons/index.ts";
import { initialiseWeights } from "../../neurons/layers/initial-weights.ts";
import type { LayerTrace } from "../../neurons/layers/layer.ts";
import { Network } from "../../neurons/network.ts";
import { makeReadout } from "../../neurons/readouts/index.ts";
import { ParameterLayout } from "../../tensors/layout.ts";
import type { ImageBatch } from "../data/batches.ts";
import type { ImageSamples, Task } from "../data/image-samples.ts";
import { showImages } from "../learner.ts";
import { crossEntropies, taskLoss } from "../task-loss.ts";
import { TrainedParts } from "../trained-parts.ts";
import { sampleCode, stochasticCode } from "./bottleneck.ts";
import { type InformationConfig, informationNeuronOf, informationNeurons } from "./settings.ts";

const FAN_IN = { scheme: "fan-in", gain: 1 } as const;
/** Share of the averaged weights kept at each update, as published. */
const AVERAGE = 0.999;

/** What the bound needs of some samples: sums over them. */
export interface BottleneckSums {
  kl: number;
  crossEntropy: number;
  right: number[];
}

/**
 * The variational information bottleneck of a layer of neurons:
 *
 *   image -> neurons -> rates -> Linear(2 K) -> z = mu + sigma eps -> Linear(classes) for each task
 *
 * (the linear layer commutes with the mean over the ticks). What is measured is measured with the averaged weights.
 */
export class EncoderLearner {
  readonly network: Network;
  readonly config: InformationConfig;
  readonly tasks: readonly Task[];
  readonly parts: TrainedParts;
  readonly #constants: readonly Tensor2D[];
  readonly #averaged: readonly Tensor1D[];
  readonly #pixelScale: number;
  readonly #statistics: { sizes: readonly number[]; members: number };
  readonly #heads: { sizes: readonly number[]; members: number };

  constructor(config: InformationConfig, samples: ImageSamples, rng: Rng) {
    const kind = informationNeuronOf(config.neuron);
    const { id, parameters } = informationNeurons[kind];
    this.config = config;
    this.tasks = samples.tasks;
    this.#pixelScale = config.pixelScale ?? (kind === "hh" ? 1 / 255 : 1);
    this.network = new Network({
      encoder: makeEncoder("direct", { ticks: config.ticks }),
      observationShape: [samples.height * samples.width],
      layers: [
        {
          name: "encoder-neurons",
          kind: "dense",
          parameters: { units: kind === "4lif" ? 4 * config.units : config.units, initial: FAN_IN },
          model: makeNeuron(id, parameters),
        },
      ],
      readout: makeReadout("rate"),
    });
    const answers = this.tasks.reduce((sum, { classes }) => sum + classes, 0);
    this.#statistics = { sizes: [this.network.outputSize, 2 * config.code], members: 1 };
    this.#heads = { sizes: [config.code, answers], members: 1 };
    const linear = (name: string, inputs: number, outputs: number) =>
      initialiseWeights(
        new ParameterLayout([
          ["weight", [inputs, outputs]],
          ["bias", [outputs]],
        ]),
        undefined,
        FAN_IN,
        rng.split(name),
      );
    const values = [
      ...this.network.split(this.network.initialise(rng.split("network"))).map((part) => part.slice()),
      linear("statistics", this.network.outputSize, 2 * config.code),
      linear("heads", config.code, answers),
    ];
    const names = [...this.network.parts.map(({ name }) => name), "statistics", "heads"];
    this.#constants = this.network
      .constants(rng.split("constants"))
      .map((own) => place(own.values, [own.rows, own.values.length / own.rows]) as Tensor2D);
    this.#averaged = values.map((own) => place(own) as Tensor1D);
    this.parts = new TrainedParts(names, values, {
      ...Object.fromEntries(this.#constants.map((tensor, i) => [`constants/${i}`, tensor])),
      ...Object.fromEntries(this.#averaged.map((tensor, i) => [`averaged/${names[i]}`, tensor])),
    });
  }

  /** One update; returns the loss (nats) before it. */
  update(batch: ImageBatch, rate: number, rng: Rng): number {
    const { code, form, beta } = this.config;
    const noise = new Float32Array(batch.size * code);
    rng.fillNormal(noise);
    const weights = this.tasks.map(() => 1);
    return tf.tidy(() => {
      const images = showImages(batch.images, batch.size, this.#pixelScale);
      const { value, grads } = tf.valueAndGrads((...parameters: Tensor[]) => {
        const own = parameters as Tensor1D[];
        const statistics = this.#encode(images, own);
        const z = stochasticCode(statistics, noise, code, form === "corrected" ? beta : 0, batch.size);
        return taskLoss(this.#answer(z, own), batch.labels, this.tasks, weights) as tf.Scalar;
      })([...this.parts.parameters]);
      const loss = storage(value)[0]!;
      if (!Number.isFinite(loss)) {
        throw new SpikegymError(
          `multitask information: the loss is ${loss} at update ${this.parts.step + 1}; lower learningRate`,
        );
      }
      this.parts.update(grads, { learningRate: rate, beta1: 0.5, beta2: 0.999 });
      this.#averaged.forEach((averaged, i) => {
        fusedPolyak(averaged, this.parts.parameters[i]!, 1 - AVERAGE);
      });
      return loss;
    });
  }

  /** KL and cross-entropy (nats, sums over the samples) of sampled codes, and right answers of the mean code. */
  measure(batch: ImageBatch, rng: Rng): BottleneckSums {
    const { code } = this.config;
    const noise = new Float32Array(batch.size * code);
    rng.fillNormal(noise);
    return tf.tidy(() => {
      const images = showImages(batch.images, batch.size, this.#pixelScale);
      const statistics = storage(this.#encode(images, this.#averaged));
      const sampled = sampleCode(statistics, noise, code);
      const answersOf = (values: Float32Array) =>
        storage(this.#answer(place(values, [batch.size, code]) as Tensor2D, this.#averaged));
      const weights = this.tasks.map(() => 1);
      const { losses } = crossEntropies(answersOf(sampled.code), batch.labels, this.tasks, weights, 1);
      const mean = answersOf(sampleCode(statistics, null, code).code);
      return {
        kl: sampled.kl * batch.size,
        crossEntropy: losses.reduce((sum, loss) => sum + loss, 0),
        right: countRight(mean, batch.labels, this.tasks),
      };
    });
  }

  /** What the neurons do with one image, tick by tick, with the averaged weights. */
  trace(image: Float32Array): LayerTrace[] {
    const parameters = this.#averaged.slice(0, this.network.parts.length);
    return this.network.trace(showImages(image, 1, this.#pixelScale), {
      parameters,
      constants: this.#constants,
    });
  }

  dispose(): void {
    this.parts.dispose();
  }

  #encode(images: ReturnType<typeof showImages>, parameters: readonly Tensor1D[]): Tensor2D {
    const body = this.network.parts.length;
    const rates = this.network.forward(images, {
      parameters: parameters.slice(0, body),
      constants: this.#constants,
    });
    const statistics = mlp(rates, parameters[body]!, this.#statistics);
    return tf.reshape(statistics, [images.shape[1], 2 * this.config.code]);
  }

  #answer(code: Tensor2D, parameters: readonly Tensor1D[]): Tensor2D {
    const answers = mlp(code, parameters.at(-1)!, this.#heads);
    return tf.reshape(answers, [code.shape[0], answers.shape[2]]);
  }
}

function countRight(answers: Float32Array, labels: readonly Uint8Array[], tasks: readonly Task[]): number[] {
  const width = tasks.reduce((sum, { classes }) => sum + classes, 0);
  const right = tasks.map(() => 0);
  for (let i = 0; i * width < answers.length; i++) {
    let start = i * width;
    tasks.forEach(({ classes }, task) => {
      const own = answers.subarray(start, start + classes);
      let best = 0;
      for (let c = 1; c < classes; c++) if (own[c]! > own[best]!) best = c;
      if (best === labels[task]![i]) right[task]!++;
      start += classes;
    });
  }
  return right;
}
