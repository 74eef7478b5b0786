import type { OpenedReplay } from "../../core/replay-file/load-replay.ts";
import type { Replay } from "../../core/replay-file/replay.ts";
import type { ViewState } from "../state/view-state.ts";

/** A new part is fetched when the cursor has come this close to the end of the old one, as a share of it. */
const margin = 0.2;

/** Reading the rest works for so long at a time, and rests for so long, ms: a frame has room for both. */
const sliceMs = 4;
const restMs = 8;

/** Another file is shown by now. */
class Left extends Error {}

/** Keeps the part of a large file in memory that the cursor is in, and reads on before it leaves it. */
export class PartKeeper {
  readonly #state: ViewState;
  readonly #onError: (error: unknown) => void;
  readonly #onWhole: (replay: Replay) => void;
  #opened: OpenedReplay | undefined;
  #reading = false;

  /** @param onWhole told when a file that was shown in parts is all in memory */
  constructor(state: ViewState, onError: (error: unknown) => void, onWhole: (replay: Replay) => void) {
    this.#state = state;
    this.#onWhole = onWhole;
    this.#onError = onError;
    state.onChange(() => this.#look());
  }

  /** From now on this file; undefined: one that is in memory whole. */
  keep(opened: OpenedReplay | undefined): void {
    this.#opened = opened?.around === undefined ? undefined : opened;
    if (opened?.whole !== undefined) void this.#readWhole(opened.whole, opened);
  }

  /** Reads what is not too large to be held, between the frames; nothing need be fetched after that. */
  async #readWhole(read: NonNullable<OpenedReplay["whole"]>, opened: OpenedReplay): Promise<void> {
    let worked = performance.now();
    const pause = async () => {
      if (this.#opened !== opened) throw new Left();
      if (performance.now() - worked < sliceMs) return;
      await new Promise((done) => setTimeout(done, restMs));
      worked = performance.now();
    };
    try {
      const replay = await read(pause);
      if (this.#opened !== opened) return;
      this.#opened = undefined;
      this.#onWhole(replay);
      this.#state.replace(replay);
    } catch (error) {
      if (error instanceof Left) return;
      this.#onError(error);
    }
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
