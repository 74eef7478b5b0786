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

/** What is measured, in the order of the paper's ladder, then what it does not have; `4lif` is `lif` at four times the width. */
export const updateModels = [
  "ann",
  "lif",
  "4lif",
  "s-lif2hh",
  "hh-published",
  "hh",
  "tv-lif2hh",
  "alif",
  "izhikevich",
] as const;
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
  readonly #action: Float32Array;
  readonly #rng = new Rng("benchmark");
  readonly #moment: Moment = { rng: this.#rng, progress: 0 };

  private constructor(agent: OffPolicyAgent) {
    this.agent = agent;
    const { encoder, observationSize, actionSize } = agent.actor.shape;
    const { batchSize } = agent.replay;
    const normals = (n: number) => {
      const values = new Float32Array(n);
      this.#rng.fillNormal(values);
      return values;
    };
    const windows = encoder.window * batchSize * observationSize;
    this.#batch = {
      batch: batchSize,
      steps: 1,
      burnIn: 0,
      observation: normals(windows),
      nextObservation: normals(windows),
      action: normals(batchSize * actionSize).map(Math.tanh),
      reward: normals(batchSize),
      discount: new Float32Array(batchSize).fill(0.99),
      memory: new Float32Array(0),
      starts: new Float32Array(batchSize),
    };
    this.#window = normals(encoder.window * observationSize);
    this.#action = new Float32Array(actionSize);
  }

  static async create(model: UpdateModel): Promise<UpdateBenchmark> {
    await useKernels();
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
    const settings = { batchSize: BATCH, criticHidden: [width, width] };
    return UpdateBenchmark.of(
      makeAgent("sac", shape, settings, new Rng("benchmark").split("agent")) as OffPolicyAgent,
    );
  }

  /** An agent with continuous actions that carries no memory, on random data; it is changed by what is timed. */
  static of(agent: OffPolicyAgent): UpdateBenchmark {
    return new UpdateBenchmark(agent);
  }

  /** Median time of a gradient update, ms, after ten to warm up. */
  updateMs(repeats: number): number {
    return medianMs(() => void this.agent.update(this.#batch, this.#moment), 10, repeats);
  }

  /** Median time of one sampled action, ms, after as many as V8 takes to compile what they run. */
  actionMs(repeats: number): number {
    return medianMs(() => this.agent.act(this.#window, 1, this.#moment, this.#action), 300, repeats);
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
