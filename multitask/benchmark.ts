import { Rng } from "../core/rng.ts";
import { useKernels } from "../kernels/load.ts";
import { median } from "../training/statistics/descriptive.ts";
import { Classifier } from "./classifier.ts";
import { batchesInOrder, type ImageBatch } from "./data/batches.ts";
import type { ImageSamples, Task } from "./data/image-samples.ts";
import { SIDE } from "./data/two-images.ts";
import { ClassifierLearner } from "./learner.ts";
import type { ModelId } from "./models/index.ts";
import { resolveConfig } from "./run-config.ts";

const BATCH = 128;
/** What the pictures are asked. */
export const TASKS = [
  { name: "garment", classes: 10 },
  { name: "digit", classes: 10 },
];

/** One training step of a classifier (published settings) on a batch of drawn images, ready to be timed. */
export class ClassifierBenchmark {
  readonly learner: ClassifierLearner;
  readonly #batch: ImageBatch;

  private constructor(learner: ClassifierLearner) {
    this.learner = learner;
    const samples = drawSamples(BATCH, learner.classifier.tasks, new Rng("benchmark"));
    this.#batch = [...batchesInOrder(samples, BATCH)][0]!;
  }

  static async create(model: ModelId): Promise<ClassifierBenchmark> {
    // Twelve models one after another leave gaps between what they keep: more room, of which pages are taken as they are used.
    await useKernels({ memoryMiB: 1024 });
    const { network } = resolveConfig({ model, data: "" });
    const classifier = new Classifier(network, { height: SIDE, width: SIDE, tasks: TASKS });
    return ClassifierBenchmark.of(new ClassifierLearner(classifier, new Rng("benchmark").split("learner")));
  }

  /** A learner of images of 36 x 36; it is changed by what is timed. */
  static of(learner: ClassifierLearner): ClassifierBenchmark {
    return new ClassifierBenchmark(learner);
  }

  get parameters(): number {
    return this.learner.classifier.parameterCount;
  }

  /** Forward, backward and Adam, ms: medians of `repeats` after one to warm up, by the clock and by processor time. */
  update(repeats: number): { updateMs: number; cpuMs: number } {
    const wall: number[] = [];
    const cpu: number[] = [];
    for (let i = 0; i <= repeats; i++) {
      const [start, used] = [performance.now(), process.cpuUsage()];
      this.learner.update(this.#batch, [1, 1], 1e-4);
      if (i === 0) continue;
      wall.push(performance.now() - start);
      const { user, system } = process.cpuUsage(used);
      cpu.push((user + system) / 1000);
    }
    return { updateMs: median(wall), cpuMs: median(cpu) };
  }

  /** One update, ms. */
  stepMs(): number {
    const start = performance.now();
    this.learner.update(
      this.#batch,
      this.learner.classifier.tasks.map(() => 1),
      1e-4,
    );
    return performance.now() - start;
  }

  /** Answers to one image, ms: median of `repeats`. */
  inferenceMs(repeats: number): number {
    const image = this.#batch.images.subarray(0, SIDE * SIDE);
    return median(
      Array.from({ length: repeats }, () => {
        const start = performance.now();
        this.learner.answers(image, 1);
        return performance.now() - start;
      }),
    );
  }

  dispose(): void {
    this.learner.dispose();
  }
}

/** Drawn images (see below) with drawn labels, as samples of a data set. */
export function drawSamples(count: number, tasks: readonly Task[], rng: Rng): ImageSamples {
  const images = drawImages(count, rng.split("images"));
  const labels = tasks.map(({ name, classes }) => {
    const own = rng.split(name);
    return Uint8Array.from({ length: count }, () => own.integer(classes));
  });
  const pixels = SIDE * SIDE;
  return {
    count,
    height: SIDE,
    width: SIDE,
    tasks,
    writeImage: (sample, out, offset) =>
      out.set(images.subarray(sample * pixels, (sample + 1) * pixels), offset),
    label: (sample, task) => labels[task]![sample]!,
  };
}

/**
 * Images as sparse as the real ones, of whose pixels about 40 % are lit: a block of random brightness top left, a ring
 * bottom right. (PyTorch's time does not depend on what they show; a network that passes over zeros is faster on them
 * than on noise.)
 */
function drawImages(count: number, rng: Rng): Float32Array {
  const images = new Float32Array(count * SIDE * SIDE);
  for (let i = 0; i < count; i++) {
    const [left, top] = [2 + rng.integer(5), 2 + rng.integer(5)];
    const [x0, y0] = [20 + rng.integer(5), 20 + rng.integer(5)];
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const inBlock = x >= left && x < left + 18 && y >= top && y < top + 20;
        const distance = Math.hypot(x - x0, y - y0);
        if (inBlock || (distance > 5 && distance < 9))
          images[(i * SIDE + y) * SIDE + x] = rng.uniform(1, 255);
      }
    }
  }
  return images;
}

