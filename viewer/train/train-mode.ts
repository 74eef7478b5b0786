import { SpikegymError } from "../../core/errors.ts";
import type { Preset } from "../../training/presets/preset.ts";
import { saveFile } from "../export/save-file.ts";
import { LiveWorld } from "../live/live-world.ts";
import type { Choices } from "../shell/choices.ts";
import { makeButton, makeNote, makeRow, makeSelect, type SelectControl } from "../shell/controls.ts";
import { element } from "../shell/element.ts";
import { clearError } from "../shell/messages.ts";
import type { Mode } from "../shell/modes.ts";
import type { Page } from "../shell/page.ts";
import type { TrainOrder, TrainProgress, TrainReport } from "./messages.ts";
import { configure, listPresets } from "./page-presets.ts";
import { ReturnCurve } from "./return-curve.ts";

const firstPreset = "tuned/double-hh-published";

/** Trains an agent in a worker of this page; beside the curve the policy of the moment balances. */
export class TrainMode implements Mode {
  readonly #page: Page;
  readonly #fail: (error: unknown) => void;
  readonly #world: LiveWorld;
  readonly #curve: ReturnCurve;
  readonly #panel = document.createElement("div");
  readonly #preset: SelectControl;
  readonly #engine: SelectControl;
  readonly #seed = document.createElement("input");
  readonly #start: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #saves: readonly HTMLButtonElement[];
  readonly #status = makeNote();
  readonly #bar = document.createElement("progress");
  #presets: readonly Preset[] = [];
  #worker: Worker | undefined;
  #policy: Uint8Array | undefined;
  #running = false;
  #inside = false;
  #progress: TrainProgress | undefined;
  #told = "";

