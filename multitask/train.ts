import { z } from "zod";
import { UsageError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import { Rng } from "../core/rng.ts";
import { useKernels } from "../kernels/load.ts";
import { Classifier } from "./classifier.ts";
import { type Corrupt, makeCorruption } from "./corruptions/index.ts";
import { readBatch } from "./data/batches.ts";
import type { ImageDataSet } from "./data/image-samples.ts";
import { shuffled } from "./data/pairs.ts";
import { evaluate, type TaskResult } from "./evaluate.ts";
import { ClassifierLearner } from "./learner.ts";
import { applyConfig, type ClassificationConfig } from "./run-config.ts";
import { ClassificationFolder, readClassifier, readRecord } from "./run-folder.ts";

/** One pass over the training samples, and the test after it. */
const epochSchema = z.strictObject({
  epoch: z.number().int(),
  /** Mean training loss, the weighted sum over the tasks (nats). */
  loss: z.number(),
  /** On the test samples, a share for each task. */
  accuracy: z.array(z.number()),
  /** Mean cross-entropy on the test samples, a task. */
  testLoss: z.array(z.number()),
  learningRate: z.number(),
  /** Of the pass without the test. */
  trainSeconds: z.number(),
});

export type EpochResult = z.output<typeof epochSchema>;

const stateSchema = z.strictObject({
  learner: z.unknown(),
  epochs: z.array(epochSchema),
  /** Where the epoch at hand stands: batches done, the sum of their losses over samples, seconds. */
  batch: z.number().int().min(0),
  lossSum: z.number(),
  seconds: z.number(),
  best: z.number(),
});

type TrainState = z.output<typeof stateSchema>;

export interface TrainProgress {
  readonly epoch: number;
  readonly epochs: number;
  /** Batches done and in all, over all epochs. */
  readonly done: number;
  readonly total: number;
  readonly loss: number;
  readonly accuracy: readonly number[];
}

export interface TrainOptions {
  readonly out: string;
  readonly resume?: boolean;
  /** Begin anew in a folder that holds a run without a checkpoint yet. */
  readonly restart?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainProgress) => void;
  readonly onNote?: (line: string) => void;
}

export interface TrainResult {
  readonly model: string;
  readonly settings: string;
  readonly seed: number;
  readonly data: string;
  readonly samples: { readonly train: number; readonly test: number };
  readonly parameters: number;
  readonly epochs: readonly EpochResult[];
  /** The test after the last epoch, whole. */
  readonly tasks: readonly TaskResult[];
  readonly wallSeconds: number;
  readonly complete: boolean;
  readonly out: string;
}

/**
 * Trains a classifier and writes its run folder. The orders of the samples and the noise derive from seed, epoch and
 * batch, so a run that was stopped anywhere and resumed equals an uninterrupted one to the bit.
 */
