import { saveFile } from "../export/save-file.ts";
import type { ScenePanel } from "../scene/scene-panel.ts";
import type { Choices } from "../shell/choices.ts";
import {
  makeButton,
  makeNote,
  makeRow,
  makeSelect,
  makeSlider,
  type SelectControl,
  type SliderControl,
} from "../shell/controls.ts";
import { element } from "../shell/element.ts";
import { clearError } from "../shell/messages.ts";
import type { Mode } from "../shell/modes.ts";
import type { Page } from "../shell/page.ts";
import { HandInScene } from "./hand.ts";
import { LiveWorld } from "./live-world.ts";
import { ParameterSliders } from "./parameter-sliders.ts";
import { fetchPolicy, listPolicies, type OfferedPolicy } from "./policies.ts";

const engines = [
  { value: "matter", name: "matter" },
  { value: "lagrangian", name: "lagrangian" },
];

/** A trained policy balances in the page; the visitor drags, pushes and disturbs. */
export class LiveMode implements Mode {
  readonly #page: Page;
  readonly #world: LiveWorld;
  readonly #hand: HandInScene;
  readonly #panel = document.createElement("div");
  readonly #agent: SelectControl;
  readonly #engine: SelectControl;
  readonly #sliders: ParameterSliders;
  readonly #lesion: SliderControl;
  readonly #record: HTMLButtonElement;
  readonly #note = makeNote();
  #pushN = 150;
  #recording = false;
  #offered: readonly OfferedPolicy[] = [];
  /** Dropped on the page, by name. */
  readonly #dropped = new Map<string, Uint8Array>();
  #current: { readonly name: string; readonly bytes: Uint8Array } | undefined;
  #inside = false;

  constructor(page: Page, choices: Choices, scene: ScenePanel, fail: (error: unknown) => void) {
    this.#page = page;
    this.#world = new LiveWorld(page, {
      onStarted: (header, parameters, engine) => {
        clearError();
        this.#sliders.fill(parameters);
        this.#engine.select.value = engine;
        element("control-note", HTMLElement).textContent = header.env;
      },
      onShown: () => choices.fill(),
      onRecorded: (bytes, seconds) => {
        saveFile("live.mcap", new Blob([bytes as Uint8Array<ArrayBuffer>]));
        this.#note.textContent = `${seconds.toFixed(1)} s recorded, ${(bytes.length / 1e6).toFixed(1)} MB: live.mcap`;
      },
      onPace: (stepMs, behind) => {
        const { timeline } = page.state;
        if (timeline === undefined) return;
        const share = (100 * stepMs) / (1000 * timeline.stepSeconds);
        element("scene-note", HTMLElement).textContent =
          `${stepMs.toFixed(2)} ms a step, ${share.toFixed(share < 10 ? 1 : 0)} % of real time${behind ? ", behind" : ""}`;
      },
      onError: fail,
    });
    this.#hand = new HandInScene(scene, page.state, page.invalidate, (hand) =>
      this.#world.tell({ type: "hold", hand }),
    );
    this.#agent = makeSelect("Agent", (address) => void this.#choose(address).catch(fail));
    this.#engine = makeSelect("Engine", () => this.#start());
    this.#engine.fill(engines);
    this.#sliders = new ParameterSliders((changes) => this.#world.tell({ type: "parameters", changes }));
    this.#lesion = makeSlider({
      name: "Neurons cut off",
      unit: "%",
      min: 0,
      max: 100,
      step: 1,
      value: 0,
      onInput: (share) => this.#world.tell({ type: "lesion", share: share / 100 }),
    });
    this.#record = makeButton("Record", () => this.#toggleRecording());
    const strength = makeSlider({
      name: "Strength of a push",
      unit: "N",
      min: 10,
      max: 500,
      step: 10,
      value: this.#pushN,
      onInput: (value) => {
        this.#pushN = value;
      },
    });
    this.#panel.append(
      this.#agent.element,
      this.#engine.element,
      makeNote("Drag the cart or a pole with the pointer: it pulls back."),
      makeRow(
        makeButton("\u2190 Push", () => this.push(-1)),
        makeButton("Push \u2192", () => this.push(1)),
        makeButton("Start again", () => this.#world.tell({ type: "restart" })),
      ),
      strength.element,
      this.#sliders.element,
      this.#lesion.element,
      makeRow(
        makeButton("As it was", () => {
          this.#sliders.reset();
          this.#lesion.set(0);
          this.#world.tell({ type: "lesion", share: 0 });
        }),
        this.#record,
      ),
      this.#note,
    );
  }

  async enter(): Promise<void> {
    this.#inside = true;
    element("control", HTMLElement).replaceChildren(this.#panel);
    element("control-title", HTMLElement).firstChild!.textContent = "Controls ";
    this.#hand.active = true;
    document.body.setAttribute("data-empty", "");
    this.#offered = await listPolicies();
    this.#fillAgents();
    if (!this.#inside) return;
    if (this.#current !== undefined) this.#start();
    else if (this.#agent.select.value !== "") await this.#choose(this.#agent.select.value);
    else
      this.#note.textContent =
        "No trained policy is here. Train one (Train), or drop a policy file onto the page.";
  }

  leave(): void {
    this.#inside = false;
    this.#hand.active = false;
    this.#world.stop();
    this.#setRecording(false);
    element("scene-note", HTMLElement).textContent = "";
    this.#page.state.update({ playing: false });
  }

  /** A policy file from this computer. */
  async open(name: string, bytes: Uint8Array): Promise<void> {
    this.#dropped.set(name, bytes);
    this.#fillAgents(`dropped:${name}`);
    this.#current = { name, bytes };
    if (this.#inside) this.#start();
  }

  /** Pushes the cart: -1 to the left, 1 to the right. */
  push(side: -1 | 1): void {
    this.#world.tell({ type: "push", forceN: side * this.#pushN });
  }

  #fillAgents(chosen = this.#agent.select.value): void {
    const dropped = [...this.#dropped.keys()].map((name) => ({ value: `dropped:${name}`, name }));
    const offered = this.#offered.map(({ address, name }) => ({ value: address, name }));
    const choices = [...dropped, ...offered];
    const still = choices.some(({ value }) => value === chosen);
    this.#agent.fill(choices, still ? chosen : choices[0]?.value);
  }

  async #choose(address: string): Promise<void> {
    const dropped = address.startsWith("dropped:") ? address.slice(8) : undefined;
    const offered = this.#offered.find((policy) => policy.address === address);
    const bytes =
      dropped !== undefined ? this.#dropped.get(dropped) : offered && (await fetchPolicy(offered));
    if (bytes === undefined) return;
    this.#current = { name: dropped ?? offered!.name, bytes };
    this.#note.textContent = offered?.summary ?? "";
    // Each policy starts in the engine it was trained on.
    if (this.#inside) this.#start(null);
  }

  #start(engine: string | null = this.#engine.select.value): void {
    if (this.#current === undefined) return;
    this.#setRecording(false);
    this.#lesion.set(0);
    this.#world.start(this.#current.bytes, this.#current.name, engine, 1);
  }

  #toggleRecording(): void {
    this.#setRecording(!this.#recording);
    this.#world.tell({ type: "record", on: this.#recording });
    this.#note.textContent = this.#recording ? "Recording\u2026" : "";
  }

  #setRecording(on: boolean): void {
    this.#recording = on;
    this.#record.textContent = on ? "Stop and save" : "Record";
    this.#record.setAttribute("aria-pressed", String(on));
  }
}
