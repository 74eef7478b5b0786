import { SpikegymError } from "../core/errors.ts";
import { Rng } from "../core/rng.ts";
import { useKernels } from "../kernels/load.ts";
import { Classifier } from "./classifier.ts";
import { loadTwoImages } from "./data/load.ts";
import { ClassifierLearner } from "./learner.ts";
import { applyConfig } from "./run-config.ts";
import { readClassifier, readRecord } from "./run-folder.ts";

/** A trained classifier with the samples it was trained and tested on. */
export interface LoadedRun {
  readonly learner: ClassifierLearner;
  readonly record: Awaited<ReturnType<typeof readRecord>>;
  readonly data: ReturnType<typeof applyConfig>;
  /** What its noise pattern and other run-wide draws come from. */
  readonly rng: Rng;
  readonly warning?: string;
}

/**
 * Loads a run's checkpoint.
 *
 * @param folder of the data set, instead of the run's
 */
export async function loadRun(
  path: string,
  checkpoint: "latest" | "best",
  folder?: string,
): Promise<LoadedRun> {
  const record = await readRecord(path);
  const { config } = record;
  await useKernels();
  const data = applyConfig(await loadTwoImages(folder ?? config.data, config.seed), config);
  const rng = new Rng(config.seed);
  const learner = new ClassifierLearner(new Classifier(config.network, data.train), rng.split("learner"));
  const { arrays, state, warning } = await readClassifier(path, checkpoint);
  const own = (state as { learner?: unknown } | null)?.learner;
  if (own === undefined) throw new SpikegymError(`${path}: checkpoint "${checkpoint}" holds no classifier`);
  learner.restore(arrays, own);
  return { learner, record, data, rng, ...(warning === undefined ? {} : { warning }) };
}
