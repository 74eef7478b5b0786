import { availableParallelism } from "node:os";
import { SpikegymError, UsageError } from "../../core/errors.ts";
import { type EnvSpec, makeFromSpec, prepareSpec } from "./env-spec.ts";
import { InfoSlots, infoSlotBytes } from "./info-slots.ts";
import { type LaneArrays, laneBytes, viewLanes } from "./lane-arrays.ts";
import { checkVectorOptions, LaneVector, type VectorDescription } from "./lane-vector.ts";
import { type LaneInfo, type LaneParameters, type LaneReset, Lanes } from "./lanes.ts";
import { describeVector } from "./sync-vector-env.ts";
import type { LaneSnapshot, VectorOptions } from "./vector-env.ts";
import { reportedError, WorkerLink } from "./worker-link.ts";
import type { WorkerReport, WorkerRequest } from "./worker-protocol.ts";

export interface WorkerVectorOptions extends VectorOptions {
  /** Threads beside the caller's; by default one for every further core. Never more than environments need. */
  readonly workers?: number;
  /** How long a step, reset or snapshot may take before the worker counts as lost, s; 60 where absent. */
  readonly timeoutS?: number;
}

/**
 * Environments that step side by side in several threads (Node only), numbers in shared memory: the caller's own, which
 * would only wait otherwise, takes the first share, each worker one of the others.
 *
 * Same spec, same seeds, same actions: the same numbers to the bit as SyncVectorEnv, whatever the number of workers.
 * `close` it in the end: its threads stay until then, or until the program ends.
 */
export class WorkerVectorEnv extends LaneVector {
  /** Threads beside the caller's. */
  readonly workers: number;
  readonly #own: Lanes;
  readonly #links: readonly WorkerLink[];
  readonly #infos: InfoSlots;
  #state: "open" | "lost" | "closed" = "open";

  private constructor(
    description: VectorDescription,
    options: VectorOptions,
    arrays: LaneArrays,
    own: Lanes,
    links: readonly WorkerLink[],
    infos: InfoSlots,
  ) {
    super(description, options, arrays);
    this.#own = own;
    this.#links = links;
    this.#infos = infos;
    this.workers = links.length;
  }

  /**
   * @param spec the environment, as plain JSON
   * @throws UsageError for a spec or options that are impossible; SpikegymError if a worker does not start
   */
  static async open(spec: EnvSpec, options: WorkerVectorOptions): Promise<WorkerVectorEnv> {
    checkVectorOptions(options, "WorkerVectorEnv");
    const { count, workers = Math.max(1, availableParallelism() - 1), timeoutS = 60 } = options;
    if (!Number.isSafeInteger(workers) || workers < 1) {
      throw new UsageError(`WorkerVectorEnv: workers is ${workers}, expected an integer of at least 1`);
    }
    if (!(timeoutS > 0))
      throw new UsageError(`WorkerVectorEnv: timeoutS is ${timeoutS}, expected more than 0`);
    const threads = Math.min(workers + 1, count);
    const shares = Array.from({ length: threads }, (_, t) => {
      const first = Math.floor((t * count) / threads);
      return { first, count: Math.floor(((t + 1) * count) / threads) - first };
    });
    // The caller's environments first, so that a wrong spec is this call's error and the spaces are known.
    await prepareSpec(spec);
    const envs = Array.from({ length: shares[0]!.count }, () => makeFromSpec(spec));
    const description = describeVector(envs[0]!);
    const { observationSize, actionSize } = description;
    const sizes = { count, observationSize, actionSize };
    const lanes = new SharedArrayBuffer(laneBytes(sizes));
    const infos = new SharedArrayBuffer(infoSlotBytes(count));
    const slots = new InfoSlots(infos, count);
    const rules = { autoreset: options.autoreset ?? "next-step", infos: options.infos ?? "final" } as const;
    const opening = await Promise.allSettled(
      shares.slice(1).map((share, w) => {
        const start = { spec, sizes, rules, ...share, lanes, infos };
        return WorkerLink.open(`vector worker ${w}`, start, timeoutS * 1000);
      }),
    );
    const links = opening.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const failed = opening.find((one) => one.status === "rejected");
    if (failed !== undefined) {
      for (const env of envs) env.close();
      await Promise.all(links.map((link) => link.end()));
      throw failed.reason;
    }
    const arrays = viewLanes(lanes, sizes);
    const own = new Lanes(envs, 0, arrays, rules);
    return new WorkerVectorEnv(description, options, arrays, own, links, slots);
  }