  constructor(page: Page, choices: Choices, fail: (error: unknown) => void) {
    this.#page = page;
    this.#fail = fail;
    this.#world = new LiveWorld(page, {
      onShown: () => choices.fill(),
      onError: fail,
    });
    this.#curve = new ReturnCurve(element("curve", HTMLElement), page.invalidate);
    page.add(this.#curve);
    this.#preset = makeSelect("Preset", () => this.#describe());
    this.#engine = makeSelect("Engine", () => undefined);
    this.#engine.fill([
      { value: "matter", name: "matter" },
      { value: "lagrangian", name: "lagrangian" },
    ]);
    Object.assign(this.#seed, { type: "number", min: "0", step: "1", value: "0" });
    const seed = document.createElement("label");
    seed.className = "control";
    seed.append("Seed", this.#seed);
    this.#start = makeButton("Train", () => this.#begin(), true);
    this.#stop = makeButton("Stop", () => this.#toggle());
    this.#saves = (["best", "now"] as const).map((which) =>
      makeButton(which === "best" ? "Save the best policy" : "Save it as it is", () =>
        this.#tell({ type: "save", which }),
      ),
    );
    this.#bar.max = 1;
    this.#bar.value = 0;
    this.#bar.setAttribute("aria-label", "Share of the steps done");
    this.#status.setAttribute("role", "status");
    this.#panel.append(
      this.#preset.element,
      this.#engine.element,
      seed,
      makeRow(this.#start, this.#stop),
      this.#bar,
      this.#status,
      makeRow(...this.#saves),
      makeNote(
        "A saved policy is a file that spikegym eval takes, and that this page takes when it is dropped.",
      ),
    );
    this.#enable();
  }

  async enter(): Promise<void> {
    this.#inside = true;
    element("control", HTMLElement).replaceChildren(this.#panel);
    element("control-title", HTMLElement).firstChild!.textContent = "Training ";
    element("control-note", HTMLElement).textContent = "";
    document.body.setAttribute("data-empty", "");
    if (this.#policy === undefined) this.#page.selectTab("control");
    if (this.#presets.length === 0) {
      this.#presets = await listPresets();
      this.#preset.fill(
        this.#presets.map(({ id }) => ({ value: id, name: id })),
        firstPreset,
      );
      this.#describe();
    }
    if (this.#inside && this.#policy !== undefined)
      this.#world.start(this.#policy, "the policy of the moment", null, 1);
  }

  /** Training goes on while one looks elsewhere. */
  leave(): void {
    this.#inside = false;
    this.#world.stop();
    this.#page.state.update({ playing: false });
  }

  #describe(): void {
    const preset = this.#presets.find(({ id }) => id === this.#preset.select.value);
    if (this.#progress === undefined) this.#status.textContent = preset?.summary ?? "";
  }

  #begin(): void {
    const preset = this.#presets.find(({ id }) => id === this.#preset.select.value);
    if (preset === undefined) return;
    try {
      const config = configure(preset, Number(this.#seed.value), this.#engine.select.value);
      this.#worker?.terminate();
      this.#worker = this.#makeWorker();
      this.#policy = undefined;
      this.#progress = undefined;
      this.#running = true;
      this.#told = "";
      this.#status.textContent = "Loading the kernels\u2026";
      this.#tell({ type: "start", config });
      this.#tell({ type: "run", running: true });
      this.#enable();
    } catch (error) {
      this.#fail(error);
    }
  }

  #toggle(): void {
    this.#running = !this.#running;
    this.#tell({ type: "run", running: this.#running });
    this.#enable();
  }

  #tell(order: TrainOrder): void {
    this.#worker?.postMessage(order);
  }

  #makeWorker(): Worker {
    const worker = new Worker(new URL("./train-worker.ts", import.meta.url), {
      type: "module",
      name: "train",
    });
    worker.addEventListener("message", ({ data }: MessageEvent<TrainReport>) => {
      if (worker === this.#worker) this.#hear(data);
    });
    worker.addEventListener("error", (event) =>
      this.#fail(new SpikegymError(`the training worker failed: ${event.message || "it could not start"}`)),
    );
    return worker;
  }

  #hear(report: TrainReport): void {
    switch (report.type) {
      case "started":
        clearError();
        this.#policy = report.policy;
        this.#curve.clear(report.solvedReturn);
        if (this.#inside) this.#world.start(report.policy, "the policy of the moment", null, 1);
        break;
      case "progress": {
        this.#progress = report.progress;
        for (const { step, return: value } of report.progress.episodes) this.#curve.addEpisode(step, value);
        this.#show();
        break;
      }
      case "evaluation": {
        const { evaluation } = report;
        this.#curve.addEvaluation(evaluation);
        const { confirmed } = evaluation;
        this.#told =
          `Evaluation at step ${evaluation.step}: mean ${evaluation.mean.toFixed(0)}, worst ${evaluation.worst.toFixed(0)}.` +
          (confirmed === null ? "" : ` ${confirmed.held} of ${confirmed.of} other starts hold.`);
        this.#show();
        break;
      }
      case "learner":
        this.#world.tell({ type: "learn", learner: report.learner });
        element("scene-note", HTMLElement).textContent = `the policy after ${report.step} steps`;
        break;
      case "saved": {
        const name = this.#preset.select.value.replace(/\W+/g, "-");
        saveFile(`${name}-${report.which}.safetensors`, new Blob([report.bytes as Uint8Array<ArrayBuffer>]));
        break;
      }
      case "rests":
        this.#running = false;
        if (report.reason === "solved") this.#told = `Solved. ${this.#told}`;
        this.#show();
        this.#enable();
        break;
      case "failed":
        this.#running = false;
        this.#enable();
        this.#fail(new SpikegymError(report.message));
    }
    this.#page.invalidate();
  }

  #show(): void {
    const progress = this.#progress;
    if (progress === undefined) return;
    const { step, steps, seconds, stepsPerSecond } = progress;
    this.#bar.value = step / steps;
    const left = stepsPerSecond > 0 ? (steps - step) / stepsPerSecond : Number.NaN;
    const pace = this.#running
      ? `, ${stepsPerSecond.toFixed(0)} steps/s, at most ${formatSeconds(left)} left`
      : "";
    this.#status.textContent = `Step ${step} of ${steps} in ${formatSeconds(seconds)}${pace}. ${this.#told}`;
    element("curve-note", HTMLElement).textContent = this.#told;
  }

  #enable(): void {
    const begun = this.#worker !== undefined;
    this.#start.textContent = begun ? "Train anew" : "Train";
    this.#stop.disabled = !begun;
    this.#stop.textContent = this.#running || !begun ? "Stop" : "Go on";
    for (const button of this.#saves) button.disabled = !begun;
  }
}

function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "\u2013";
  return seconds < 90
    ? `${seconds.toFixed(0)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
