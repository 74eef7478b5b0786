import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FileError, UsageError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { describeFileFailure, writeFileAtomically } from "../../training/atomic-file.ts";
import { readCheckpoint, writeCheckpoint } from "../../training/checkpoint.ts";
import { batchesInOrder, readBatch } from "../data/batches.ts";
import { type ImageDataSet, type ImageSamples, limitSamples } from "../data/image-samples.ts";
import { shuffled } from "../data/pairs.ts";
import { EncoderLearner } from "./encoder-learner.ts";
import { type InformationConfig, informationSchema } from "./settings.ts";

/** The bounds after an epoch, on the test samples. */
const epochSchema = z.strictObject({
  epoch: z.number().int(),
  /** Upper bound of I(X; Z): the code's mean KL to N(0, 1). */
  izxBits: z.number(),
  /** Lower bound of I(Z; Y): H(Y) - CE. */
  izyBits: z.number(),
  accuracy: z.array(z.number()),
  loss: z.number(),
  trainSeconds: z.number(),
});

export type InformationEpoch = z.output<typeof epochSchema>;

const stateSchema = z.strictObject({ parts: z.unknown(), epochs: z.array(epochSchema), config: z.unknown() });

export const informationResultSchema = z.strictObject({
  neuron: z.string(),
  form: informationSchema.shape.form.unwrap(),
  seed: z.number(),
  data: z.string(),
  /** Training samples used. */
  samples: z.number(),
  parameters: z.number(),
  epochs: z.array(epochSchema),
  /** Last epoch's. */
  izxBits: z.number(),
  izyBits: z.number(),
  complete: z.boolean(),
  out: z.string(),
});

export type InformationResult = Readonly<z.output<typeof informationResultSchema>>;

/** What a finished run left in its folder; undefined where there is none. */
export async function readInformation(folder: string): Promise<InformationResult | undefined> {
  const path = join(folder, "summary.json");
  if (!existsSync(path)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new FileError(`${path} is cut off or no JSON`);
  }
  return parse(informationResultSchema, value, path);
}

export interface InformationOptions {
  readonly out: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (
    epoch: number,
    done: number,
    total: number,
    last: InformationEpoch | undefined,
  ) => void;
}

/** The rate falls by 3 % every two epochs, as published. */
const rateOf = (first: number, epoch: number) => first * 0.97 ** Math.floor(epoch / 2);

/**
 * Trains a variational information bottleneck and follows it through the information plane. A folder that holds such a
 * run already is gone on with (checkpoint after every epoch, to the bit).
 */
export async function measureInformation(
  config: InformationConfig,
  dataSet: ImageDataSet,
  { out, signal, onProgress }: InformationOptions,
): Promise<InformationResult> {
  await useKernels();
  const { limit } = config;
  const train = limit === null ? dataSet.train : limitSamples(dataSet.train, limit);
  const rng = new Rng(config.seed);
  const learner = new EncoderLearner(config, train, rng.split("learner"));
  const folder = join(out, "checkpoints");
  const epochs: InformationEpoch[] = [];
  if (existsSync(join(folder, "latest.json"))) {
    const { arrays, state } = await readCheckpoint(folder, "latest");
    const saved = parse(stateSchema, state, `${out}: checkpoint "latest"`);
    const before = parse(informationSchema, saved.config, `${out}: checkpoint "latest"`);
    if (JSON.stringify({ ...before, epochs: 0 }) !== JSON.stringify({ ...config, epochs: 0 })) {
      throw new UsageError(`${out} holds a run of other settings; choose another --out`);
    }
    learner.parts.restore(arrays, saved.parts);
    epochs.push(...saved.epochs);
  }
  try {
    await mkdir(out, { recursive: true });
  } catch (error) {
    throw describeFileFailure("write", out, error);
  }
  const stopped = () => signal?.aborted === true;
  const batches = Math.ceil(train.count / config.batchSize);
  try {
    while (epochs.length < config.epochs && !stopped()) {
      const epoch = epochs.length;
      const order = shuffled(train.count, rng.split(`order/${epoch}`));
      const start = performance.now();
      let loss = 0;
      for (let b = 0; b < batches && !stopped(); b++) {
        const batch = readBatch(train, order, b * config.batchSize, (b + 1) * config.batchSize);
        loss +=
          learner.update(batch, rateOf(config.learningRate, epoch), rng.split(`code/${epoch}/${b}`)) *
          batch.size;
        onProgress?.(epoch + 1, epoch * batches + b + 1, config.epochs * batches, epochs.at(-1));
        if (b % 8 === 7) await new Promise((resolve) => setImmediate(resolve));
      }
      // An epoch that was cut short is done again: it derives from nothing but the seed and the last checkpoint.
      if (stopped()) break;
      const trainSeconds = (performance.now() - start) / 1000;
      const bounds = measureBounds(learner, dataSet.test, rng.split(`test/${epoch}`));
      epochs.push({ epoch: epoch + 1, ...bounds, loss: loss / train.count, trainSeconds });
      const { arrays, state } = learner.parts.snapshot();
      await writeCheckpoint(folder, "latest", { arrays, state: { parts: state, epochs, config } });
    }
    const last = epochs.at(-1);
    const result: InformationResult = {
      neuron: config.neuron,
      form: config.form,
      seed: config.seed,
      data: dataSet.name,
      samples: train.count,
      parameters: learner.parts.parameters.reduce((sum, { size }) => sum + size, 0),
      epochs,
      izxBits: last?.izxBits ?? Number.NaN,
      izyBits: last?.izyBits ?? Number.NaN,
      complete: epochs.length >= config.epochs,
      out,
    };
    if (result.complete) {
      await writeFileAtomically(join(out, "summary.json"), `${JSON.stringify(result, null, 2)}\n`);
    }
    return result;
  } finally {
    learner.dispose();
  }
}

/** H(Y) of the form, bits: independent uniform labels have the sum of their logarithms; the published runs took one. */
export function labelEntropyBits(form: InformationConfig["form"], classes: readonly number[]): number {
  const bits = classes.map((n) => Math.log2(n));
  return form === "published" ? bits[0]! : bits.reduce((sum, b) => sum + b, 0);
}

function measureBounds(learner: EncoderLearner, test: ImageSamples, rng: Rng) {
  let kl = 0;
  let crossEntropy = 0;
  const right = test.tasks.map(() => 0);
  let number = 0;
  for (const batch of batchesInOrder(test, learner.config.batchSize)) {
    const sums = learner.measure(batch, rng.split(`batch/${number++}`));
    kl += sums.kl;
    crossEntropy += sums.crossEntropy;
    sums.right.forEach((n, task) => {
      right[task]! += n;
    });
  }
  const entropy = labelEntropyBits(
    learner.config.form,
    test.tasks.map(({ classes }) => classes),
  );
  return {
    izxBits: kl / test.count / Math.LN2,
    izyBits: entropy - crossEntropy / test.count / Math.LN2,
    accuracy: right.map((n) => n / test.count),
  };
}