  override async close(): Promise<void> {
    if (this.#state === "closed") return;
    const inTouch = this.#state === "open";
    this.#state = "closed";
    try {
      this.#own.close();
      // Their environments first; a lost worker cannot be asked.
      if (inTouch) this.#exchange({ kind: "close" }, () => undefined);
    } finally {
      await Promise.all(this.#links.map((link) => link.end()));
    }
  }

  protected override resetLanes(resets: readonly LaneReset[]): LaneInfo[] {
    return this.#gather({ kind: "reset", resets }, () => this.#own.reset(resets));
  }

  protected override stepLanes(): LaneInfo[] {
    return this.#gather("step", () => this.#own.step());
  }

  protected override changeLanes(changes: readonly LaneParameters[]): void {
    this.#ask({ kind: "parameters", changes }, () => this.#own.setParameters(changes));
  }

  protected override saveLanes(): LaneSnapshot[] {
    const { own, reports } = this.#ask({ kind: "snapshot" }, () => this.#own.snapshot());
    return [...own, ...reports.flatMap((report) => (report?.kind === "snapshot" ? report.lanes : []))];
  }

  protected override loadLanes(lanes: readonly LaneSnapshot[]): void {
    this.#ask({ kind: "restore", lanes }, () => this.#own.restore(lanes));
  }

  /** The infos of everybody's share. */
  #gather(request: WorkerRequest | "step", ownWork: () => LaneInfo[]): LaneInfo[] {
    const { own: infos, reports } = this.#ask(request, ownWork);
    this.#links.forEach(({ first, count, shapes }, w) => {
      const report = reports[w];
      if (report?.kind === "infos") {
        infos.push(...report.infos);
        shapes.push(...report.shapes);
      }
      for (let lane = first; lane < first + count; lane++) {
        const info = this.#infos.take(lane, shapes);
        if (info !== undefined) infos.push([lane, info]);
      }
    });
    return infos;
  }

  #ask<T>(request: WorkerRequest | "step", ownWork: () => T): Exchanged<T> {
    if (this.#state === "closed") {
      throw new SpikegymError(`${this.id}: the vector environment is closed; open another`);
    }
    if (this.#state === "lost") {
      throw new SpikegymError(
        `${this.id}: the vector environment has lost a worker; close it and open another`,
      );
    }
    return this.#exchange(request, ownWork);
  }

  /** Has all threads do something at the same time. The first error counts, but only when all are done. */
  #exchange<T>(request: WorkerRequest | "step", ownWork: () => T): Exchanged<T> {
    for (const link of this.#links) link.ask(request);
    const own = attempt(ownWork);
    const answers = this.#links.map((link) => attempt(() => link.wait()));
    const lost = answers.find((answer) => "error" in answer);
    if (lost !== undefined) {
      if (this.#state === "open") this.#state = "lost";
      throw (lost as Failed).error;
    }
    if ("error" in own) throw own.error;
    const reports = answers.map((answer) => (answer as Done<WorkerReport | undefined>).value);
    for (const report of reports) if (report?.kind === "error") throw reportedError(report);
    return { own: own.value, reports };
  }
}

/** What this thread has done, and what each worker had to report of its share. */
interface Exchanged<T> {
  readonly own: T;
  readonly reports: readonly (WorkerReport | undefined)[];
}

interface Done<T> {
  readonly value: T;
}

interface Failed {
  readonly error: unknown;
}

function attempt<T>(work: () => T): Done<T> | Failed {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
