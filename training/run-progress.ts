import { z } from "zod";

/** What a run carries from step to step beside the learner, its experience and the environments. */
export const progressSchema = z.strictObject({
  step: z.number().int().min(0),
  episodes: z.number().int().min(0),
  recentReturns: z.array(z.number()),
  finalReturn: z.number().nullable(),
  bestReturn: z.number().nullable(),
  solvedAtStep: z.number().int().nullable(),
  confirmedAtStep: z.number().int().nullable(),
  wallSeconds: z.number(),
  cpuSeconds: z.number(),
  updateSeconds: z.number(),
  updates: z.number().int().min(0),
  /** Step of the last row of learner metrics. */
  metricsStep: z.number().int().min(0),
});

export type Progress = z.output<typeof progressSchema>;

export function freshProgress(): Progress {
  return {
    step: 0,
    episodes: 0,
    recentReturns: [],
    finalReturn: null,
    bestReturn: null,
    solvedAtStep: null,
    confirmedAtStep: null,
    wallSeconds: 0,
    cpuSeconds: 0,
    updateSeconds: 0,
    updates: 0,
    metricsStep: 0,
  };
}

/** The event loop (signals, progress) gets a turn this often, ms. */
const BREATH_MS = 50;

/** Wall-clock and processor time of a run across its resumptions, and when the event loop is due. */
export class RunClock {
  readonly #progress: Progress;
  readonly #from: { readonly step: number; readonly at: number };
  #settled = performance.now();
  #settledCpu = process.cpuUsage();
  #breath = performance.now();

  constructor(progress: Progress) {
    this.#progress = progress;
    this.#from = { step: progress.step, at: performance.now() };
  }

  /** Books the time since the last call. */
  settle(): void {
    const now = performance.now();
    this.#progress.wallSeconds += (now - this.#settled) / 1000;
    this.#settled = now;
    const { user, system } = process.cpuUsage(this.#settledCpu);
    this.#progress.cpuSeconds += (user + system) / 1e6;
    this.#settledCpu = process.cpuUsage();
  }

  wantsBreath(): boolean {
    const now = performance.now();
    if (now - this.#breath < BREATH_MS) return false;
    this.#breath = now;
    return true;
  }

  stepsPerSecond(): number {
    return (1000 * (this.#progress.step - this.#from.step)) / (performance.now() - this.#from.at);
  }
}