/** What was measured of a model. */
export interface ClassifierSpeed {
  readonly updateMs: number;
  readonly cpuMs: number;
  readonly parameters: number;
  /** The largest resident set of a short training, MB. */
  readonly memoryMB?: number;
  readonly torchUpdateMs?: number;
  readonly torchCpuMs?: number;
  /** PyTorch's time over ours, neighbours in time compared, then the median; by the clock and by processor time. */
  readonly ratio?: number;
  readonly cpuRatio?: number;
  /** Why PyTorch has no times: in words. */
  readonly torchFailure?: string;
}

/** The PyTorch script beside it (bench/torch_multitask.py). */
export interface TorchClassifiers {
  measure(model: string): Promise<{ updateMs: number; cpuMs: number } | { failure: string }>;
}

/** What is measured beside the updates here. */
export interface ClassifierComparison {
  readonly torch?: TorchClassifiers;
  /** Bytes that a training of a model takes. */
  readonly memory?: (model: string) => Promise<number>;
}

/** Rounds in which every model takes its turn, PyTorch right after it. */
export async function benchmarkClassifiers(
  ids: readonly ModelId[],
  rounds: number,
  onProgress: (done: number, total: number, model: string) => void,
  { torch, memory }: ClassifierComparison = {},
): Promise<Record<string, ClassifierSpeed>> {
  const result: Record<string, ClassifierSpeed> = {};
  for (const [i, id] of ids.entries()) {
    const benchmark = await ClassifierBenchmark.create(id);
    const own: { updateMs: number; cpuMs: number }[] = [];
    const theirs: { updateMs: number; cpuMs: number }[] = [];
    let failure: string | undefined;
    for (let round = 0; round < rounds; round++) {
      onProgress(i * rounds + round, ids.length * rounds, id);
      own.push(benchmark.update(id.endsWith("-fc") ? 9 : 3));
      // What did not fit once does not fit the next time: it is not tried again.
      if (torch === undefined || failure !== undefined) continue;
      const measured = await torch.measure(id);
      if ("failure" in measured) failure = measured.failure;
      else theirs.push(measured);
    }
    const of = (times: typeof own, key: "updateMs" | "cpuMs") => median(times.map((t) => t[key]));
    const ratio = (key: "updateMs" | "cpuMs") => median(theirs.map((t, k) => t[key] / own[k]![key]));
    const bytes = await memory?.(id);
    result[id] = {
      updateMs: of(own, "updateMs"),
      cpuMs: of(own, "cpuMs"),
      parameters: benchmark.parameters,
      ...(bytes === undefined ? {} : { memoryMB: bytes / 1e6 }),
      ...(failure === undefined ? {} : { torchFailure: failure }),
      ...(failure !== undefined || theirs.length === 0
        ? {}
        : {
            torchUpdateMs: of(theirs, "updateMs"),
            torchCpuMs: of(theirs, "cpuMs"),
            ratio: ratio("updateMs"),
            cpuRatio: ratio("cpuMs"),
          }),
    };
    benchmark.dispose();
  }
  return result;
}
