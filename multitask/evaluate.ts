import type { Rng } from "../core/rng.ts";
import type { Corrupt } from "./corruptions/index.ts";
import { batchesInOrder } from "./data/batches.ts";
import { classNamesOf, type ImageSamples, type Task } from "./data/image-samples.ts";
import type { ClassifierLearner } from "./learner.ts";
import { softmax } from "./task-loss.ts";

/** How well the given confidence agrees with the share that is right. */
export interface Calibration {
  /** Mean |accuracy - confidence| over the bins, weighted by their samples (Guo et al. 2017). */
  readonly expectedError: number;
  /** Equal stretches of confidence from 0 to 1. */
  readonly bins: readonly {
    readonly count: number;
    readonly confidence: number;
    readonly accuracy: number;
  }[];
}

/** What a classifier does on one task. */
export interface TaskResult {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly accuracy: number;
  /** Mean cross-entropy, nats. */
  readonly loss: number;
  /** Samples by [true class][answer]. */
  readonly confusion: readonly (readonly number[])[];
  /** Share of each class that is recognised; null where the class does not occur. */
  readonly perClass: readonly (number | null)[];
  readonly calibration: Calibration;
}

const BINS = 15;
/** Samples at once: nothing is kept for a gradient, so more than a training batch fits. */
const BATCH = 128;

/** Runs over all samples. `corruption` changes each batch before it is shown, drawing from a stream of its own. */
export function evaluate(
  learner: ClassifierLearner,
  samples: ImageSamples,
  corruption?: { readonly corrupt: Corrupt; readonly rng: Rng },
  signal?: AbortSignal,
): TaskResult[] {
  const { tasks } = samples;
  const width = tasks.reduce((sum, { classes }) => sum + classes, 0);
  const tallies = tasks.map((task) => new Tally(task));
  const probabilities = tasks.map(({ classes }) => new Float32Array(classes));
  const size = Math.min(BATCH, learner.classifier.config.chunk * 2);
  let number = 0;
  for (const batch of batchesInOrder(samples, size)) {
    signal?.throwIfAborted();
    corruption?.corrupt(batch.images, corruption.rng.split(`batch/${number++}`));
    const logits = learner.answers(batch.images, batch.size);
    for (let i = 0; i < batch.size; i++) {
      let start = i * width;
      tasks.forEach(({ classes }, task) => {
        const z = logits.subarray(start, start + classes);
        const label = batch.labels[task]![i]!;
        const loss = softmax(z, probabilities[task]!) - z[label]!;
        tallies[task]!.add(probabilities[task]!, label, loss);
        start += classes;
      });
    }
  }
  return tallies.map((tally) => tally.result());
}

class Tally {
  readonly #task: Task;
  readonly #confusion: number[][];
  readonly #bins = Array.from({ length: BINS }, () => ({ count: 0, confidence: 0, right: 0 }));
  #loss = 0;
  #count = 0;

  constructor(task: Task) {
    const { classes } = task;
    this.#task = task;
    this.#confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  add(probabilities: Float32Array, label: number, loss: number): void {
    let answer = 0;
    for (let c = 1; c < probabilities.length; c++) if (probabilities[c]! > probabilities[answer]!) answer = c;
    this.#confusion[label]![answer]!++;
    const confidence = probabilities[answer]!;
    const bin = this.#bins[Math.min(BINS - 1, Math.floor(confidence * BINS))]!;
    bin.count++;
    bin.confidence += confidence;
    bin.right += answer === label ? 1 : 0;
    this.#loss += loss;
    this.#count++;
  }

  result(): TaskResult {
    const right = this.#confusion.reduce((sum, row, label) => sum + row[label]!, 0);
    const bins = this.#bins.map(({ count, confidence, right: correct }) => ({
      count,
      confidence: count === 0 ? 0 : confidence / count,
      accuracy: count === 0 ? 0 : correct / count,
    }));
    return {
      name: this.#task.name,
      classNames: classNamesOf(this.#task),
      accuracy: right / this.#count,
      loss: this.#loss / this.#count,
      confusion: this.#confusion,
      perClass: this.#confusion.map((row, label) => {
        const total = row.reduce((sum, n) => sum + n, 0);
        return total === 0 ? null : row[label]! / total;
      }),
      calibration: {
        expectedError: bins.reduce(
          (sum, { count, confidence, accuracy }) =>
            sum + (count / this.#count) * Math.abs(accuracy - confidence),
          0,
        ),
        bins,
      },
    };
  }
}
