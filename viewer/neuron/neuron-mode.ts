import type { Palette } from "../plots/palette.ts";
import { PlotCanvas } from "../plots/plot-canvas.ts";
import { makeButton, makeNote, makeRow, makeSlider } from "../shell/controls.ts";
import { element } from "../shell/element.ts";
import type { Mode } from "../shell/modes.ts";
import type { Page } from "../shell/page.ts";
import type { Panel } from "../shell/panel.ts";
import { hhRates } from "./bench-neurons.ts";
import { BenchRecording, sampleMs } from "./bench-recording.ts";
import { EquivalenceView } from "./equivalence-view.ts";
import { drawPhasePlane, drawRates } from "./planes.ts";
import { currentLane, currentRange, drawScope } from "./scope.ts";

/** Neural time that the scope shows, ms. */
const spanMs = 120;
/** A pulse of the button, ms and uA/cm2. */
const pulse = { ms: 2, current: 30 };

/** Inject a current by hand and watch four models answer. */
export class NeuronMode implements Mode, Panel {
  readonly #page: Page;
  readonly #host = element("neuron-bench", HTMLElement);
  readonly #equivalence: EquivalenceView;
  readonly #scope: PlotCanvas;
  readonly #plane: PlotCanvas;
  readonly #rates: PlotCanvas;
  readonly #readout = makeNote();
  readonly #currentSlider: ReturnType<typeof makeSlider>;
  readonly #pause: HTMLButtonElement;
  #recording = new BenchRecording(spanMs);
  #current = 10;
  #held: number | undefined;
  #pulseLeftMs = 0;
  #noise = 0;
  /** Neural ms a second of the wall. */
  #pace = 40;
  #running = false;
  #paused = false;
  #last: number | undefined;
  #owed = 0;
  #known: { readonly current: number; readonly rateHz: number }[] = [];
  readonly #rateWork: Generator<{ current: number; rateHz: number }>;

