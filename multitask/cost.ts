import * as tf from "@tensorflow/tfjs-core";
import { Rng } from "../core/rng.ts";
import { useKernels } from "../kernels/load.ts";
import type { LayerTrace } from "../neurons/layers/layer.ts";
import type { Network } from "../neurons/network.ts";
import {
  type ExecutedOperations,
  executedNetworkOperations,
  linearOperations,
  product,
} from "../training/cost/executed-network.ts";
import { keptBytesOf, learnerBytes, type Population, stateBytes } from "../training/cost/memory.ts";
import type { CostedModel, ModelCounts } from "../training/cost/model-cost.ts";
import {
  type CountedNeuron,
  convolutionOperations,
  type Operations,
  publishedConvolutionOperations,
  publishedDenseOperations,
  sumOperations,
} from "../training/cost/operations.ts";
import { SpikeCounter } from "../training/cost/synapses.ts";
import { median } from "../training/statistics/descriptive.ts";
import { ClassifierBenchmark, drawSamples, TASKS } from "./benchmark.ts";
import { Classifier } from "./classifier.ts";
import { readBatch } from "./data/batches.ts";
import type { ImageSamples } from "./data/image-samples.ts";
import { EncoderLearner } from "./information/encoder-learner.ts";
import { informationNeurons, informationSchema } from "./information/settings.ts";
import { ClassifierLearner } from "./learner.ts";
import { loadRun } from "./load-run.ts";
import { models } from "./models/index.ts";
import type { SettingsKind } from "./models/model-config.ts";
import { type ClassificationConfig, resolveConfig } from "./run-config.ts";

/** Images whose spikes are counted. */
const IMAGES = 32;

/** What untrained models are shown. */
export interface ShownImages {
  readonly samples: ImageSamples;
  /** In words. */
  readonly name: string;
}

/** Images drawn for the purpose, where no data set is at hand. */
export function drawnImages(): ShownImages {
  return { samples: drawSamples(IMAGES, TASKS, new Rng("cost")), name: "drawn images (no data set)" };
}

/** Ids of the classifiers, then of the information bottlenecks. */
export const classifierIds: readonly string[] = models.ids;
export const bottleneckIds: readonly string[] = Object.keys(informationNeurons).map((id) => `${id}-vib`);

export async function untrainedClassifier(
  id: string,
  settings: SettingsKind,
  shown: ShownImages,
): Promise<CostedModel> {
  await useKernels();
  const config = resolveConfig({ model: id, settings, data: "" });
  const classifier = new Classifier(config.network, shown.samples);
  const learner = new ClassifierLearner(classifier, new Rng(config.seed).split("learner"));
  return costedClassifier(learner, config, shown, null);
}

/** The classifier of a run folder, on its own test images. */
export async function trainedClassifier(run: string, data?: string): Promise<CostedModel> {
  const loaded = await loadRun(run, "best", data);
  const shown = { samples: loaded.data.test, name: `test images of ${loaded.data.name}` };
  return costedClassifier(loaded.learner, loaded.record.config, shown, run);
}

function costedClassifier(
  learner: ClassifierLearner,
  config: ClassificationConfig,
  { samples, name }: ShownImages,
  run: string | null,
): CostedModel {
  const { classifier } = learner;
  const { network } = classifier;
  const answers = classifier.tasks.reduce((sum, { classes }) => sum + classes, 0);
  const widths = [classifier.config.embedding, answers];
  const populations = network === undefined ? [] : populationsOf(network);
  const { batchSize, chunk } = config.network;
  const counted = countSpikes(network, widths[0]!, samples, (image) => {
    const { parameters, constants } = learner.tensors;
    const own = { parameters: parameters.slice(0, network!.parts.length), constants };
    return network!.trace(learner.show(image, 1), own);
  });
  const benchmark = ClassifierBenchmark.of(learner);
  const repeats = config.model.endsWith("-fc") ? 9 : 3;
  return {
    counts: {
      id: config.model,
      kind: config.model.endsWith("-fc") ? "fc" : "conv",
      settings: run === null ? config.settings : "the run's",
      run,
      parameters: classifier.parameterCount,
      published: run === null ? publishedOperations(config.model) : null,
      executed:
        network === undefined
          ? rectifiedOperations(config, widths)
          : executedNetworkOperations(network, widths, counted!.changes),
      ...recordOf(counted, name),
      stateBytes: stateBytes(populations),
      trainingBytes: learnerBytes(learner.snapshot()) + Math.min(chunk, batchSize) * keptBytesOf(populations),
      batch: batchSize,
    },
    trainStepMs: () => benchmark.stepMs(),
    inferenceMs: () => benchmark.inferenceMs(repeats),
    dispose: () => learner.dispose(),
  };
}

