import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { describeMachine } from "../machine.ts";
import { perturbations } from "../perturbations/index.ts";
import { locatePolicy } from "../policy.ts";
import { readRunRecord } from "../run-folder.ts";
import { runLocally } from "../sweep/run-locally.ts";
import type { SweepSpec } from "../sweep/spec.ts";
import { SweepFolder } from "../sweep/sweep-folder.ts";
import { canonicalJson } from "../sweep/trial.ts";
import {
  type RobustnessData,
  type RobustnessGroup,
  type RobustnessPart,
  readPart,
  readRobustnessData,
  robustnessDataFile,
} from "./robustness-data.ts";
import { type RobustnessReport, writeRobustnessReport } from "./robustness-page.ts";
import {
  isClean,
  planTest,
  planTraining,
  type RobustnessParameters,
  robustnessParameters,
  STATE_NOISE,
} from "./robustness-plan.ts";
import { defineStudy, describeSettings, type StudyOptions, type StudyResult } from "./study.ts";

/**
 * How far policies stand up to what they were not trained for, and what training under the published noises does: the
 * paper's second claim, on the double pendulum.
 */
export const robustnessStudy = defineStudy({
  id: "robustness",
  summary:
    "policies under perturbations of sensors, actuators, bodies and the network, and trained under noise",
  references: [
    "He et al., Nature Computational Science 4, 584-599 (2024), for the claim and the noises",
    "Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS 2021",
  ],
  parameters: robustnessParameters,
  run: runRobustness,
});

/** Name of the group of policies that were trained elsewhere. */
const ELSEWHERE = "policies";

/**
 * A model at a time, each in a folder of its own; the report is written anew after each. Models that the report holds
 * already stay in it, so that one can be added without training the others again.
 */
async function runRobustness(p: RobustnessParameters, options: StudyOptions): Promise<StudyResult> {
  for (const axis of p.axes) perturbations.get(axis);
  const published = await readPublished(p, options);
  const study = new RobustnessRun(p, options, published);
  let groups = [...(published?.groups ?? [])];
  let report: RobustnessReport | undefined;
  const admit = async (group: RobustnessGroup) => {
    groups = inOrder([...groups.filter(({ model }) => model !== group.model), group], p.models);
    report = await writeRobustnessReport(options.report, study.dataOf(groups));
  };
  const models = p.policies.length === 0 || p.trainNoise ? p.models : [];
  const missing = models.filter((model) => !groups.some((group) => group.model === model));
  if (missing.length < models.length) {
    options.onNote?.(
      `${models.length - missing.length} of ${models.length} models stand in ${options.report} already and are kept`,
    );
  }
  for (const model of missing) {
    const group = await study.runModel(model);
    if (group === undefined) return stopped(options);
    await admit(group);
  }
  if (p.policies.length > 0) await admit(await study.testPolicies(p.policies));
  // All that was asked for is there: the page may be an older one of the same data.
  report ??= await writeRobustnessReport(options.report, study.dataOf(groups));
  const { failed } = study;
  return {
    complete: groups.every(isComplete),
    document: { study: "robustness", engine: p.engine, failed, ...report },
    text: [...report.verdicts, ...failed.map((line) => `failed: ${line}`), report.page].join("\n"),
  };
}

/**
 * What the report holds of a study with the same settings and seeds; a published model outlives the folder that it was
 * trained in. Models with trials that failed are tried again.
 *
 * @throws UsageError where it holds another study
 */
async function readPublished(
  p: RobustnessParameters,
  { report, seeds }: StudyOptions,
): Promise<RobustnessData | undefined> {
  const data = await readRobustnessData(report);
  if (data === undefined) return undefined;
  if (
    canonicalJson(data.settings) !== canonicalJson(settingsOf(p)) ||
    data.groups.some((group) => group.seeds !== seeds)
  ) {
    throw new UsageError(
      `${robustnessDataFile(report)} holds a study of other settings (made by: ${data.command}); nothing was changed, choose another --report`,
    );
  }
  return { ...data, groups: data.groups.filter((group) => group.model !== ELSEWHERE && isComplete(group)) };
}

/** What all groups of a report have in common. */
function settingsOf({ models, policies, ...settings }: RobustnessParameters): RobustnessData["settings"] {
  return settings;
}

function isComplete({ parts }: RobustnessGroup): boolean {
  return parts.every(({ missing }) => missing === 0);
}

/** The models as they were asked for, then any other. */
function inOrder(groups: readonly RobustnessGroup[], models: readonly string[]): RobustnessGroup[] {
  const place = ({ model }: RobustnessGroup) =>
    models.includes(model) ? models.indexOf(model) : models.length;
  return [...groups].sort((a, b) => place(a) - place(b));
}

