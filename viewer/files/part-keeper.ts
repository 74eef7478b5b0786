import type { OpenedReplay } from "../../core/replay-file/load-replay.ts";
import type { ViewState } from "../state/view-state.ts";

/** A new part is fetched when the cursor has come this close to the end of the old one, as a share of it. */
const margin = 0.2;

/** Keeps the part of a large file in memory that the cursor is in, and reads on before it leaves it. */
export class PartKeeper {
  readonly #state: ViewState;
  readonly #onError: (error: unknown) => void;
  #opened: OpenedReplay | undefined;
  #reading = false;

  constructor(state: ViewState, onError: (error: unknown) => void) {
    this.#state = state;
    this.#onError = onError;
    state.onChange(() => this.#look());
  }

  /** From now on this file; undefined: one that is in memory whole. */
  keep(opened: OpenedReplay | undefined): void {
    this.#opened = opened?.around === undefined ? undefined : opened;
  }

  #look(): void {
    const opened = this.#opened;
    const { timeline, replay } = this.#state;
    if (opened?.around === undefined || this.#reading || timeline === undefined || replay === undefined)
      return;
    const { time } = this.#state.fields;
    const from = replay.frames.times[0]!;
    const to = replay.frames.times[replay.frames.count - 1]! + timeline.stepSeconds;
    const slack = margin * (to - from);
    const early = time < from + slack && from > timeline.start + timeline.stepSeconds;
    const late = time > to - slack && to < timeline.duration - 1e-6;
    if (!early && !late) return;
    this.#reading = true;
    document.body.setAttribute("aria-busy", "true");
    opened
      .around(time)
      .then(
        (part) => {
          if (this.#opened === opened) this.#state.replace(part);
        },
        (error: unknown) => {
          // Asked again at every move, a broken file would complain at every move.
          if (this.#opened === opened) this.#opened = undefined;
          this.#onError(error);
        },
      )
      .finally(() => {
        this.#reading = false;
        document.body.removeAttribute("aria-busy");
        const moved = Math.abs(this.#state.fields.time - time) > 1e-9;
        if (moved) this.#look();
      });
  }
}
