import { SpikegymError } from "../../core/errors.ts";
import { loadReplay } from "../../core/replay-file/load-replay.ts";
import type { Replay } from "../../core/replay-file/replay.ts";
import { element } from "./element.ts";

interface Opened {
  /** A whole replay was read; nothing before changed what is on the screen. */
  onReplay(replay: Replay): void;
  onError(message: string): void;
}

/** Opens replays from `?src=`, a dropped file or the file picker. The last one asked for wins. */
export class ReplayOpener {
  readonly #opened: Opened;
  #turn = 0;

  constructor(opened: Opened) {
    this.#opened = opened;
    const input = element("file", HTMLInputElement);
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      input.value = "";
      if (file) void this.openFile(file);
    });
    this.#listenToDrops();
  }

  choose(): void {
    element("file", HTMLInputElement).click();
  }

  async openFile(file: File): Promise<void> {
    await this.#open(file.name, async () => file);
  }

  async openUrl(url: string): Promise<void> {
    const name = decodeURIComponent(url.split(/[?#]/)[0]!.split("/").pop() ?? url);
    await this.#open(name, async () => {
      let response: Response;
      try {
        response = await fetch(url);
      } catch (error) {
        throw new SpikegymError(
          `${url} could not be reached (${(error as Error).message}); is the server running?`,
        );
      }
      if (!response.ok) {
        throw new SpikegymError(
          `${url} answered ${response.status} ${response.statusText}; check the address`,
        );
      }
      return response.blob();
    });
  }

  async #open(name: string, fetchData: () => Promise<Blob>): Promise<void> {
    const turn = ++this.#turn;
    document.body.setAttribute("aria-busy", "true");
    try {
      const replay = await loadReplay(await fetchData(), name);
      if (turn === this.#turn) this.#opened.onReplay(replay);
    } catch (error) {
      // What is not ours is a defect of this page: say so here and let the console have the rest.
      if (!(error instanceof SpikegymError)) reportError(error);
      if (turn === this.#turn) this.#opened.onError(error instanceof Error ? error.message : String(error));
    } finally {
      document.body.removeAttribute("aria-busy");
    }
  }

  #listenToDrops(): void {
    const hint = element("drop-hint", HTMLElement);
    let depth = 0;
    const show = (change: number) => {
      depth = Math.max(0, depth + change);
      hint.hidden = depth === 0;
    };
    addEventListener("dragenter", (event) => {
      event.preventDefault();
      show(1);
    });
    addEventListener("dragleave", () => show(-1));
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      show(-depth);
      const file = event.dataTransfer?.files[0];
      if (file) void this.openFile(file);
    });
  }
}