/** An untrained bottleneck, `<neuron>-vib`, with the published settings of its neuron. */
export async function untrainedBottleneck(id: string, { samples, name }: ShownImages): Promise<CostedModel> {
  await useKernels();
  const config = informationSchema.parse({ neuron: id.slice(0, -"-vib".length), data: "" });
  const learner = new EncoderLearner(config, samples, new Rng(config.seed).split("learner"));
  const { network } = learner;
  const populations = populationsOf(network);
  const drawn = drawSamples(config.batchSize, learner.tasks, new Rng("benchmark"));
  const order = Uint32Array.from({ length: config.batchSize }, (_, i) => i);
  const batch = readBatch(drawn, order, 0, config.batchSize);
  const one = readBatch(drawn, order, 0, 1);
  const rng = new Rng("benchmark");
  const answers = learner.tasks.reduce((sum, { classes }) => sum + classes, 0);
  const widths = [2 * config.code, answers];
  const executed = executedNetworkOperations(network, [widths[0]!]);
  const heads = linearOperations(config.code, answers);
  return {
    counts: {
      id,
      kind: "vib",
      settings: "published",
      run: null,
      parameters: learner.parts.parameters.reduce((sum, { size }) => sum + size, 0),
      published: null,
      executed: {
        ...executed,
        // The heads read the code, which is half as wide as its statistics.
        readout: sumOperations(executed.readout, heads),
        behindSpikes: heads,
      },
      ...recordOf(
        countSpikes(network, widths[0]!, samples, (image) => learner.trace(image)),
        name,
      ),
      stateBytes: stateBytes(populations),
      trainingBytes: learnerBytes(learner.parts.snapshot()) + config.batchSize * keptBytesOf(populations),
      batch: config.batchSize,
    },
    trainStepMs: () => timed(() => void learner.update(batch, 1e-4, rng)),
    inferenceMs: () => median(Array.from({ length: 9 }, () => timed(() => void learner.measure(one, rng)))),
    dispose: () => learner.dispose(),
  };
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function populationsOf(network: Network): Population[] {
  const { ticks, repeat } = network.encoder;
  return network.layers.map((layer, i) => ({
    model: layer.model,
    units: layer.units,
    ticks,
    inputs: i === 0 ? ticks / repeat : ticks,
    outputs: i === network.layers.length - 1 ? 0 : product(layer.outputShape),
  }));
}

/** Means over some of the samples; null for a network without spikes. */
function countSpikes(
  network: Network | undefined,
  readout: number,
  samples: ImageSamples,
  trace: (image: Float32Array) => LayerTrace[],
) {
  if (network === undefined) return null;
  const counter = new SpikeCounter(network, readout);
  const count = Math.min(IMAGES, samples.count);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const { images } = readBatch(samples, order, i, i + 1);
    tf.tidy(() => counter.add(images, trace(images)));
  }
  return { ...counter.means, count };
}

function recordOf(
  counted: ReturnType<typeof countSpikes>,
  name: string,
): Pick<ModelCounts, "spikes" | "synaptic" | "recorded"> {
  if (counted === null) return { spikes: null, synaptic: null, recorded: null };
  const { spikes, synaptic, count } = counted;
  return { spikes, synaptic, recorded: `${count} ${name}` };
}

/** The paper's counts, of the eight models it counts. */
function publishedOperations(id: string): Operations | null {
  const [, neuron, body] = /^(.*)-(fc|conv)$/.exec(id) ?? [];
  const counted = neuron === "4lif" ? "lif" : neuron;
  if (counted !== "lif" && counted !== "hh-published" && counted !== "s-lif2hh") return null;
  const times = neuron === "4lif" ? 4 : 1;
  const own: CountedNeuron = counted;
  return body === "fc"
    ? publishedDenseOperations(own, 512 * times)
    : publishedConvolutionOperations(own, 10 * times);
}

/** The ordinary convolutional network: no ticks, every operation on real numbers. */
function rectifiedOperations(
  { network }: ClassificationConfig,
  widths: readonly number[],
): ExecutedOperations {
  const nothing = { additions: 0, multiplications: 0 };
  const side = 36;
  let [channels, height] = [1, side];
  let projection: Operations = nothing;
  let units: Operations = nothing;
  for (const { parameters } of network.layers) {
    const out = Number(parameters.channels);
    const outputs = out * height * height;
    const bias = { additions: outputs, multiplications: 0 };
    projection = sumOperations(projection, convolutionOperations(channels, out, 3, height, height), bias);
    // max(x, 0), and the mean of 2 x 2.
    units = sumOperations(units, {
      additions: outputs + (3 * outputs) / 4,
      multiplications: outputs / 4,
    });
    [channels, height] = [out, height / 2];
  }
  const sizes = [channels * height * height, ...widths];
  const readout = sumOperations(...widths.map((width, i) => linearOperations(sizes[i]!, width)));
  return { projection, neurons: units, readout, analogue: projection, behindSpikes: readout };
}
