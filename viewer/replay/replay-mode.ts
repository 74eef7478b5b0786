import type { OpenedReplay } from "../../core/replay-file/load-replay.ts";
import type { Replay } from "../../core/replay-file/replay.ts";
import type { PartKeeper } from "../files/part-keeper.ts";
import type { Choices } from "../shell/choices.ts";
import { applyLink, writeLink } from "../shell/link.ts";
import type { Mode } from "../shell/modes.ts";
import type { Page } from "../shell/page.ts";

/** Shows a recording. What was on the screen comes back when one returns from another mode. */
export class ReplayMode implements Mode {
  readonly #page: Page;
  readonly #choices: Choices;
  readonly #parts: PartKeeper;
  #opened: OpenedReplay | undefined;
  #link = "";
  #inside = false;

  constructor(page: Page, choices: Choices, parts: PartKeeper) {
    this.#page = page;
    this.#choices = choices;
    this.#parts = parts;
  }

  /** The file that was shown in parts is all in memory now. */
  gotWhole(replay: Replay): void {
    this.#opened = { replay };
  }

  /** Another recording, at what a link names of it. */
  show(opened: OpenedReplay, link: string): void {
    this.#opened = opened;
    this.#link = link;
    if (this.#inside) this.enter();
  }

  enter(): void {
    this.#inside = true;
    const opened = this.#opened;
    document.body.toggleAttribute("data-empty", opened === undefined);
    if (opened === undefined) return;
    const { state } = this.#page;
    this.#parts.keep(opened);
    state.show(opened.replay);
    applyLink(state, this.#link);
    this.#choices.fill();
  }

  leave(): void {
    this.#inside = false;
    const { state } = this.#page;
    state.update({ playing: false, hoverTime: null, hoverUnit: null });
    this.#link = writeLink(state, "replay", "");
    this.#parts.keep(undefined);
  }
}
