import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../../core/rng.ts";
import { packageRoot } from "../../../training/package-root.ts";
import { connect, loadQueueLibrary } from "../../../training/sweep/queue/connection.ts";
import { runThroughQueue } from "../../../training/sweep/queue/coordinator.ts";
import { jobOptions, queueName } from "../../../training/sweep/queue/trial-queue.ts";
import { SweepFolder } from "../../../training/sweep/sweep-folder.ts";
import { runSpikegym } from "../../cli/run-for-tests.ts";
import { hasRedis, TestRedis } from "./redis-for-tests.ts";
import { checkComplete, evaluationSweep, trainSmallPolicy } from "./sweep-for-tests.ts";

/** SPIKEGYM_CHAOS=full: the bar of the issue, some minutes; else the same in small. */
const SCALE =
  process.env.SPIKEGYM_CHAOS === "full"
    ? { trials: 200, episodes: 100, workers: 4, killEveryMs: 3_000, timeoutMs: 900_000 }
    : { trials: 24, episodes: 20, workers: 2, killEveryMs: 2_500, timeoutMs: 60_000 };

let folder: string;
let policy: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-queue-"));
  policy = await trainSmallPolicy(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function startWorker(path: string, url: string): ChildProcess {
  const main = join(packageRoot(), "cli/main.ts");
  // A test that is killed cannot end its workers; with nothing to do, or no Redis, they end by themselves.
  const args = [
    "--import",
    "tsx",
    main,
    "worker",
    path,
    "--queue",
    url,
    "--lost-after",
    "1",
    "--idle",
    "120",
  ];
  return spawn(process.execPath, args, { cwd: packageRoot(), stdio: "ignore" });
}

describe.runIf(hasRedis)("a sweep through a queue", () => {
  it(
    `${SCALE.trials} trials all end done exactly once, with ${SCALE.workers} workers of which one is killed every few seconds and Redis killed and restarted once`,
    async () => {
      await mkdir(join(folder, "redis"));
      const redis = await TestRedis.create(join(folder, "redis"));
      await redis.start();
      const sweep = await SweepFolder.plan(
        join(folder, "chaos"),
        evaluationSweep(policy, SCALE.trials, SCALE.episodes),
      );
      const workers = Array.from({ length: SCALE.workers }, () => startWorker(sweep.path, redis.url));
      const rng = new Rng("chaos");
      let over = false;
      let kills = 0;
      const killing = (async () => {
        while (!over) {
          await wait(SCALE.killEveryMs);
          if (over) return;
          const victim = rng.integer(workers.length);
          workers[victim]!.kill("SIGKILL");
          workers[victim] = startWorker(sweep.path, redis.url);
          if (++kills === 1) {
            await redis.kill();
            await wait(300);
            await redis.start();
          }
        }
      })();
      const notes: string[] = [];
      try {
        const outcome = await runThroughQueue(sweep, { url: redis.url, onNote: (line) => notes.push(line) });
        expect(outcome).toMatchObject({ done: SCALE.trials, failed: 0, total: SCALE.trials });
      } finally {
        over = true;
        await killing;
        for (const worker of workers) worker.kill("SIGKILL");
        await redis.kill();
      }
      expect(kills).toBeGreaterThan(0);
      expect(await checkComplete(sweep)).toEqual([]);
      expect(notes.join()).toContain("is away");
      expect(notes.join()).toContain("is back");
    },
    SCALE.timeoutMs,
  );

  it("waits for a Redis that is away and says so; Ctrl-C ends the wait and nothing is lost", async () => {
    await mkdir(join(folder, "late"));
    const redis = await TestRedis.create(join(folder, "late"));
    const sweep = await SweepFolder.plan(join(folder, "away"), evaluationSweep(policy, 3));
    const stop = new AbortController();
    const notes: string[] = [];
    const onNote = (line: string) => {
      notes.push(line);
      stop.abort();
    };
    const stopped = await runThroughQueue(sweep, { url: redis.url, signal: stop.signal, onNote });
    expect(notes[0]).toContain("is away (ECONNREFUSED); waiting for it");
    expect(stopped).toMatchObject({ done: 0, total: 3 });

    const running = runThroughQueue(sweep, { url: redis.url });
    await redis.start();
    const worker = startWorker(sweep.path, redis.url);
    try {
      expect(await running).toMatchObject({ done: 3, failed: 0 });
    } finally {
      worker.kill("SIGTERM");
      await once(worker, "close");
      await redis.kill();
    }
    expect(worker.exitCode).toBe(0);
  }, 60_000);

  it("takes trials whose hash happens to be a number", async () => {
    await mkdir(join(folder, "numbers"));
    const redis = await TestRedis.create(join(folder, "numbers"));
    await redis.start();
    const sweep = await SweepFolder.plan(join(folder, "digits"), evaluationSweep(policy, 2));
    const { bullmq, Redis } = await loadQueueLibrary();
    const connection = connect(Redis, redis.url);
    const queue = new bullmq.Queue(queueName(sweep), { connection });
    try {
      await queue.add("evaluate", {}, jobOptions(sweep, "1234567890123456"));
      expect(await queue.getWaitingCount()).toBe(1);
    } finally {
      await queue.close();
      connection.disconnect();
      await redis.kill();
    }
  }, 30_000);

  it("a URL that is none is refused in words", async () => {
    const sweep = await SweepFolder.plan(join(folder, "url"), evaluationSweep(policy, 2));
    const { exitCode, stderr } = await runSpikegym(["worker", sweep.path, "--queue", "localhost:6379"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("expected redis://host:port");
  });
});
