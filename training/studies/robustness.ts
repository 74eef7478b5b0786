import { join } from "node:path";
import { perturbations } from "../perturbations/index.ts";
import { readSweepData } from "../report/sweep-data.ts";
import { runLocally } from "../sweep/run-locally.ts";
import type { SweepSpec } from "../sweep/spec.ts";
import { SweepFolder } from "../sweep/sweep-folder.ts";
import { type RobustnessPart, writeRobustnessPage } from "./robustness-page.ts";
import {
  isClean,
  planTest,
  planTraining,
  type RobustnessParameters,
  robustnessParameters,
  STATE_NOISE,
} from "./robustness-plan.ts";
import { defineStudy, type StudyOptions, type StudyResult } from "./study.ts";

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

async function runRobustness(p: RobustnessParameters, options: StudyOptions): Promise<StudyResult> {
  for (const axis of p.axes) perturbations.get(axis);
  const failed: string[] = [];
  let complete = true;
  const run = async (spec: SweepSpec) => {
    const folder = await SweepFolder.plan(join(options.out, spec.name), spec);
    const outcome = await runLocally(folder, {
      workers: options.workers,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onNote === undefined ? {} : { onNote: options.onNote }),
      onProgress: ({ done, failed, total }) =>
        options.onProgress?.({ done: done + failed, total, unit: "trials", fields: { part: spec.name } }),
    });
    for (const { id, error } of await folder.failures()) failed.push(`${spec.name} ${id}: ${error}`);
    complete &&= outcome.done === outcome.total;
    return { folder, isOver: outcome.done + outcome.failed === outcome.total };
  };

  const trained: RobustnessPart[] = [];
  let policies: readonly string[] = p.policies;
  if (p.trainNoise) {
    for (const spec of planTraining(p, options.seeds)) {
      const { folder, isOver } = await run(spec);
      // What is tested is settled only when all is trained: the plan of a sweep never changes.
      if (!isOver) return stopped(options);
      trained.push(await partOf(folder));
      if (spec.name === STATE_NOISE && policies.length === 0) policies = await cleanRuns(folder);
    }
  }
  const spec = planTest(p, options.seeds, policies);
  const { folder } = await run(spec);
  const page = await writeRobustnessPage(options.report, p, options.seeds, await partOf(folder), trained);
  return {
    complete,
    document: { study: "robustness", engine: p.engine, failed, ...page },
    text: [...page.verdicts, ...failed.map((line) => `failed: ${line}`), page.page].join("\n"),
  };
}

async function partOf(folder: SweepFolder): Promise<RobustnessPart> {
  const { spec, code } = folder.record;
  return { name: spec.name, code, data: await readSweepData(folder) };
}

function stopped({ out }: StudyOptions): StudyResult {
  return {
    complete: false,
    document: { study: "robustness", out },
    text: `stopped while training; the same command goes on in ${out}`,
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
