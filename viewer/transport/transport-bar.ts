import type { Palette } from "../plots/palette.ts";
import type { Panel } from "../shell/panel.ts";
import { speeds, type ViewState } from "../state/view-state.ts";
import { makeIcon, makeIconButton, nameButton } from "./icons.ts";
import { Scrubber } from "./scrubber.ts";

/** Play, steps, ticks, events, loop marks, speed, the readout of the instant, and the scrubber. */
export class TransportBar implements Panel {
  readonly #state: ViewState;
  readonly #play: HTMLButtonElement;
  readonly #time: HTMLElement;
  readonly #speed: HTMLSelectElement;
  readonly #loop: readonly HTMLButtonElement[];
  readonly #scrubber: Scrubber;
  #shownPlaying: boolean | undefined;

  constructor(host: HTMLElement, state: ViewState, invalidate: () => void) {
    this.#state = state;
    const controls = add(host, "div", "controls");
    controls.setAttribute("role", "group");
    controls.setAttribute("aria-label", "Transport");
    const events = add(controls, "div", "button-group events");
    events.append(makeIconButton("eventBack", "Previous event", "P", () => jump(state, -1)));
    const moves = add(controls, "div", "button-group moves");
    this.#play = makeIconButton("play", "Play", "Space", () => state.togglePlay());
    this.#play.classList.add("play");
    moves.append(
      makeIconButton("stepBack", "Step back", "\u2190", () => stepBy(state, -1)),
      makeIconButton("tickBack", "Tick back", "Shift+\u2190", () => tickBy(state, -1)),
      this.#play,
      makeIconButton("tickForward", "Tick forward", "Shift+\u2192", () => tickBy(state, 1)),
      makeIconButton("stepForward", "Step forward", "\u2192", () => stepBy(state, 1)),
    );
    const after = add(controls, "div", "button-group events");
    after.append(makeIconButton("eventForward", "Next event", "N", () => jump(state, 1)));
    this.#time = add(controls, "div", "time");
    const loop = add(controls, "div", "button-group loop");
    this.#loop = (["A", "B"] as const).map((mark) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "text-button";
      button.textContent = mark;
      nameButton(
        button,
        `Loop ${mark === "A" ? "from" : "to"} here, again to clear`,
        mark === "A" ? "[" : "]",
      );
      button.addEventListener("click", () => toggleLoop(state, mark));
      loop.append(button);
      return button;
    });
    this.#speed = document.createElement("select");
    this.#speed.setAttribute("aria-label", "Speed");
    this.#speed.title = "Speed (\u2191 \u2193)";
    for (const speed of speeds) this.#speed.add(new Option(`${speed}\u00d7`, String(speed)));
    this.#speed.addEventListener("change", () => state.update({ speed: Number(this.#speed.value) }));
    controls.append(this.#speed);
    this.#scrubber = new Scrubber(add(host, "div", "scrubber"), state, invalidate);
  }

  draw(palette: Palette): void {
    const { timeline, track } = this.#state;
    const { playing, speed, time, hoverTime, loopA, loopB } = this.#state.fields;
    if (playing !== this.#shownPlaying) {
      this.#play.replaceChildren(makeIcon(playing ? "pause" : "play"));
      nameButton(this.#play, playing ? "Pause" : "Play", "Space");
      this.#shownPlaying = playing;
    }
    if (this.#speed.value !== String(speed)) this.#speed.value = String(speed);
    for (const [i, at] of [loopA, loopB].entries()) {
      this.#loop[i]!.setAttribute("aria-pressed", String(at !== null));
    }
    if (timeline !== undefined) {
      const frame = timeline.frameAt(time);
      const { frames, episodes } = timeline.replay;
      const parts = [`${time.toFixed(3)} s`];
      if (episodes.length > 1) parts.push(`episode ${frames.episodes[frame]! + 1}`);
      parts.push(`step ${frames.steps[frame]!}`);
      const place = track && timeline.tickAt(time, track);
      if (track && place) parts.push(`tick ${place.tick + 1}/${track.layer.ticks}`);
      if (hoverTime !== null) parts.push(`pointer ${hoverTime.toFixed(3)} s`);
      this.#showInstant(parts);
    }
    this.#scrubber.draw(palette);
  }

  /** Changes only the words that changed. */
  #showInstant(parts: readonly string[]): void {
    while (this.#time.children.length > parts.length) this.#time.lastElementChild?.remove();
    for (const [i, text] of parts.entries()) {
      let span = this.#time.children[i];
      if (span === undefined) {
        span = document.createElement("span");
        if (i === 0) span.className = "now";
        this.#time.append(span);
      }
      if (span.textContent !== text) span.textContent = text;
    }
  }
}

export function stepBy(state: ViewState, direction: 1 | -1): void {
  if (state.timeline === undefined) return;
  state.update({ playing: false });
  state.seek(state.timeline.stepFrom(state.fields.time, direction));
}

export function tickBy(state: ViewState, direction: 1 | -1): void {
  if (state.timeline === undefined) return;
  state.update({ playing: false });
  state.seek(state.timeline.tickFrom(state.fields.time, direction, state.track));
}

export function jump(state: ViewState, direction: 1 | -1): void {
  const time = state.timeline?.eventFrom(state.fields.time, direction);
  if (time !== undefined) state.seek(time);
}

export function toggleLoop(state: ViewState, mark: "A" | "B"): void {
  const { loopA, loopB, time } = state.fields;
  state.setLoop(mark, (mark === "A" ? loopA : loopB) === null ? time : null);
}

function add<K extends keyof HTMLElementTagNameMap>(
  host: HTMLElement,
  tag: K,
  className: string,
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  host.append(element);
  return element;
}
