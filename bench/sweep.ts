import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { evaluatePolicy } from "../training/evaluate-policy.ts";
import { packageRoot } from "../training/package-root.ts";
import { loadPolicy } from "../training/policy.ts";
import { runThroughQueue } from "../training/sweep/queue/coordinator.ts";
import { runLocally, type SweepProgress } from "../training/sweep/run-locally.ts";
import { parseSweepSpec } from "../training/sweep/spec.ts";
import { SweepFolder } from "../training/sweep/sweep-folder.ts";

/**
 * `npx tsx bench/sweep.ts RUN [evaluation] [sweep] [memory] [queue=redis://host:port [queue-memory]] [--json]`: what a
 * sweep costs, with the policy of a run folder on the lagrangian engine. All parts but the queue's, if none is named.
 * scripts/write-sweep-speed-page.ts makes a page of it.
 */
const [run, ...args] = process.argv.slice(2);
if (run === undefined) throw new Error("expected a run folder");
const json = args.includes("--json");
const parts = args.filter((arg) => arg !== "--json");
const queue = parts.find((part) => part.startsWith("queue="))?.slice("queue=".length);
const wants = (part: string) => parts.length === 0 || parts.includes(part);
const folder = await mkdtemp(join(tmpdir(), "spikegym-bench-sweep-"));
const say = (line: string) => (json ? console.error : console.log)(line);

/** `trials` evaluations that differ in a noise too small to fell the policy. */
async function plan(name: string, trials: number, episodes: number, noise: [number, number]) {
  const axes = { "perturb.sensor-noise": { from: noise[0], to: noise[1] } };
  const design = { design: "latin-hypercube", samples: trials };
  const spec = { name, ...design, policies: run, evaluate: { episodes, engine: "lagrangian" }, axes };
  return SweepFolder.plan(join(folder, name), parseSweepSpec(spec, "bench"));
}

/** What the trials say of themselves, added up. */
async function sumOfTrials(sweep: SweepFolder): Promise<{ seconds: number; decisions: number }> {
  const sum = { seconds: 0, decisions: 0 };
  for await (const { id } of sweep.trials()) {
    const { wallSeconds, episodes } = JSON.parse(
      await readFile(join(sweep.trialPath(id), "result.json"), "utf8"),
    ) as { wallSeconds: number; episodes: { length: number }[] };
    sum.seconds += wallSeconds;
    for (const { length } of episodes) sum.decisions += length;
  }
  return sum;
}

/** Processor time of the child processes that have ended; null where the system does not tell. */
async function childCpuSeconds(): Promise<number | null> {
  if (!existsSync("/proc/self/stat")) return null;
  // The last of them have been told to end and are about to.
  await sleep(1500);
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  // cutime and cstime, in hundredths of a second.
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

async function benchEvaluation() {
  const policy = await loadPolicy(run!);
  const results: { episodes: number; decisionsPerCpuSecond: number }[] = [];
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
    const decisionsPerCpuSecond = Math.round([...rates].sort((a, b) => a - b)[rates.length >> 1]!);
    results.push({ episodes, decisionsPerCpuSecond });
    say(
      `evaluation of ${episodes} episodes side by side: ${decisionsPerCpuSecond.toLocaleString("en-US")} decisions a CPU second, one thread`,
    );
  }
  policy.agent.dispose();
  return results;
}

async function benchSweep() {
  const [trials, episodes, workers] = [1000, 10, 2];
  const sweep = await plan("thousand", trials, episodes, [0, 1]);
  const before = await childCpuSeconds();
  const { done, wallSeconds } = await runLocally(sweep, { workers });
  const after = await childCpuSeconds();
  const cpuSeconds = before === null || after === null ? null : after - before;
  const { decisions } = await sumOfTrials(sweep);
  say(
    `${done} trials of ${episodes} episodes, ${workers} workers: ${wallSeconds.toFixed(1)} s${cpuSeconds === null ? "" : `, ${cpuSeconds.toFixed(1)} s of processor time`} for ${decisions} decisions`,
  );
  return { trials: done, episodes, workers, wallSeconds, cpuSeconds, decisions };
}

interface MemoryAt {
  readonly trials: number;
  readonly heapMiB: number;
  readonly residentMiB: number;
}

