import { z } from "zod";
import { SpikegymError } from "../../core/errors.ts";
import { prepareEngine } from "../../envs/physics/index.ts";
import { useKernels } from "../../kernels/load.ts";
import { encodePolicy, withoutTraining } from "../../training/policy-file.ts";
import { joinBytes } from "../export/join-bytes.ts";
import type { TrainOrder, TrainReport } from "./messages.ts";
import { PageTrainer } from "./page-trainer.ts";

// Zod compiles schemas at run time unless told not to; a strict content-security policy forbids that.
z.config({ jitless: true });

/** Work between two looks at the messages, ms. */
const sliceMs = 40;
const progressEveryMs = 200;
/** How often the policy that is watched is brought up to date, ms. */
const learnerEveryMs = 1000;

let trainer: PageTrainer | undefined;
let running = false;
let working = false;
let seconds = 0;
let episodes: { step: number; return: number }[] = [];
let lastProgress = 0;
let lastLearner = 0;
let since = { step: 0, at: 0 };

function report(message: TrainReport, transfer: Transferable[] = []): void {
  (self as unknown as Worker).postMessage(message, transfer);
}

function tellProgress(of: PageTrainer, now: number): void {
  const stepsPerSecond = (1000 * (of.step - since.step)) / Math.max(1, now - since.at);
  since = { step: of.step, at: now };
  lastProgress = now;
  report({
    type: "progress",
    progress: { step: of.step, steps: of.config.training.steps, seconds, stepsPerSecond, episodes },
  });
  episodes = [];
}

function slice(of: PageTrainer): void {
  const start = performance.now();
  while (of.over === undefined && performance.now() - start < sliceMs) {
    const finished = of.advance();
    if (finished !== undefined) episodes.push({ step: of.step, return: finished });
    if (of.evaluationIsDue) report({ type: "evaluation", evaluation: of.evaluate() });
  }
  const now = performance.now();
  seconds += (now - start) / 1000;
  if (now - lastProgress >= progressEveryMs || of.over !== undefined) tellProgress(of, now);
  if (now - lastLearner >= learnerEveryMs || of.over !== undefined) {
    lastLearner = now;
    report({ type: "learner", learner: withoutTraining(of.agent.snapshot()), step: of.step });
  }
}

/** Trains until it is stopped or done; the messages get their turn between two slices. */
async function work(): Promise<void> {
  if (working) return;
  working = true;
  try {
    while (running && trainer !== undefined) {
      slice(trainer);
      const { over } = trainer;
      if (over !== undefined) {
        running = false;
        report({ type: "rests", reason: over });
      }
      await new Promise((done) => setTimeout(done, 0));
    }
  } catch (error) {
    running = false;
    fail(error);
  } finally {
    working = false;
  }
}

function fail(error: unknown): void {
  if (!(error instanceof SpikegymError)) reportError(error);
  report({ type: "failed", message: error instanceof Error ? error.message : String(error) });
}

async function obey(order: TrainOrder): Promise<void> {
  switch (order.type) {
    case "start": {
      await useKernels();
      await prepareEngine(order.config.environment.engine);
      trainer?.close();
      trainer = new PageTrainer(order.config);
      seconds = 0;
      episodes = [];
      since = { step: 0, at: performance.now() };
      const learner = withoutTraining(trainer.agent.snapshot());
      const policy = joinBytes(encodePolicy({ config: order.config, learner, facts: {} }));
      report({ type: "started", policy, solvedReturn: trainer.solvedReturn }, [policy.buffer]);
      return;
    }
    case "run":
      running = order.running;
      since = { step: trainer?.step ?? 0, at: performance.now() };
      if (running) void work();
      else report({ type: "rests", reason: "asked" });
      return;
    case "save": {
      if (trainer === undefined) return;
      const learner = (order.which === "best" ? trainer.best : undefined) ?? trainer.agent.snapshot();
      const facts = { steps: trainer.step, which: order.which };
      const bytes = joinBytes(encodePolicy({ config: trainer.config, learner, facts }));
      report({ type: "saved", which: order.which, bytes }, [bytes.buffer]);
    }
  }
}

let queue: Promise<void> = Promise.resolve();
self.addEventListener("message", ({ data }: MessageEvent<TrainOrder>) => {
  queue = queue.then(() => obey(data)).catch(fail);
});
