import { Rng } from "../core/rng.ts";
import { useKernels } from "../kernels/load.ts";
import { Classifier } from "./classifier.ts";
import type { ImageBatch } from "./data/batches.ts";
import { SIDE } from "./data/two-images.ts";
import { ClassifierLearner } from "./learner.ts";
import type { ModelId } from "./models/index.ts";
import { resolveConfig } from "./run-config.ts";

const BATCH = 128;
const TASKS = [
  { name: "garment", classes: 10 },
  { name: "digit", classes: 10 },
];

/** One training step of a classifier (published settings) on a batch of random images, ready to be timed. */
export class ClassifierBenchmark {
  readonly learner: ClassifierLearner;
  readonly #batch: ImageBatch;

  private constructor(model: ModelId) {
    const rng = new Rng("benchmark");
    const { network } = resolveConfig({ model, data: "" });
    this.learner = new ClassifierLearner(
      new Classifier(network, { height: SIDE, width: SIDE, tasks: TASKS }),
      rng.split("learner"),
    );
    const images = new Float32Array(BATCH * SIDE * SIDE);
    rng.split("images").fillUniform(images, 0, 255);
    const labels = TASKS.map(({ name, classes }) => {
      const own = rng.split(name);
      return Uint8Array.from({ length: BATCH }, () => own.integer(classes));
    });
    this.#batch = { size: BATCH, images, labels, samples: new Uint32Array(BATCH) };
  }

  static async create(model: ModelId): Promise<ClassifierBenchmark> {
    await useKernels();
    return new ClassifierBenchmark(model);
  }

  get parameters(): number {
    return this.learner.classifier.parameterCount;
  }

  /** Forward, backward and Adam, ms: the median of `repeats` after one to warm up. */
  updateMs(repeats: number): number {
    const spans: number[] = [];
    for (let i = 0; i <= repeats; i++) {
      const start = performance.now();
      this.learner.update(this.#batch, [1, 1], 1e-4);
      if (i > 0) spans.push(performance.now() - start);
    }
    return spans.sort((a, b) => a - b)[repeats >> 1]!;
  }

  dispose(): void {
    this.learner.dispose();
  }
}
