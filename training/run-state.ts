import { z } from "zod";
import type { Agent } from "../agents/algorithm.ts";
import { DivergenceError, FileError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import type { Rng, RngState } from "../core/rng.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type Collector, collectorSnapshotSchema } from "./collector.ts";
import type { Learning } from "./learning.ts";
import { prefixed, readLatest, unprefixed } from "./run-folder.ts";
import { freshProgress, type Progress, progressSchema } from "./run-progress.ts";

const STREAMS = ["explore", "sample", "update"] as const;

/** A run's random streams beside the environments' own: exploration, draws from the replay buffer, updates. */
export type Streams = Readonly<Record<(typeof STREAMS)[number], Rng>>;

export function makeStreams(root: Rng): Streams {
  return Object.fromEntries(STREAMS.map((name) => [name, root.split(name)])) as Streams;
}

/** The whole training state as one value: what a checkpoint holds and a resumed run starts from. */
export interface RunState {
  readonly agent: Agent;
  readonly collector: Collector;
  readonly learning: Learning;
  readonly streams: Streams;
  readonly progress: Progress;
}

const stateSchema = z.strictObject({
  learner: z.record(z.string(), z.unknown()),
  learning: z.unknown(),
  collector: collectorSnapshotSchema,
  streams: z.record(
    z.string(),
    z.custom<RngState>((value) => typeof value === "object" && value !== null),
  ),
  progress: progressSchema,
});

/** @throws DivergenceError when the learner holds a number that is not finite: no such checkpoint is worth keeping */
export function captureRun({ agent, collector, learning, streams, progress }: RunState): Checkpoint {
  const learner = agent.snapshot();
  for (const [name, { values }] of Object.entries(learner.arrays)) {
    const odd = values.find((x) => !Number.isFinite(x));
    if (odd !== undefined) throw new DivergenceError(`${agent.id}: "${name}" holds ${odd}`);
  }
  const experience = learning.snapshot();
  return {
    arrays: { ...prefixed("learner", learner.arrays), ...prefixed("experience", experience.arrays) },
    state: {
      learner: learner.state,
      learning: experience.state,
      collector: collector.snapshot(),
      streams: Object.fromEntries(STREAMS.map((name) => [name, streams[name].snapshot()])),
      progress,
    },
  };
}

/** Puts the latest checkpoint of a run folder into a fresh run; returns a warning when an older one had to do. */
export async function restoreRun(run: RunState, path: string): Promise<string | undefined> {
  const { arrays, state, warning } = await readLatest(path);
  const where = `${path}: checkpoint "latest"`;
  const { learner, learning, collector, streams, progress } = parse(stateSchema, state, where);
  run.agent.restore({ arrays: unprefixed("learner", arrays), state: learner });
  run.learning.restore({ arrays: unprefixed("experience", arrays), state: learning });
  run.collector.restore(collector);
  for (const name of STREAMS) {
    const saved = streams[name];
    if (saved === undefined) throw new FileError(`${where} has no random stream "${name}"`);
    run.streams[name].restore(saved);
  }
  Object.assign(run.progress, freshProgress(), progress);
  return warning;
}
