import type { ViewState } from "../state/view-state.ts";
import type { TimeScale } from "./axis.ts";

/**
 * The loop's shade, the hovered instant and the cursor over a plot. They are elements of their own, so that a plot whose
 * content stands still is not drawn again while time runs.
 */
export class CursorLines {
  readonly #loop: HTMLElement;
  readonly #hover: HTMLElement;
  readonly #cursor: HTMLElement;

  constructor(host: HTMLElement) {
    const make = (className: string) => {
      const line = document.createElement("div");
      line.className = `line ${className}`;
      line.hidden = true;
      host.append(line);
      return line;
    };
    this.#loop = make("loop-shade");
    this.#hover = make("hover-line");
    this.#cursor = make("cursor-line");
  }

  hide(): void {
    for (const line of [this.#loop, this.#hover, this.#cursor]) line.hidden = true;
  }

  show(state: ViewState, scale: TimeScale, top: number, bottom: number): void {
    const { time, hoverTime, loopA, loopB } = state.fields;
    place(this.#cursor, scale, time, time, top, bottom);
    place(this.#hover, scale, hoverTime, hoverTime, top, bottom);
    const looped = loopA !== null && loopB !== null;
    place(this.#loop, scale, looped ? loopA : null, looped ? loopB : null, top, bottom);
  }
}

function place(
  line: HTMLElement,
  scale: TimeScale,
  from: number | null,
  to: number | null,
  top: number,
  bottom: number,
): void {
  const { window } = scale;
  const hidden = from === null || to === null || to < window.start || from > window.end;
  if (line.hidden !== hidden) line.hidden = hidden;
  if (hidden) return;
  const left = Math.max(scale.left, scale.x(from));
  line.style.transform = `translate(${left.toFixed(2)}px, ${top}px)`;
  line.style.height = `${bottom - top}px`;
  if (to > from) line.style.width = `${Math.min(scale.right, scale.x(to)) - left}px`;
}
