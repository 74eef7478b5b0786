import { SpikegymError } from "../../core/errors.ts";
import { type OpenedReplay, openReplay } from "../../core/replay-file/load-replay.ts";
import type { ByteSource } from "../../core/replay-file/mcap-source.ts";
import { fetchSource } from "../files/range-source.ts";
import { element } from "./element.ts";

interface Opened {
  /** A replay was read; nothing before changed what is on the screen. `address`: where it can be fetched again. */
  onReplay(opened: OpenedReplay, address: string | undefined): void;
  /** Any other file that was dropped or chosen; false: not known either. */
  onOther(file: File): Promise<boolean>;
  onError(error: unknown): void;
}

/** Opens replays from `?src=`, a dropped file or the file picker. The last one asked for wins. */
export class ReplayOpener {
  readonly #opened: Opened;
  #turn = 0;

  constructor(opened: Opened) {
    this.#opened = opened;
    const input = element("file", HTMLInputElement);
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      void this.openFiles(files);
    });
    this.#listenToDrops();
  }

  choose(): void {
    element("file", HTMLInputElement).click();
  }

  async openFiles(files: readonly File[]): Promise<void> {
    for (const file of files) {
      if (/\.(mcap|partial)$/i.test(file.name) || !(await this.#opened.onOther(file)))
        await this.openFile(file);
    }
  }

  async openFile(file: File): Promise<void> {
    await this.#open(file.name, undefined, 0, async () => file);
  }

  /** @param at the instant that is shown first, s */
  async openUrl(url: string, at = 0): Promise<void> {
    await this.#open(nameOf(url), url, at, () => fetchSource(url));
  }

  async #open(
    name: string,
    address: string | undefined,
    at: number,
    fetchData: () => Promise<Blob | ByteSource>,
  ): Promise<void> {
    const turn = ++this.#turn;
    document.body.setAttribute("aria-busy", "true");
    try {
      const opened = await openReplay(await fetchData(), name, { at });
      if (turn === this.#turn) this.#opened.onReplay(opened, address);
    } catch (error) {
      if (turn === this.#turn) this.#opened.onError(error);
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
      void this.openFiles([...(event.dataTransfer?.files ?? [])]);
    });
  }
}

/** What a replay at an address is called. */
export function nameOf(url: string): string {
  const last = url.split(/[?#]/)[0]!.split("/").pop() ?? url;
  try {
    return decodeURIComponent(last);
  } catch {
    // A % that escapes nothing is part of the name.
    return last;
  }
}

/** An error in words; what is not ours is a defect of this page, and the console has the rest. */
export function describeError(error: unknown): string {
  if (!(error instanceof SpikegymError)) reportError(error);
  return error instanceof Error ? error.message : String(error);
}
