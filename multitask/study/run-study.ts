import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FileError, UsageError } from "../../core/errors.ts";
import { parse } from "../../core/parse.ts";
import { describeFileFailure, writeFileAtomically } from "../../training/atomic-file.ts";
import { currentVersions } from "../../training/run-folder.ts";
import type { ImageDataSet } from "../data/image-samples.ts";
import { loadTwoImages } from "../data/load.ts";
import { ACTIVITY_IMAGES, allCorruptions, testNoise } from "../evaluate-run.ts";
import { loadRun } from "../load-run.ts";
import { applyConfig, resolveConfig } from "../run-config.ts";
import { measureActivity } from "../spikes.ts";
import { type TrainProgress, trainClassifier } from "../train.ts";
import { planStudy, type StudyConfig, type StudyJob } from "./plan.ts";

/** What a finished job leaves for the page. */
export const resultSchema = z.strictObject({
  id: z.string(),
  /** Of what made it. */
  versions: z.record(z.string(), z.string()).exactOptional(),
  group: z.string(),
  section: z.enum(["models", "rates", "channels", "noise", "single", "figure"]),
  model: z.string(),
  settings: z.string(),
  seed: z.number(),
  data: z.string(),
  samples: z.strictObject({ train: z.number(), test: z.number() }),
  parameters: z.number(),
  tasks: z.array(z.string()),
  epochs: z.number(),
  /** After the last epoch, a share for each task. */
  accuracy: z.array(z.number()),
  bestAccuracy: z.array(z.number()),
  calibrationError: z.array(z.number()),
  secondsPerEpoch: z.number(),
  activity: z.array(
    z.strictObject({
      layer: z.string(),
      neurons: z.number(),
      spikesPerImage: z.number(),
      rate: z.number(),
      silentShare: z.number(),
    }),
  ),
  /** Tested-only corruptions, where the study has them. */
  noise: z.array(z.strictObject({ kind: z.string(), level: z.number(), accuracy: z.array(z.number()) })),
});

export type JobResult = z.output<typeof resultSchema>;

export interface StudyOptions {
  readonly out: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (job: StudyJob, number: number, jobs: number, progress: TrainProgress) => void;
}

export interface StudyResult {
  readonly results: JobResult[];
  readonly planned: number;
  readonly complete: boolean;
  /** Published results that the plan does not have. */
  readonly kept?: readonly JobResult[];
}

/**
 * Runs what of a study is not done yet, job after job, each in a run folder of its own. It may be killed at any moment:
 * the job at hand goes on from its last epoch, and what is done is not done again.
 */
export async function runStudy(config: StudyConfig, options: StudyOptions): Promise<StudyResult> {
  const jobs = planStudy(config);
  await runJobs(jobs, () => loadScale(config), options);
  return collectJobs(jobs, options.out);
}

/**
 * A study's data.
 *
 * @throws UsageError where a scale is asked for that the folder does not hold: how to get it
 */
export async function loadScale({ data: folder, scale }: StudyConfig): Promise<ImageDataSet> {
  const data = await loadTwoImages(folder);
  if (scale !== null && scale !== data.scale) {
    throw new UsageError(
      `multitask study: --scale ${scale}, but ${folder} holds the ${data.scale} set: ${data.name}; ` +
        (scale === "full"
          ? "get the full ones where there is a network: spikegym multitask data --download --data DIR"
          : "give the folder of the subset with --data DIR"),
    );
  }
  return data;
}

/** The same for any jobs; the data set is loaded when it is wanted. */
export async function runJobs(
  jobs: readonly StudyJob[],
  load: () => Promise<ImageDataSet>,
  { out, signal, onProgress }: StudyOptions,
): Promise<void> {
  const stopped = () => signal?.aborted === true;
  const isDone = ({ id }: StudyJob) => existsSync(join(out, id, "result.json"));
  if (jobs.every(isDone)) return;
  const data = await load();
  try {
    await mkdir(out, { recursive: true });
  } catch (error) {
    throw describeFileFailure("write", out, error);
  }
  for (const [number, job] of jobs.entries()) {
    if (stopped()) break;
    const folder = join(out, job.id);
    if (isDone(job)) continue;
    const trained = await trainClassifier(resolveConfig(job.request), data, {
      out: folder,
      // A run that was killed before its first checkpoint has nothing to go on from, and begins again.
      resume: existsSync(join(folder, "checkpoints", "latest.json")),
      ...(existsSync(join(folder, "config.json")) ? { restart: true } : {}),
      ...(signal === undefined ? {} : { signal }),
      onProgress: (progress) => onProgress?.(job, number + 1, jobs.length, progress),
    });
    // Asked to stop, it leaves the tests of what is trained to the next start.
    if (!trained.complete || stopped()) break;
    const run = { ...(await loadRun(folder, "latest")), data: applyConfig(data, resolveConfig(job.request)) };
    const activity = measureActivity(run.learner, run.data.test, ACTIVITY_IMAGES);
    const tested = job.section === "models" && job.request.seed === 0;
    const kinds = ["fixed", "fresh", "occlusion", "shift", "contrast"];
    const noise = tested ? testNoise(run, allCorruptions(kinds), () => undefined) : [];
    run.learner.dispose();
    const mean = (a: readonly number[]) => a.reduce((sum, x) => sum + x, 0) / a.length;
    const best = trained.epochs.reduce((a, b) => (mean(b.accuracy) > mean(a.accuracy) ? b : a));
    const result: JobResult = {
      id: job.id,
      versions: currentVersions(),
      group: job.group,
      section: job.section,
      model: trained.model,
      settings: trained.settings,
      seed: trained.seed,
      data: trained.data,
      samples: trained.samples,
      parameters: trained.parameters,
      tasks: trained.tasks.map(({ name }) => name),
      epochs: trained.epochs.length,
      accuracy: trained.epochs.at(-1)!.accuracy,
      bestAccuracy: best.accuracy,
      calibrationError: trained.tasks.map(({ calibration }) => calibration.expectedError),
      secondsPerEpoch: mean(trained.epochs.map(({ trainSeconds }) => trainSeconds)),
      activity: activity.map((layer) => ({ ...layer })),
      noise: noise.map((row) => ({ ...row, accuracy: [...row.accuracy] })),
    };
    await writeFileAtomically(join(folder, "result.json"), `${JSON.stringify(result, null, 2)}\n`);
  }
}

/** What of some jobs is done. */
export async function collectJobs(jobs: readonly StudyJob[], out: string): Promise<StudyResult> {
  const results: JobResult[] = [];
  for (const { id } of jobs) {
    const path = join(out, id, "result.json");
    if (!existsSync(path)) continue;
    let value: unknown;
    try {
      value = JSON.parse(await readFile(path, "utf8"));
    } catch {
      throw new FileError(`${path} is cut off or no JSON; remove it, and the study writes it anew`);
    }
    const result = parse(resultSchema, value, path);
    const record = join(out, id, "config.json");
    const versions = existsSync(record) ? await readVersions(record) : undefined;
    results.push({ ...(versions === undefined ? {} : { versions }), ...result });
  }
  return { results, planned: jobs.length, complete: results.length === jobs.length };
}

/** Results of before named no versions; those that their run began with stand in its folder. */
async function readVersions(record: string): Promise<Record<string, string>> {
  const schema = z.looseObject({ versions: z.record(z.string(), z.string()) });
  return parse(schema, JSON.parse(await readFile(record, "utf8")), record).versions;
}