export async function trainClassifier(
  config: ClassificationConfig,
  dataSet: ImageDataSet,
  options: TrainOptions,
): Promise<TrainResult> {
  const start = performance.now();
  const host = await useKernels();
  const { train, test, weights } = applyConfig(dataSet, config);
  const { network } = config;
  const rng = new Rng(config.seed);
  const classifier = new Classifier(network, train);
  const learner = new ClassifierLearner(classifier, rng.split("learner"));
  const corrupt =
    config.noise === null ? undefined : makeCorruption(config.noise, train, rng.split("noise/pattern"));

  let state: TrainState = { learner: null, epochs: [], batch: 0, lossSum: 0, seconds: 0, best: -1 };
  let folder: ClassificationFolder;
  if (options.resume === true) {
    const record = await readRecord(options.out);
    if (record.simd !== host.simd) {
      throw new UsageError(
        `${options.out} was trained with ${record.simd} SIMD, here it is ${host.simd}: it would not go on to the bit`,
      );
    }
    const checkpoint = await readClassifier(options.out, "latest");
    if (checkpoint.warning !== undefined) options.onNote?.(checkpoint.warning);
    state = parse(stateSchema, checkpoint.state, `${options.out}: checkpoint "latest"`);
    learner.restore(checkpoint.arrays, state.learner);
    folder = await ClassificationFolder.open(options.out, state.epochs.length);
  } else {
    folder = await ClassificationFolder.create(options.out, config, host.simd, options.restart === true);
  }

  const save = (name: "latest" | "best") => {
    const { arrays, state: own } = learner.snapshot();
    return folder.save(name, { arrays, state: { ...state, learner: own } });
  };
  const batches = Math.ceil(train.count / network.batchSize);
  const stopped = () => options.signal?.aborted === true;
  let results: TaskResult[] = [];
  try {
    while (state.epochs.length < network.epochs && !stopped()) {
      const epoch = state.epochs.length;
      const rate = learningRate(network, epoch);
      const order = shuffled(train.count, rng.split(`order/${epoch}`));
      for (; state.batch < batches && !stopped(); state.batch++) {
        const began = performance.now();
        const from = state.batch * network.batchSize;
        const batch = readBatch(train, order, from, from + network.batchSize);
        corrupt?.(batch.images, rng.split(`noise/${epoch}/${state.batch}`));
        state.lossSum += learner.update(batch, weights, rate) * batch.size;
        state.seconds += (performance.now() - began) / 1000;
        options.onProgress?.({
          epoch: epoch + 1,
          epochs: network.epochs,
          done: epoch * batches + state.batch + 1,
          total: network.epochs * batches,
          loss: state.lossSum / Math.min(from + network.batchSize, train.count),
          accuracy: state.epochs.at(-1)?.accuracy ?? [],
        });
        // Lets Ctrl-C, and whoever else shares the thread, have their turn.
        if (state.batch % 8 === 7) await new Promise((resolve) => setImmediate(resolve));
      }
      if (state.batch < batches) break;
      results = evaluateWithNoise(learner, test, corrupt, rng);
      finishEpoch(state, results, train.count, rate);
      folder.log(state.epochs.length, scalarsOf(state.epochs.at(-1)!, results));
      const mean = results.reduce((sum, { accuracy }) => sum + accuracy, 0) / results.length;
      if (mean > state.best) {
        state.best = mean;
        await save("best");
      }
      await save("latest");
    }
    if (stopped() && state.epochs.length < network.epochs) await save("latest");
    // A run that is asked to go on after its end has no results of its own yet.
    if (results.length === 0 && state.epochs.length > 0) {
      results = evaluateWithNoise(learner, test, corrupt, rng);
    }
    const result: TrainResult = {
      model: config.model,
      settings: config.settings,
      seed: config.seed,
      data: dataSet.name,
      samples: { train: train.count, test: test.count },
      parameters: classifier.parameterCount,
      epochs: state.epochs,
      tasks: results,
      wallSeconds: (performance.now() - start) / 1000,
      complete: state.epochs.length >= network.epochs,
      out: options.out,
    };
    if (result.complete) await folder.writeSummary(result);
    return result;
  } finally {
    folder.close();
    learner.dispose();
  }
}

/** Adam's rate in an epoch, counted from 0. */
export function learningRate(
  { learningRate: first, milestones }: { learningRate: number; milestones: readonly number[] },
  epoch: number,
): number {
  return milestones.reduce((rate, milestone) => (epoch >= milestone ? rate * 0.1 : rate), first);
}

function evaluateWithNoise(
  learner: ClassifierLearner,
  test: ImageDataSet["test"],
  corrupt: Corrupt | undefined,
  rng: Rng,
): TaskResult[] {
  return evaluate(
    learner,
    test,
    corrupt === undefined ? undefined : { corrupt, rng: rng.split("noise/test") },
  );
}

function finishEpoch(state: TrainState, results: readonly TaskResult[], samples: number, rate: number): void {
  state.epochs.push({
    epoch: state.epochs.length + 1,
    loss: state.lossSum / samples,
    accuracy: results.map(({ accuracy }) => accuracy),
    testLoss: results.map(({ loss }) => loss),
    learningRate: rate,
    trainSeconds: state.seconds,
  });
  state.batch = 0;
  state.lossSum = 0;
  state.seconds = 0;
}

function scalarsOf(epoch: EpochResult, results: readonly TaskResult[]): Record<string, number> {
  const scalars: Record<string, number> = {
    "train/loss": epoch.loss,
    "train/learningRate": epoch.learningRate,
    "train/seconds": epoch.trainSeconds,
  };
  for (const { name, accuracy, loss, calibration } of results) {
    scalars[`test/${name}/accuracy`] = accuracy;
    scalars[`test/${name}/loss`] = loss;
    scalars[`test/${name}/calibrationError`] = calibration.expectedError;
  }
  return scalars;
}
