import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluatePolicy } from "../training/evaluate-policy.ts";
import { packageRoot } from "../training/package-root.ts";
import { loadPolicy } from "../training/policy.ts";
import { runThroughQueue } from "../training/sweep/queue/coordinator.ts";
import { runLocally, type SweepProgress } from "../training/sweep/run-locally.ts";
import { parseSweepSpec } from "../training/sweep/spec.ts";
import { SweepFolder } from "../training/sweep/sweep-folder.ts";

/**
 * `npx tsx bench/sweep.ts RUN [evaluation] [sweep] [memory] [queue=redis://host:port [queue-memory]]`: what a sweep costs,
 * with the policy of a run folder on the lagrangian engine. All parts but the queue's, if none is named.
 */
const [run, ...parts] = process.argv.slice(2);
if (run === undefined) throw new Error("expected a run folder");
const queue = parts.find((part) => part.startsWith("queue="))?.slice("queue=".length);
const wants = (part: string) => parts.length === 0 || parts.includes(part);
const folder = await mkdtemp(join(tmpdir(), "spikegym-bench-sweep-"));

/** `trials` evaluations that differ in a noise too small to fell the policy. */
async function plan(name: string, trials: number, episodes: number, noise: [number, number]) {
  const axes = { "perturb.sensor-noise": { from: noise[0], to: noise[1] } };
  const design = { design: "latin-hypercube", samples: trials };
  const spec = { name, ...design, policies: run, evaluate: { episodes, engine: "lagrangian" }, axes };
  return SweepFolder.plan(join(folder, name), parseSweepSpec(spec, "bench"));
}

/** Seconds of the trials themselves. */
async function trialSeconds(sweep: SweepFolder): Promise<number> {
  let sum = 0;
  for await (const { id } of sweep.trials()) {
    sum += JSON.parse(await readFile(join(sweep.trialPath(id), "result.json"), "utf8")).wallSeconds;
  }
  return sum;
}

async function benchEvaluation(): Promise<void> {
  const policy = await loadPolicy(run!);
  for (const episodes of [10, 100]) {
    const rates: number[] = [];
    for (let round = 0; round < 5; round++) {
      const began = process.cpuUsage();
      const { episodes: done } = await evaluatePolicy(policy, {
        episodes,
        seed: round,
        engine: "lagrangian",
      });
      const { user, system } = process.cpuUsage(began);
      rates.push((1e6 * done.reduce((sum, { length }) => sum + length, 0)) / (user + system));
    }
    console.log(
      `evaluation of ${episodes} episodes side by side: ${show(rates)} decisions a CPU second, one thread`,
    );
  }
  policy.agent.dispose();
}

async function benchSweep(): Promise<void> {
  const sweep = await plan("thousand", 1000, 10, [0, 1]);
  const { done, wallSeconds } = await runLocally(sweep, { workers: 2 });
  console.log(`${done} trials of 10 episodes, 2 workers: ${wallSeconds.toFixed(1)} s`);
}

/** The memory of the process that watches over many short trials. */
async function benchMemory(): Promise<void> {
  const sweep = await plan("memory", 10_000, 1, [4.9, 5]);
  const { done } = await runLocally(sweep, { workers: 2, onProgress: printMemory("") });
  console.log(`${done} trials`);
}

async function benchQueueMemory(url: string): Promise<void> {
  const sweep = await plan("queued-memory", 10_000, 1, [4.8, 5]);
  const workers = [startWorker(sweep, url), startWorker(sweep, url)];
  try {
    const { done } = await runThroughQueue(sweep, { url, onProgress: printMemory(" through the queue") });
    console.log(`${done} trials through the queue`);
  } finally {
    for (const worker of workers) worker.kill("SIGTERM");
  }
}

function printMemory(how: string): (progress: SweepProgress) => void {
  let next = 0;
  return ({ done }) => {
    if (done < next) return;
    next = done + 2000;
    const { heapUsed, rss } = process.memoryUsage();
    console.log(`coordinator after ${done} trials${how}: heap ${mib(heapUsed)}, resident ${mib(rss)}`);
  };
}

function startWorker(sweep: SweepFolder, url: string): ChildProcess {
  const main = join(packageRoot(), "cli/main.ts");
  const args = ["--import", "tsx", main, "worker", sweep.path, "--queue", url];
  return spawn(process.execPath, args, { cwd: packageRoot(), stdio: "ignore" });
}

/** The same trials through a queue and without, and what there is of each beside the trials' own time. */
async function benchQueue(url: string): Promise<void> {
  const trials = 200;
  const local = await plan("local", trials, 10, [0, 0.5]);
  const plain = await runLocally(local, { workers: 1 });
  const queued = await plan("queued", trials, 10, [0, 0.501]);
  const worker = startWorker(queued, url);
  try {
    const { wallSeconds } = await runThroughQueue(queued, { url });
    const own = await trialSeconds(queued);
    const plainOwn = await trialSeconds(local);
    console.log(`without a queue: ${plain.wallSeconds.toFixed(2)} s for ${plainOwn.toFixed(2)} s of trials`);
    console.log(`through a queue: ${wallSeconds.toFixed(2)} s for ${own.toFixed(2)} s of trials`);
    const overhead = (wallSeconds - own) / own - (plain.wallSeconds - plainOwn) / plainOwn;
    console.log(
      `the queue costs ${(100 * overhead).toFixed(1)} % of the trials' time more, start-up included`,
    );
  } finally {
    worker.kill("SIGTERM");
  }
}

function show(values: readonly number[]): string {
  const middle = [...values].sort((a, b) => a - b)[values.length >> 1]!;
  return Math.round(middle).toLocaleString("en-US");
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

try {
  if (wants("evaluation")) await benchEvaluation();
  if (wants("sweep")) await benchSweep();
  if (wants("memory")) await benchMemory();
  if (queue !== undefined) {
    if (parts.includes("queue-memory")) await benchQueueMemory(queue);
    else await benchQueue(queue);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
