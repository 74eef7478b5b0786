import type { Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { storage } from "../kernels/load.ts";
import { readBatch } from "./data/batches.ts";
import type { ImageSamples } from "./data/image-samples.ts";
import type { ClassifierLearner } from "./learner.ts";

/** What a layer does with an image, on average. */
export interface LayerActivity {
  readonly layer: string;
  readonly neurons: number;
  readonly spikesPerImage: number;
  /** Mean output of a spike train in a tick. */
  readonly rate: number;
  /** Share of the spike trains that never spiked in any of the images. */
  readonly silentShare: number;
}

/** Spikes of every layer over the first `count` samples; empty for a network without spikes. */
export function measureActivity(
  learner: ClassifierLearner,
  samples: ImageSamples,
  count: number,
): LayerActivity[] {
  const { network } = learner.classifier;
  if (network === undefined) return [];
  const images = Math.min(count, samples.count);
  const totals = network.layers.map(() => 0);
  const seen = network.layers.map(({ units, model }) => new Uint8Array(units * model.outputsPerUnit));
  for (let sample = 0; sample < images; sample++) {
    forEachTrace(learner, samples, sample, (layer, spikes, trains) => {
      for (let i = 0; i < spikes.length; i++) {
        if (spikes[i]! <= 0) continue;
        totals[layer]! += spikes[i]!;
        seen[layer]![i % trains] = 1;
      }
    });
  }
  const ticks = learner.classifier.config.ticks;
  return network.layers.map(({ name, units, model }, i) => {
    const trains = units * model.outputsPerUnit;
    return {
      layer: name,
      neurons: units,
      spikesPerImage: totals[i]! / images,
      rate: totals[i]! / images / ticks / trains,
      silentShare: seen[i]!.reduce((sum, spiked) => sum + 1 - spiked, 0) / trains,
    };
  });
}

/** Spikes [ticks, trains] of every layer for one sample. */
export function spikeTrains(
  learner: ClassifierLearner,
  samples: ImageSamples,
  sample: number,
): { layer: string; trains: number; spikes: Float32Array }[] {
  const all: { layer: string; trains: number; spikes: Float32Array }[] = [];
  forEachTrace(learner, samples, sample, (layer, spikes, trains) => {
    const name = learner.classifier.network!.layers[layer]!.name;
    all.push({ layer: name, trains, spikes: spikes.slice() });
  });
  return all;
}

function forEachTrace(
  learner: ClassifierLearner,
  samples: ImageSamples,
  sample: number,
  visit: (layer: number, spikes: Float32Array, trains: number) => void,
): void {
  const { network } = learner.classifier;
  if (network === undefined) return;
  const { images } = readBatch(samples, Uint32Array.of(sample), 0, 1);
  tf.tidy(() => {
    const shown = learner.show(images, 1) as Tensor3D;
    const { parameters, constants } = learner.tensors;
    const own = { parameters: parameters.slice(0, network.parts.length), constants };
    network.trace(shown, own).forEach(({ spikes }, i) => {
      visit(i, storage(spikes), spikes.shape[2]);
    });
  });
}
