import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { SpikegymError, UsageError } from "../../core/errors.ts";
import type { InfoShape } from "./info-slots.ts";
import { WordWatch } from "./word-watch.ts";
import {
  ANSWER,
  ANSWER_GONE,
  ANSWER_REPORT,
  ANSWERED,
  ASKED,
  ORDER,
  ORDER_MESSAGE,
  ORDER_STEP,
  WORDS,
  type WorkerReport,
  type WorkerRequest,
  type WorkerStart,
} from "./worker-protocol.ts";

/** The caller's end of one worker: orders go out with `ask`, results come in with `wait`. */
export class WorkerLink {
  /** Its environments: `first` to `first + count - 1` of the vector. */
  readonly first: number;
  readonly count: number;
  /** The shapes that this worker's infos have had so far. */
  readonly shapes: InfoShape[] = [];
  readonly #name: string;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #words: Int32Array;
  readonly #watch: WordWatch;
  readonly #timeoutMs: number;

  private constructor(
    name: string,
    { first, count }: Pick<WorkerStart, "first" | "count">,
    worker: Worker,
    port: MessagePort,
    words: Int32Array,
    timeoutMs: number,
  ) {
    this.first = first;
    this.count = count;
    this.#name = name;
    this.#worker = worker;
    this.#port = port;
    this.#words = words;
    this.#watch = new WordWatch(words, ANSWERED);
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Starts the thread and waits until it has made its environments.
   *
   * @throws SpikegymError if it cannot
   */
  static async open(
    name: string,
    start: Omit<WorkerStart, "words" | "port">,
    timeoutMs: number,
  ): Promise<WorkerLink> {
    const { port1, port2 } = new MessageChannel();
    const shared = new SharedArrayBuffer(4 * WORDS);
    const workerData: WorkerStart = { ...start, words: shared, port: port2 };
    const { url, execArgv } = workerModule();
    const worker = new Worker(url, {
      workerData,
      transferList: [port2],
      name,
      ...(execArgv && { execArgv }),
    });
    try {
      await new Promise<void>((resolve, reject) => {
        worker.once("message", () => resolve());
        worker.once("error", reject);
        worker.once("exit", (code) => reject(new Error(`it ended with code ${code}`)));
      });
    } catch (error) {
      port1.close();
      throw new SpikegymError(`${name} could not start: ${(error as Error).message}`);
    }
    worker.removeAllListeners();
    // What ends a running worker is reported by `wait`; nobody else is to fall over it.
    worker.on("error", () => {});
    // A vector that nobody closed does not keep the program alive.
    worker.unref();
    port1.unref();
    return new WorkerLink(name, start, worker, port1, new Int32Array(shared), timeoutMs);
  }

  /** Gives an order; `wait` must follow before the next. */
  ask(request: WorkerRequest | "step"): void {
    if (request !== "step") this.#port.postMessage(request);
    const words = this.#words;
    Atomics.store(words, ORDER, request === "step" ? ORDER_STEP : ORDER_MESSAGE);
    Atomics.add(words, ASKED, 1);
    Atomics.notify(words, ASKED);
  }

  /**
   * Waits until the order is carried out.
   *
   * @returns what the worker had to report; an error in an environment is a report
   * @throws SpikegymError if the worker has ended or does not answer in time: it is of no more use
   */
  wait(): WorkerReport | undefined {
    const words = this.#words;
    const asked = Atomics.load(words, ASKED);
    for (let answered = Atomics.load(words, ANSWERED); answered !== asked; ) {
      if (!this.#watch.wait(answered, this.#timeoutMs)) {
        throw new SpikegymError(
          `${this.#name} has not answered for ${this.#timeoutMs / 1000} s; close the vector environment and open it again, with a longer timeoutS if its steps take so long`,
        );
      }
      answered = Atomics.load(words, ANSWERED);
    }
    const code = Atomics.load(words, ANSWER);
    if (code === ANSWER_GONE) {
      throw new SpikegymError(`${this.#name} has ended; close the vector environment and open it again`);
    }
    if (code !== ANSWER_REPORT) return undefined;
    const taken = receiveMessageOnPort(this.#port) as { message: WorkerReport } | undefined;
    if (taken === undefined)
      throw new SpikegymError(`${this.#name} reported nothing though it said it would`);
    return taken.message;
  }

  /** Ends the thread, whatever it is doing. */
  async end(): Promise<void> {
    this.#port.close();
    await this.#worker.terminate();
  }
}

/** The error that a worker reported. */
export function reportedError(report: WorkerReport & { readonly kind: "error" }): SpikegymError {
  return report.usage ? new UsageError(report.message) : new SpikegymError(report.message);
}

/** The worker's module beside this one: compiled in a package; TypeScript in a checkout, whose loader has to come first. */
function workerModule(): { url: URL; execArgv?: string[] } {
  if (!import.meta.url.endsWith(".ts")) return { url: new URL("./vector-worker.js", import.meta.url) };
  return { url: new URL("./vector-worker-in-checkout.mjs", import.meta.url), execArgv: [] };
}
