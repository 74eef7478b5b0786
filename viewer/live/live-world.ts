import type { EnvParameters } from "../../core/env.ts";
import { SpikegymError } from "../../core/errors.ts";
import type { ReplayHeader } from "../../core/replay-file/header.ts";
import type { Page } from "../shell/page.ts";
import type { LiveOrder, LiveReport } from "./messages.ts";
import { RollingReplay } from "./rolling-replay.ts";

/** Seconds that are kept to look back on. */
const keptSeconds = 20;
/** Seconds that spikes and signals show at first. */
const shownSeconds = 6;
/** Steps that the traces show at first. */
const shownTraces = 8;

interface WorldListener {
  /** The first step is in the panels. */
  onShown(): void;
  onStarted?(header: ReplayHeader, parameters: EnvParameters, engine: string): void;
  onRecorded?(bytes: Uint8Array, seconds: number): void;
  onPace?(stepMs: number, behind: boolean): void;
  onHand?(forceN: number | null): void;
  onError(error: unknown): void;
}

/** The worker in which an environment and a policy run, shown by the page's panels while it goes on. */
export class LiveWorld {
  readonly #page: Page;
  readonly #listener: WorldListener;
  #worker: Worker | undefined;
  #rolling: RollingReplay | undefined;
  #name = "";
  #shown = false;
  #told: { running: boolean; speed: number } | undefined;

  constructor(page: Page, listener: WorldListener) {
    this.#page = page;
    this.#listener = listener;
    page.state.onChange(() => this.#tellPace());
  }

  /** Starts a policy in its environment; whatever ran before ends. */
  start(policy: Uint8Array, name: string, engine: string | null, seed: number): void {
    this.#name = name;
    this.#shown = false;
    this.#rolling = undefined;
    this.tell({ type: "start", policy, name, engine, seed });
  }

  tell(order: LiveOrder): void {
    this.#worker ??= this.#makeWorker();
    this.#worker.postMessage(order);
  }

  /** Ends the worker. */
  stop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#rolling = undefined;
    this.#shown = false;
    this.#told = undefined;
  }

  #makeWorker(): Worker {
    const worker = new Worker(new URL("./live-worker.ts", import.meta.url), { type: "module", name: "live" });
    worker.addEventListener("message", ({ data }: MessageEvent<LiveReport>) => {
      if (worker === this.#worker) this.#hear(data);
    });
    worker.addEventListener("error", (event) => {
      this.#listener.onError(
        new SpikegymError(`the live worker failed: ${event.message || "it could not start"}`),
      );
    });
    return worker;
  }

  #hear(report: LiveReport): void {
    switch (report.type) {
      case "started":
        this.#rolling = new RollingReplay(report.header, keptSeconds);
        this.#listener.onStarted?.(report.header, report.parameters, report.engine);
        this.#told = undefined;
        this.tell({ type: "run", running: true, speed: this.#page.state.fields.speed });
        break;
      case "step": {
        const rolling = this.#rolling;
        if (rolling === undefined) return;
        rolling.add(report.step);
        this.#listener.onHand?.(report.step.handN);
        this.#show(rolling);
        break;
      }
      case "scene":
        this.#rolling?.setScene(report.header.scene);
        break;
      case "recorded":
        this.#listener.onRecorded?.(report.bytes, report.seconds);
        break;
      case "pace":
        this.#listener.onPace?.(report.stepMs, report.behind);
        break;
      case "failed":
        this.#listener.onError(new SpikegymError(report.message));
    }
  }

  #show(rolling: RollingReplay): void {
    const { state } = this.#page;
    const replay = rolling.replay(this.#name);
    if (this.#shown) {
      state.replace(replay);
      return;
    }
    this.#shown = true;
    state.show(replay);
    state.goLive();
    state.update({
      playing: true,
      window: { start: 0, end: shownSeconds },
      traceSpan: shownTraces * replay.header.stepSeconds,
    });
    document.body.removeAttribute("data-empty");
    this.#listener.onShown();
  }

  /** Pausing the page pauses the world; its speed is the page's. */
  #tellPace(): void {
    const { state } = this.#page;
    if (!this.#shown || !state.live || this.#worker === undefined) return;
    const { playing: running, speed } = state.fields;
    if (this.#told?.running === running && this.#told.speed === speed) return;
    this.#told = { running, speed };
    this.tell({ type: "run", running, speed });
  }
}
