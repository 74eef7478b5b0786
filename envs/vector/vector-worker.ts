import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { SpikegymError, UsageError } from "../../core/errors.ts";
import { makeFromSpec, prepareSpec } from "./env-spec.ts";
import { type InfoShape, InfoSlots } from "./info-slots.ts";
import { viewLanes } from "./lane-arrays.ts";
import { Lanes } from "./lanes.ts";
import { WordWatch } from "./word-watch.ts";
import {
  ANSWER,
  ANSWER_DONE,
  ANSWER_GONE,
  ANSWER_REPORT,
  ANSWERED,
  ASKED,
  ORDER,
  ORDER_STEP,
  type WorkerReport,
  type WorkerRequest,
  type WorkerStart,
} from "./worker-protocol.ts";

/** The thread that steps some of a vector's environments: worker-vector-env.ts starts it, worker-protocol.ts is its language. */

const start = workerData as WorkerStart;
const { port } = start;
const words = new Int32Array(start.words);

const slots = new InfoSlots(start.infos, start.sizes.count);
const shapes: InfoShape[] = [];
const watch = new WordWatch(words, ASKED);
let open = true;

// An environment that ends its thread must not leave the caller waiting. After `close` all has been answered.
process.on("exit", () => {
  if (open) answer(ANSWER_GONE);
});

await prepareSpec(start.spec);
const lanes = new Lanes(
  Array.from({ length: start.count }, () => makeFromSpec(start.spec)),
  start.first,
  viewLanes(start.lanes, start.sizes),
  start.rules,
);
parentPort?.postMessage("ready");
for (let asked = 0; open; ) {
  watch.wait(asked);
  asked = Atomics.load(words, ASKED);
  obey();
}
port.close();

/** Does what was asked and answers; nothing is open after a `close`. */
function obey(): void {
  let report: WorkerReport | undefined;
  try {
    if (Atomics.load(words, ORDER) === ORDER_STEP) report = reportInfos(lanes.step());
    else {
      const request = takeRequest();
      open = request.kind !== "close";
      report = obeyRequest(request);
    }
  } catch (error) {
    report = describeError(error);
  }
  if (report !== undefined) port.postMessage(report);
  answer(report === undefined ? ANSWER_DONE : ANSWER_REPORT);
}

function obeyRequest(request: WorkerRequest): WorkerReport | undefined {
  switch (request.kind) {
    case "reset":
      return reportInfos(lanes.reset(request.resets));
    case "snapshot":
      return { kind: "snapshot", lanes: lanes.snapshot() };
    case "restore":
      lanes.restore(request.lanes);
      return undefined;
    case "parameters":
      lanes.setParameters(request.changes);
      return undefined;
    case "close":
      lanes.close();
      return undefined;
  }
}

function reportInfos(infos: ReturnType<Lanes["step"]>): WorkerReport | undefined {
  if (infos.length === 0) return undefined;
  const known = shapes.length;
  const odd = infos.filter(([lane, info]) => !slots.write(lane, info, shapes));
  if (odd.length === 0 && shapes.length === known) return undefined;
  return { kind: "infos", infos: odd, shapes: shapes.slice(known) };
}

function takeRequest(): WorkerRequest {
  const taken = receiveMessageOnPort(port) as { message: WorkerRequest } | undefined;
  if (taken === undefined) throw new SpikegymError("an order came without its message");
  return taken.message;
}

function describeError(error: unknown): WorkerReport {
  if (error instanceof SpikegymError) {
    return { kind: "error", message: error.message, usage: error instanceof UsageError };
  }
  // Nobody foresaw it: the place is worth more than a short line.
  return {
    kind: "error",
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    usage: false,
  };
}

function answer(code: number): void {
  Atomics.store(words, ANSWER, code);
  Atomics.store(words, ANSWERED, Atomics.load(words, ASKED));
  Atomics.notify(words, ANSWERED);
}
