import { availableParallelism } from "node:os";
import { SpikegymError, UsageError } from "../../core/errors.ts";
import { type EnvSpec, makeFromSpec, prepareSpec } from "./env-spec.ts";
import { type LaneArrays, laneBytes, viewLanes } from "./lane-arrays.ts";
import { checkVectorOptions, LaneVector, type VectorDescription } from "./lane-vector.ts";
import type { LaneInfo, LaneReset } from "./lanes.ts";
import { describeVector } from "./sync-vector-env.ts";
import type { LaneSnapshot, VectorOptions } from "./vector-env.ts";
import { reportedError, WorkerLink } from "./worker-link.ts";
import type { WorkerReport, WorkerRequest } from "./worker-protocol.ts";

export interface WorkerVectorOptions extends VectorOptions {
  /** Threads; by default one a core. Never more than environments. */
  readonly workers?: number;
  /** How long a step, reset or snapshot may take before the worker counts as lost, s; 60 where absent. */
  readonly timeoutS?: number;
}

/**
 * Environments that step side by side in worker threads (Node only), numbers in shared memory.
 *
 * Same spec, same seeds, same actions: the same numbers to the bit as SyncVectorEnv, whatever the number of workers. The
 * calling thread sleeps while the workers step. `close` it in the end: its threads stay until then, or until the program
 * ends.
 */
export class WorkerVectorEnv extends LaneVector {
  readonly workers: number;
  readonly #links: readonly WorkerLink[];
  #state: "open" | "lost" | "closed" = "open";

  private constructor(
    description: VectorDescription,
    options: VectorOptions,
    arrays: LaneArrays,
    links: readonly WorkerLink[],
  ) {
    super(description, options, arrays);
    this.#links = links;
    this.workers = links.length;
  }

  /**
   * @param spec the environment, as plain JSON
   * @throws UsageError for a spec or options that are impossible; SpikegymError if a worker does not start
   */
  static async open(spec: EnvSpec, options: WorkerVectorOptions): Promise<WorkerVectorEnv> {
    checkVectorOptions(options, "WorkerVectorEnv");
    const { count, workers = availableParallelism(), timeoutS = 60 } = options;
    if (!Number.isSafeInteger(workers) || workers < 1) {
      throw new UsageError(`WorkerVectorEnv: workers is ${workers}, expected an integer of at least 1`);
    }
    if (!(timeoutS > 0))
      throw new UsageError(`WorkerVectorEnv: timeoutS is ${timeoutS}, expected more than 0`);
    // Made once here, so that a wrong spec is this call's error and the spaces are known.
    await prepareSpec(spec);
    const probe = makeFromSpec(spec);
    const description = describeVector(probe);
    probe.close();
    const { observationSize, actionSize } = description;
    const sizes = { count, observationSize, actionSize };
    const lanes = new SharedArrayBuffer(laneBytes(sizes));
    const rules = { autoreset: options.autoreset ?? "next-step", infos: options.infos ?? "final" } as const;
    const threads = Math.min(workers, count);
    const opening = await Promise.allSettled(
      Array.from({ length: threads }, (_, w) => {
        const first = Math.floor((w * count) / threads);
        const last = Math.floor(((w + 1) * count) / threads);
        const start = { spec, sizes, rules, first, count: last - first, lanes };
        return WorkerLink.open(`vector worker ${w}`, start, timeoutS * 1000);
      }),
    );
    const links = opening.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const failed = opening.find((one) => one.status === "rejected");
    if (failed !== undefined) {
      await Promise.all(links.map((link) => link.end()));
      throw failed.reason;
    }
    return new WorkerVectorEnv(description, options, viewLanes(lanes, sizes), links);
  }

  override async close(): Promise<void> {
    if (this.#state === "closed") return;
    const inTouch = this.#state === "open";
    this.#state = "closed";
    try {
      // The environments first; a lost worker cannot be asked.
      if (inTouch) this.#exchange({ kind: "close" });
    } finally {
      await Promise.all(this.#links.map((link) => link.end()));
    }
  }

  protected override resetLanes(resets: readonly LaneReset[]): LaneInfo[] {
    return infosOf(this.#ask({ kind: "reset", resets }));
  }

  protected override stepLanes(): LaneInfo[] {
    return infosOf(this.#ask("step"));
  }

  protected override saveLanes(): LaneSnapshot[] {
    return this.#ask({ kind: "snapshot" }).flatMap((report) =>
      report.kind === "snapshot" ? report.lanes : [],
    );
  }

  protected override loadLanes(lanes: readonly LaneSnapshot[]): void {
    this.#ask({ kind: "restore", lanes });
  }

  #ask(request: WorkerRequest | "step"): WorkerReport[] {
    if (this.#state === "closed") {
      throw new SpikegymError(`${this.id}: the vector environment is closed; open another`);
    }
    if (this.#state === "lost") {
      throw new SpikegymError(
        `${this.id}: the vector environment has lost a worker; close it and open another`,
      );
    }
    return this.#exchange(request);
  }

  /** Has all workers do something at the same time. The first error counts, but only when all are done. */
  #exchange(request: WorkerRequest | "step"): WorkerReport[] {
    for (const link of this.#links) link.ask(request);
    const reports: WorkerReport[] = [];
    let lost: unknown;
    for (const link of this.#links) {
      try {
        const report = link.wait();
        if (report !== undefined) reports.push(report);
      } catch (error) {
        lost ??= error;
      }
    }
    if (lost !== undefined) {
      if (this.#state === "open") this.#state = "lost";
      throw lost;
    }
    for (const report of reports) if (report.kind === "error") throw reportedError(report);
    return reports;
  }
}

function infosOf(reports: readonly WorkerReport[]): LaneInfo[] {
  return reports.flatMap((report) => (report.kind === "infos" ? report.infos : []));
}