/** The memory of the process that watches over many short trials. */
async function benchMemory(): Promise<MemoryAt[]> {
  const sweep = await plan("memory", 10_000, 1, [4.9, 5]);
  const memory = watchMemory("");
  const { done } = await runLocally(sweep, { workers: 2, onProgress: memory.look });
  say(`${done} trials`);
  return memory.seen;
}

async function benchQueueMemory(url: string): Promise<MemoryAt[]> {
  const sweep = await plan("queued-memory", 10_000, 1, [4.8, 5]);
  const workers = [startWorker(sweep, url), startWorker(sweep, url)];
  const memory = watchMemory(" through the queue");
  try {
    const { done } = await runThroughQueue(sweep, { url, onProgress: memory.look });
    say(`${done} trials through the queue`);
  } finally {
    for (const worker of workers) worker.kill("SIGTERM");
  }
  return memory.seen;
}

/** Looks at this process's memory every 2,000 trials. */
function watchMemory(how: string): { look(progress: SweepProgress): void; readonly seen: MemoryAt[] } {
  const seen: MemoryAt[] = [];
  let next = 0;
  return {
    seen,
    look({ done }) {
      if (done < next) return;
      next = done + 2000;
      const { heapUsed, rss } = process.memoryUsage();
      const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
      seen.push({ trials: done, heapMiB: mib(heapUsed), residentMiB: mib(rss) });
      say(`coordinator after ${done} trials${how}: heap ${mib(heapUsed)} MiB, resident ${mib(rss)} MiB`);
    },
  };
}

function startWorker(sweep: SweepFolder, url: string): ChildProcess {
  const main = join(packageRoot(), "cli/main.ts");
  const args = ["--import", "tsx", main, "worker", sweep.path, "--queue", url];
  return spawn(process.execPath, args, { cwd: packageRoot(), stdio: "ignore" });
}

/** The same trials through a queue and without, and what there is of each beside the trials' own time. */
async function benchQueue(url: string) {
  const trials = 200;
  const local = await plan("local", trials, 10, [0, 0.5]);
  const localWatch = watchEnds();
  const plain = await runLocally(local, { workers: 1, onProgress: localWatch.look });
  const queued = await plan("queued", trials, 10, [0, 0.501]);
  const queueWatch = watchEnds();
  const worker = startWorker(queued, url);
  try {
    const { wallSeconds } = await runThroughQueue(queued, { url, onProgress: queueWatch.look });
    const { seconds: queueTrialSeconds } = await sumOfTrials(queued);
    const { seconds: localTrialSeconds } = await sumOfTrials(local);
    const result = {
      trials,
      localSeconds: plain.wallSeconds,
      localTrialSeconds,
      localMore: localWatch.more(localTrialSeconds),
      queueSeconds: wallSeconds,
      queueTrialSeconds,
      queueMore: queueWatch.more(queueTrialSeconds),
    };
    say(`without a queue: ${plain.wallSeconds.toFixed(2)} s for ${localTrialSeconds.toFixed(2)} s of trials`);
    say(`through a queue: ${wallSeconds.toFixed(2)} s for ${queueTrialSeconds.toFixed(2)} s of trials`);
    const overhead = result.queueMore - result.localMore;
    say(`once started, the queue costs ${(100 * overhead).toFixed(1)} % of the trials' time more`);
    return result;
  } finally {
    worker.kill("SIGTERM");
  }
}

/** Looks at the time from the end of the first trial to that of the last: what starting takes is left out. */
function watchEnds() {
  let first: { readonly at: number; readonly done: number } | undefined;
  let last = { at: 0, done: 0, total: 1 };
  return {
    look({ done, total }: SweepProgress): void {
      const at = performance.now();
      if (done > 0) first ??= { at, done };
      if (done > last.done) last = { at, done, total };
    },
    /** Share of the trials' own time that it took more; all trials take about as long. */
    more(trialSeconds: number): number {
      const own = (trialSeconds * (last.done - first!.done)) / last.total;
      return (last.at - first!.at) / 1000 / own - 1;
    },
  };
}

const results: Record<string, unknown> = {};
try {
  if (wants("evaluation")) results.evaluation = await benchEvaluation();
  if (wants("sweep")) results.sweep = await benchSweep();
  if (wants("memory")) results.memory = await benchMemory();
  if (queue !== undefined) {
    if (parts.includes("queue-memory")) results["queue-memory"] = await benchQueueMemory(queue);
    else results.queue = await benchQueue(queue);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (json) console.log(JSON.stringify(results));