  constructor(page: Page) {
    this.#page = page;
    const panel = (id: string, title: string, className = "") => {
      const section = document.createElement("section");
      section.className = `panel ${className}`;
      section.setAttribute("aria-labelledby", `${id}-title`);
      const heading = document.createElement("h2");
      heading.id = `${id}-title`;
      heading.textContent = title;
      const body = document.createElement("div");
      body.className = "host";
      section.append(heading, body);
      this.#host.append(section);
      return body;
    };
    const scope = panel("bench-scope", "Neurons under one current", "bench-scope");
    const controls = panel("bench-controls", "Bench", "bench-controls");
    const plane = panel("bench-plane", "Phase plane of HH: V and n");
    const rates = panel("bench-rates", "Rate over current");
    const equivalence = panel("bench-equivalence", "Equivalence", "bench-equivalence");
    this.#scope = new PlotCanvas(scope, "Current, membranes and gates over time", page.invalidate);
    this.#plane = new PlotCanvas(plane, "Phase plane", page.invalidate);
    this.#rates = new PlotCanvas(rates, "f-I curves", page.invalidate);
    this.#equivalence = new EquivalenceView(page.invalidate);
    equivalence.append(this.#equivalence.element);
    this.#currentSlider = makeSlider({
      name: "Current",
      unit: "\u00b5A/cm\u00b2",
      min: currentRange[0],
      max: currentRange[1],
      step: 0.1,
      value: this.#current,
      onInput: (value) => {
        this.#current = value;
      },
    });
    this.#pause = makeButton("Pause", () => this.toggle());
    controls.classList.add("scrolls");
    controls.append(
      makeNote("Drag in the lane of the current to inject: up is in."),
      this.#currentSlider.element,
      makeSlider({
        name: "Noise",
        unit: "\u00b5A/cm\u00b2",
        min: 0,
        max: 20,
        step: 0.5,
        value: 0,
        onInput: (value) => {
          this.#noise = value;
        },
      }).element,
      makeSlider({
        name: "Pace",
        unit: "ms a second",
        min: 2,
        max: 200,
        step: 2,
        value: this.#pace,
        onInput: (value) => {
          this.#pace = value;
        },
      }).element,
      makeRow(
        makeButton("Pulse", () => {
          this.#pulseLeftMs = pulse.ms;
        }),
        this.#pause,
        makeButton("From rest", () => {
          this.#recording = new BenchRecording(spanMs);
        }),
      ),
      this.#readout,
      makeNote(
        "HH: Hodgkin and Huxley 1952. tv-LIF2HH borrows its conductances. LIF has the same rest, rheobase and refractory time. s-LIF2HH with the constants as released.",
      ),
    );
    this.#listen();
    this.#rateWork = hhRates(Array.from({ length: 41 }, (_, i) => i));
    page.add(this);
  }

  enter(): void {
    this.#running = true;
    this.#last = undefined;
    document.title = "Neuron bench \u2013 spikegym viewer";
    element("title", HTMLElement).replaceChildren();
    requestAnimationFrame(this.#tick);
  }

  leave(): void {
    this.#running = false;
  }

  toggle(): void {
    this.#paused = !this.#paused;
    this.#last = undefined;
    this.#pause.textContent = this.#paused ? "Go on" : "Pause";
  }

  draw(palette: Palette): void {
    if (!this.#running) return;
    const now = this.#held ?? this.#current;
    drawScope(this.#scope, this.#recording, palette);
    drawPhasePlane(this.#plane, this.#recording, now, palette);
    drawRates(this.#rates, this.#known, now, this.#recording.rateHz(0), palette);
    this.#equivalence.draw(palette);
  }

  readonly #tick = (now: number): void => {
    if (!this.#running) return;
    const passed = this.#last === undefined ? 0 : Math.min(0.1, (now - this.#last) / 1000);
    this.#last = now;
    if (!this.#paused) {
      this.#owed += passed * this.#pace;
      for (; this.#owed >= sampleMs; this.#owed -= sampleMs) this.#recording.advance(this.#inject());
      this.#readout.textContent = this.#recording.neurons
        .map(({ name }, i) => `${name} ${this.#recording.rateHz(i).toFixed(0)} Hz`)
        .join(" \u00b7 ");
    }
    // The f-I curve, a current a frame until it is whole.
    const { value, done } = this.#rateWork.next();
    if (!done) this.#known.push(value);
    this.#page.invalidate();
    requestAnimationFrame(this.#tick);
  };

  #inject(): number {
    const steady = this.#held ?? this.#current;
    const pulsed = this.#pulseLeftMs > 0 ? pulse.current : 0;
    if (this.#pulseLeftMs > 0) this.#pulseLeftMs -= sampleMs;
    // A sum of sines that never repeats within a session is noise enough for the eye, and the same on every visit.
    const t = this.#recording.timeMs;
    const wander =
      Math.sin(0.73 * t) + Math.sin(1.91 * t + 1) + Math.sin(3.17 * t + 2) + Math.sin(0.211 * t + 3);
    return steady + pulsed + (this.#noise * wander) / 2;
  }

  /** Dragging in the current's lane injects what the pointer's height says, until it lets go. */
  #listen(): void {
    const canvas = this.#scope.element;
    canvas.style.touchAction = "none";
    const value = (event: PointerEvent) => {
      const { top, height } = currentLane(this.#scope.height);
      const share = 1 - (event.offsetY - top - 8) / (height - 12);
      const [low, high] = currentRange;
      return Math.min(high, Math.max(low, low + share * (high - low)));
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.offsetY > currentLane(this.#scope.height).height) return;
      canvas.setPointerCapture(event.pointerId);
      this.#held = value(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      const inLane = event.offsetY <= currentLane(this.#scope.height).height;
      canvas.style.cursor = inLane ? "ns-resize" : "";
      if (this.#held !== undefined) this.#held = value(event);
    });
    for (const end of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(end, () => {
        this.#held = undefined;
      });
    }
  }
}
