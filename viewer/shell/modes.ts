import { element } from "./element.ts";

export const modeIds = ["start", "replay", "live", "train", "neuron"] as const;
export type ModeId = (typeof modeIds)[number];

/** One way to use the page; one is entered at a time. */
export interface Mode {
  enter(): void | Promise<void>;
  leave(): void;
}

const names: Partial<Record<ModeId, string>> = {
  replay: "Replay",
  live: "Live",
  train: "Train",
  neuron: "Neuron",
};

/** The buttons in the heading, and who is on. */
export class ModeSwitch {
  readonly #modes: Readonly<Partial<Record<ModeId, Mode>>>;
  readonly #buttons = new Map<ModeId, HTMLButtonElement>();
  readonly #onChange: () => void;
  readonly #onError: (error: unknown) => void;
  #current: ModeId | undefined;

  constructor(
    modes: Readonly<Partial<Record<ModeId, Mode>>>,
    onChange: () => void,
    onError: (error: unknown) => void,
  ) {
    this.#modes = modes;
    this.#onChange = onChange;
    this.#onError = onError;
    const nav = element("modes", HTMLElement);
    for (const [id, name] of Object.entries(names) as [ModeId, string][]) {
      if (modes[id] === undefined) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.addEventListener("click", () => void this.go(id));
      this.#buttons.set(id, button);
      nav.append(button);
    }
    element("home", HTMLButtonElement).addEventListener("click", () => void this.go("start"));
  }

  get current(): ModeId {
    return this.#current ?? "start";
  }

  async go(id: ModeId): Promise<void> {
    const mode = this.#modes[id];
    if (mode === undefined || id === this.#current) return;
    if (this.#current !== undefined) this.#modes[this.#current]?.leave();
    this.#current = id;
    document.body.dataset.mode = id;
    for (const [of, button] of this.#buttons) {
      if (of === id) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
    try {
      await mode.enter();
    } catch (error) {
      this.#onError(error);
    }
    this.#onChange();
  }
}

/** A mode whose code is loaded when it is first entered. */
export function later(load: () => Promise<Mode>): Mode {
  let loading: Promise<Mode> | undefined;
  let inside = false;
  return {
    async enter() {
      inside = true;
      loading ??= load();
      const mode = await loading;
      if (inside) await mode.enter();
    },
    leave() {
      inside = false;
      void loading?.then((mode) => mode.leave());
    },
  };
}
