import type { Moment, OffPolicyAgent } from "../agents/algorithm.ts";
import type { TransitionBatch } from "../agents/experience.ts";
import { makeAgent } from "../agents/index.ts";
import { Rng } from "../core/rng.ts";
import { useKernels } from "../kernels/load.ts";
import { makeEncoder } from "../neurons/encoders/index.ts";
import { makeNeuron } from "../neurons/index.ts";

/** The published double-pendulum setting: 11 observations, 5 x 3 ticks, batch 64; width 128, or 512 for 4lif. */
const OBSERVATIONS = 11;
const WINDOW = 5;
const BATCH = 64;

/** What is measured, in the order of the paper's ladder; `4lif` is `lif` at four times the width. */
export const updateModels = ["ann", "lif", "4lif", "s-lif2hh", "hh-published", "hh"] as const;
export type UpdateModel = (typeof updateModels)[number];

const PARAMETERS: Partial<Record<UpdateModel, Record<string, unknown>>> = {
  lif: { threshold: 0.3, surrogate: { shape: "rectangle", width: 0.5, height: 1 } },
  "4lif": { threshold: 0.3, surrogate: { shape: "rectangle", width: 0.5, height: 1 } },
};

/** One agent on random data, ready to be timed. */
export class UpdateBenchmark {
  readonly agent: OffPolicyAgent;
  readonly #batch: TransitionBatch;
  readonly #window: Float32Array;
  readonly #action = new Float32Array(1);
  readonly #rng = new Rng("benchmark");
  readonly #moment: Moment = { rng: this.#rng, progress: 0 };

  private constructor(model: UpdateModel) {
    const width = model === "4lif" ? 512 : 128;
    const shape = {
      neuron: makeNeuron(model === "4lif" ? "lif" : model, PARAMETERS[model] ?? {}),
      encoder: makeEncoder("latest-window", { window: WINDOW, repeat: 3 }),
      observationSize: OBSERVATIONS,
      actionSize: 1,
      choices: null,
      population: width,
      hidden: [width, width],
    };
    this.agent = makeAgent(
      "sac",
      shape,
      { batchSize: BATCH, criticHidden: [width, width] },
      this.#rng.split("agent"),
    ) as OffPolicyAgent;
    const normals = (n: number) => {
      const values = new Float32Array(n);
      this.#rng.fillNormal(values);
      return values;
    };
    this.#batch = {
      batch: BATCH,
      steps: 1,
      burnIn: 0,
      observation: normals(WINDOW * BATCH * OBSERVATIONS),
      nextObservation: normals(WINDOW * BATCH * OBSERVATIONS),
      action: normals(BATCH).map(Math.tanh),
      reward: normals(BATCH),
      discount: new Float32Array(BATCH).fill(0.99),
      memory: new Float32Array(0),
      starts: new Float32Array(BATCH),
    };
    this.#window = normals(WINDOW * OBSERVATIONS);
  }

  static async create(model: UpdateModel): Promise<UpdateBenchmark> {
    await useKernels();
    return new UpdateBenchmark(model);
  }

  /** Median time of a gradient update, ms, after ten to warm up. */
  updateMs(repeats: number): number {
    return medianMs(() => void this.agent.update(this.#batch, this.#moment), 10, repeats);
  }

  /** Median time of one sampled action, ms. */
  actionMs(repeats: number): number {
    return medianMs(() => this.agent.act(this.#window, 1, this.#moment, this.#action), 10, repeats);
  }

  dispose(): void {
    this.agent.dispose();
  }
}

function medianMs(work: () => void, warmUp: number, repeats: number): number {
  for (let i = 0; i < warmUp; i++) work();
  const spans: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    work();
    spans.push(performance.now() - start);
  }
  return spans.sort((a, b) => a - b)[repeats >> 1]!;
}
