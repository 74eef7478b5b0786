import { z } from "zod";
import { SpikegymError } from "../../core/errors.ts";
import type { ByteSink } from "../../core/replay-file/recording.ts";
import { ReplayWriter } from "../../core/replay-file/writer.ts";
import { prepareEngine } from "../../envs/physics/index.ts";
import { useKernels } from "../../kernels/load.ts";
import { decodePolicy } from "../../training/policy-file.ts";
import { POPULATION_LAYER } from "../../training/replay-description.ts";
import { joinBytes } from "../export/join-bytes.ts";
import { LiveSession, type LiveStep } from "./live-session.ts";
import type { LiveOrder, LiveReport } from "./messages.ts";

// Zod compiles schemas at run time unless told not to; a strict content-security policy forbids that.
z.config({ jitless: true });

/** Later than this, s, time that was missed is let go rather than caught up with. */
const patience = 0.25;

class MemorySink implements ByteSink {
  readonly #pieces: Uint8Array[] = [];

  async write(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(bytes.slice());
  }

  async close(): Promise<void> {}

  bytes(): Uint8Array {
    return joinBytes(this.#pieces);
  }
}

/** A recording that is being made. */
class Recording {
  readonly #sink: MemorySink;
  readonly #writer: ReplayWriter;
  #episode: number | undefined;
  #steps = 0;

  private constructor(sink: MemorySink, writer: ReplayWriter) {
    this.#sink = sink;
    this.#writer = writer;
  }

  static async start(session: LiveSession): Promise<Recording> {
    const sink = new MemorySink();
    return new Recording(sink, await ReplayWriter.open(sink, session.header));
  }

  add(step: LiveStep): void {
    const writer = this.#writer;
    if (this.#episode !== step.episode) void writer.beginEpisode(`episode ${step.episode + 1}, live`);
    this.#episode = step.episode;
    for (const event of step.events)
      if (event.kind !== "reset" && event.kind !== "failure") void writer.event(event);
    const activity = { spikes: step.spikes, traces: step.traces };
    void writer.step({ ...step, ...step.before, truncated: false, layers: { [POPULATION_LAYER]: activity } });
    this.#steps++;
    if (step.end === undefined) return;
    void writer.endEpisode(step.end);
    this.#episode = undefined;
  }

  async finish(session: LiveSession): Promise<{ bytes: Uint8Array; seconds: number }> {
    if (this.#episode !== undefined) await this.#writer.endEpisode(session.frame());
    await this.#writer.close();
    return { bytes: this.#sink.bytes(), seconds: this.#steps * session.header.stepSeconds };
  }
}

let session: LiveSession | undefined;
let recording: Recording | undefined;
let running = false;
let speed = 1;
/** When the next step is due, ms. */
let due = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
const pace = { since: 0, spent: 0, steps: 0, behind: false };

function report(message: LiveReport, transfer: Transferable[] = []): void {
  (self as unknown as Worker).postMessage(message, transfer);
}

function advance(): void {
  if (session === undefined || !running) return;
  const stepMs = (1000 * session.header.stepSeconds) / speed;
  const now = performance.now();
  if (now - due > 1000 * patience) {
    due = now;
    pace.behind = true;
  }
  while (due <= now) {
    const start = performance.now();
    const step = session.step();
    pace.spent += performance.now() - start;
    pace.steps++;
    recording?.add(step);
    report({ type: "step", step });
    due += stepMs;
  }
  if (now - pace.since >= 1000) {
    if (pace.steps > 0) report({ type: "pace", stepMs: pace.spent / pace.steps, behind: pace.behind });
    Object.assign(pace, { since: now, spent: 0, steps: 0, behind: false });
  }
  clearTimeout(timer);
  timer = setTimeout(advance, Math.max(0, due - performance.now()));
}

async function obey(order: LiveOrder): Promise<void> {
  if (order.type === "start") {
    const policy = decodePolicy(order.policy, order.name);
    const engine = order.engine ?? policy.config.environment.engine;
    await useKernels();
    await prepareEngine(engine);
    const fresh = new LiveSession(policy, engine, order.seed, order.name);
    session?.close();
    session = fresh;
    recording = undefined;
    report({ type: "started", header: session.header, parameters: session.env.parameters ?? {}, engine });
    return;
  }
  if (order.type === "run") {
    if (!running && order.running) due = performance.now();
    running = order.running;
    speed = order.speed;
    advance();
    return;
  }
  if (session === undefined) return;
  switch (order.type) {
    case "learn":
      session.learn(order.learner);
      break;
    case "push":
      session.push(order.forceN);
      break;
    case "hold":
      session.hold(order.hand ?? undefined);
      break;
    case "parameters": {
      session.set(order.changes);
      const header = { ...session.header, scene: session.env.scene };
      report({ type: "scene", header, parameters: session.env.parameters ?? {} });
      break;
    }
    case "lesion":
      session.lesion(order.share);
      break;
    case "restart":
      session.restart();
      break;
    case "record":
      if (order.on) recording = await Recording.start(session);
      else if (recording !== undefined) {
        const done = recording;
        recording = undefined;
        const { bytes, seconds } = await done.finish(session);
        report({ type: "recorded", bytes, seconds }, [bytes.buffer]);
      }
  }
}

/** One after another, as they came. */
let queue: Promise<void> = Promise.resolve();
self.addEventListener("message", ({ data }: MessageEvent<LiveOrder>) => {
  queue = queue
    .then(() => obey(data))
    .catch((error: unknown) => {
      if (!(error instanceof SpikegymError)) reportError(error);
      report({ type: "failed", message: error instanceof Error ? error.message : String(error) });
    });
});