/** The command that makes this, without the folders of one machine. */
function describeCommand(p: RobustnessParameters, seeds: number, groups: readonly RobustnessGroup[]): string {
  const { policies, ...rest } = p;
  const trained = groups.map(({ model }) => model).filter((model) => model !== ELSEWHERE);
  const models = trained.length > 0 ? trained : rest.models;
  const own = policies.length > 0 ? " --set policies='[...]'" : "";
  return `spikegym study robustness --seeds ${seeds}${own}${describeSettings({ ...rest, models }, robustnessParameters)}`;
}

/** The sweeps of the study, and what is known of all of them. */
class RobustnessRun {
  readonly failed: string[] = [];
  readonly #p: RobustnessParameters;
  readonly #options: StudyOptions;
  #environment: string;
  #threshold: number | null;

  constructor(p: RobustnessParameters, options: StudyOptions, published: RobustnessData | undefined) {
    this.#p = p;
    this.#options = options;
    this.#environment = published?.environment ?? "";
    this.#threshold = published?.threshold ?? null;
  }

  /** Trains a model with and without the noises and tests it; undefined where it was stopped while training. */
  async runModel(model: string): Promise<RobustnessGroup | undefined> {
    const [p, { seeds, out }] = [this.#p, this.#options];
    const folder = join(out, model);
    const parts: RobustnessPart[] = [];
    let clean: readonly string[] | undefined;
    if (p.trainNoise) {
      for (const spec of planTraining(p, model, seeds)) {
        const sweep = await this.#run(folder, spec);
        // What is tested is settled only when all is trained: the plan of a sweep never changes.
        if (!sweep.isOver) return undefined;
        parts.push(await this.#read(sweep.folder));
        if (spec.name === STATE_NOISE) clean = await cleanRuns(sweep.folder);
      }
    }
    if (p.policies.length === 0) {
      const policies = clean === undefined ? { model, seeds } : { paths: clean };
      const { folder: tested, isOver } = await this.#run(folder, planTest(p, policies));
      if (!isOver) return undefined;
      parts.unshift(await this.#read(tested));
    }
    return {
      model,
      seeds,
      trainingSteps: await this.#stepsOf(clean ?? []),
      machine: describeMachine(),
      parts,
    };
  }

  async testPolicies(paths: readonly string[]): Promise<RobustnessGroup> {
    const { out, seeds } = this.#options;
    const { folder } = await this.#run(out, planTest(this.#p, { paths }));
    const parts = [await this.#read(folder)];
    return {
      model: ELSEWHERE,
      seeds,
      trainingSteps: await this.#stepsOf(paths),
      machine: describeMachine(),
      parts,
    };
  }

  dataOf(groups: readonly RobustnessGroup[]): RobustnessData {
    return {
      study: "robustness",
      command: describeCommand(this.#p, this.#options.seeds, groups),
      settings: settingsOf(this.#p),
      environment: this.#environment,
      threshold: this.#threshold,
      groups: [...groups],
    };
  }

  async #run(out: string, spec: SweepSpec): Promise<{ folder: SweepFolder; isOver: boolean }> {
    const path = join(out, spec.name);
    const finished = await SweepFolder.finished(path, spec);
    if (finished !== undefined) return { folder: finished, isOver: true };
    const folder = await SweepFolder.plan(path, spec);
    const { workers, signal, onNote, onProgress } = this.#options;
    const outcome = await runLocally(folder, {
      workers,
      ...(signal === undefined ? {} : { signal }),
      ...(onNote === undefined ? {} : { onNote }),
      onProgress: ({ done, failed, total }) =>
        onProgress?.({ done: done + failed, total, unit: "trials", fields: { part: spec.name } }),
    });
    for (const { id, error } of await folder.failures()) this.failed.push(`${spec.name} ${id}: ${error}`);
    return { folder, isOver: outcome.done + outcome.failed === outcome.total };
  }

  async #read(folder: SweepFolder): Promise<RobustnessPart> {
    const { part, environment, threshold } = await readPart(folder);
    this.#environment = environment ?? this.#environment;
    this.#threshold = threshold ?? this.#threshold;
    return part;
  }

  async #stepsOf(policies: readonly string[]): Promise<number | null> {
    const steps = new Set<number>();
    for (const path of policies) {
      steps.add((await readRunRecord(locatePolicy(path).run)).config.training.steps);
    }
    return steps.size === 1 ? [...steps][0]! : null;
  }
}

function stopped({ out }: StudyOptions): StudyResult {
  return {
    complete: false,
    document: { study: "robustness", out },
    text: `stopped; the same command goes on in ${out}`,
  };
}

/** Run folders of what was trained without noise. */
async function cleanRuns(folder: SweepFolder): Promise<string[]> {
  const paths: string[] = [];
  for await (const { id, kind, factors } of folder.trials()) {
    if (kind === "train" && isClean(factors) && folder.isDone(id)) {
      paths.push(join(folder.trialPath(id), "run"));
    }
  }
  return paths;
}
