import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { FileError, SpikegymError } from "../../core/errors.ts";
import { writeFileAtomically } from "../atomic-file.ts";
import { type Conditions, evaluatePolicy, mapPolicy } from "../evaluate-policy.ts";
import { loadPolicy, type Policy } from "../policy.ts";
import { readCompleteSummary } from "../processes/train-all.ts";
import { train } from "../trainer.ts";
import { claimWork } from "./claim.ts";
import type { SweepFolder } from "./sweep-folder.ts";
import type { EvaluationTrial, TrainTrial, Trial } from "./trial.ts";

export interface TrialOptions {
  /** Stops a training trial after the step at hand, with a checkpoint, and an evaluation before it begins. */
  readonly signal?: AbortSignal;
  readonly onNote?: (line: string) => void;
}

/**
 * Does trials, one after another, each into a folder of the sweep that appears whole. Policies are kept between trials,
 * for neighbours in a plan mostly share theirs.
 */
export class TrialRunner {
  readonly #policies = new Map<string, Policy>();

  /**
   * @returns "stopped" where the signal came first
   * @throws SpikegymError where the trial cannot be done
   */
  async run(folder: SweepFolder, trial: Trial, options: TrialOptions = {}): Promise<"done" | "stopped"> {
    if (folder.isDone(trial.id)) return "done";
    if (options.signal?.aborted) return "stopped";
    try {
      return trial.kind === "train"
        ? await trainTrial(folder, trial, options)
        : await this.#evaluate(folder, trial);
    } catch (error) {
      // Another worker that did the same trial may have taken the folder away in the midst of it.
      if (folder.isDone(trial.id)) return "done";
      throw error;
    }
  }

  async #evaluate(folder: SweepFolder, trial: EvaluationTrial): Promise<"done"> {
    const began = performance.now();
    const policy = await this.#policyOf(folder, trial);
    const conditions = conditionsOf(trial);
    const measured =
      trial.map === null
        ? await evaluatePolicy(policy, { ...conditions, episodes: trial.episodes, seed: trial.seed })
        : { map: await mapPolicy(policy, { ...conditions, map: trial.map, seed: trial.seed }) };
    const work = folder.workPath(trial.id);
    await writeResult(work, trial, folder.record.code, {
      engine: trial.engine ?? policy.config.environment.engine,
      policy: trial.policy,
      agent: agentOf(policy),
      ...measured,
      wallSeconds: (performance.now() - began) / 1000,
    });
    await folder.publish(trial.id, work);
    return "done";
  }

  async #policyOf(folder: SweepFolder, { policy }: EvaluationTrial): Promise<Policy> {
    const path = "path" in policy ? policy.path : join(folder.trialPath(policy.trial), "run");
    const known = this.#policies.get(path);
    if (known !== undefined) return known;
    // One at a time: a plan goes from policy to policy.
    for (const [old, { agent }] of this.#policies) {
      agent.dispose();
      this.#policies.delete(old);
    }
    const loaded = await loadPolicy(path);
    this.#policies.set(path, loaded);
    return loaded;
  }
}

/** Who was evaluated: what tells agents apart, and which of an agent's runs it is. */
function agentOf({ config }: Policy) {
  const { preset, seed, environment, policy, algorithm } = config;
  return {
    preset,
    seed,
    environment: environment.id,
    algorithm: algorithm.id,
    neuron: policy.neuron.id,
    population: policy.population,
  };
}

/** What an evaluation's policy meets. */
export function conditionsOf({
  engine,
  perturbations,
}: Pick<EvaluationTrial, "engine" | "perturbations">): Conditions {
  return { perturbations, ...(engine === null ? {} : { engine }) };
}

/** Trains in the work folder, from its latest checkpoint where an earlier attempt left one. */
async function trainTrial(
  folder: SweepFolder,
  trial: TrainTrial,
  options: TrialOptions,
): Promise<"done" | "stopped"> {
  const work = folder.workPath(trial.id);
  const run = join(work, "run");
  await mkdir(work, { recursive: true });
  const release = await claimWork(work, options.onNote);
  try {
    const complete = await readCompleteSummary(run);
    const summary = complete ?? (await trainOn(trial, run, options));
    if (!summary.complete) return "stopped";
    // The folder it was trained in is about to be called otherwise.
    const { out, ...rest } = summary;
    await writeResult(work, trial, folder.record.code, { summary: rest });
  } finally {
    await release();
  }
  await folder.publish(trial.id, work);
  return "done";
}

async function trainOn(trial: TrainTrial, run: string, { signal, onNote }: TrialOptions) {
  const options = {
    out: run,
    ...(signal === undefined ? {} : { signal }),
    ...(onNote === undefined ? {} : { onNote }),
  };
  if (!existsSync(join(run, "config.json"))) return train(trial.config, options);
  try {
    return await train(trial.config, { ...options, resume: true });
  } catch (error) {
    // Killed before its first checkpoint, or with a damaged one: nothing of worth is lost by beginning again.
    if (!(error instanceof FileError)) throw error;
    onNote?.(`${error.message}; begun again`);
    await rm(run, { recursive: true, force: true });
    return train(trial.config, options);
  }
}

async function writeResult(work: string, trial: Trial, code: string, result: object): Promise<void> {
  const { id, kind, factors } = trial;
  const conditions =
    trial.kind === "evaluate" ? { perturbations: trial.perturbations, seed: trial.seed } : {};
  const text = JSON.stringify({ id, kind, factors, ...conditions, code, ...result }, null, 2);
  if (text === undefined) throw new SpikegymError(`trial ${id}: it has no result`);
  await writeFileAtomically(join(work, "result.json"), `${text}\n`);
}
