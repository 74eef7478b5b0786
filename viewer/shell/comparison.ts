import type { Replay } from "../../core/replay-file/replay.ts";
import type { ViewState } from "../state/view-state.ts";
import { openDialog } from "./dialogs.ts";
import { describeError } from "./open-replay.ts";
import type { OfferedReplay } from "./replay-list.ts";

interface CompareActions {
  choices(): readonly OfferedReplay[];
  load(source: string | File): Promise<Replay>;
  /** The addresses now shown beside the first replay. */
  onChange(addresses: readonly string[]): void;
}

/** More would be a tangle in one scene. */
const most = 3;

/** Chooses what is shown beside the replay: as outlines in its scene, curves in its signals, rows under its spikes. */
export class Comparison {
  readonly #state: ViewState;
  readonly #actions: CompareActions;
  /** Address (or none, for a file from this computer) and replay. */
  #beside: { readonly address: string | undefined; readonly replay: Replay }[] = [];

  constructor(state: ViewState, actions: CompareActions) {
    this.#state = state;
    this.#actions = actions;
  }

  /** Another first replay: nothing beside it. */
  clear(): void {
    this.#beside = [];
  }

  /** Puts a replay beside the first one. @throws as loading it does */
  async add(source: string | File): Promise<void> {
    const replay = await this.#actions.load(source);
    const address = typeof source === "string" ? source : undefined;
    this.#beside = [...this.#beside, { address, replay }].slice(-most);
    this.#apply();
  }

  show(): void {
    if (this.#state.replay === undefined) return;
    const status = document.createElement("p");
    status.className = "note";
    status.setAttribute("role", "status");
    const list = document.createElement("ul");
    list.className = "plain";
    const select = document.createElement("select");
    select.setAttribute("aria-label", "Replay to put beside this one");
    select.add(new Option("Choose\u2026", ""));
    for (const { name, address } of this.#actions.choices()) select.add(new Option(name, address));
    select.addEventListener("change", () => {
      if (select.value !== "") put(select.value);
      select.value = "";
    });
    const file = document.createElement("input");
    file.type = "file";
    file.accept = ".mcap,.partial";
    file.setAttribute("aria-label", "Replay file to put beside this one");
    file.addEventListener("change", () => {
      const [chosen] = file.files ?? [];
      if (chosen) put(chosen);
    });
    const row = document.createElement("p");
    row.className = "row";
    row.append(select, file);
    const words = document.createElement("p");
    words.className = "note";
    words.textContent =
      "Episodes are laid over each other from their starts, so record both with the same seeds and pushes.";
    openDialog("compare", "Compare", words, row, list, status);
    const fill = () => {
      list.replaceChildren(
        ...this.#beside.map((entry) => {
          const item = document.createElement("li");
          const remove = document.createElement("button");
          remove.type = "button";
          remove.className = "text-button";
          remove.textContent = "Remove";
          remove.addEventListener("click", () => {
            this.#beside = this.#beside.filter((other) => other !== entry);
            this.#apply();
            fill();
          });
          item.append(`${entry.replay.name} · ${entry.replay.header.agent} `, remove);
          return item;
        }),
      );
    };
    const put = (source: string | File) => {
      status.textContent = "Reading\u2026";
      this.add(source).then(
        () => {
          status.textContent = "";
          fill();
        },
        (error: unknown) => {
          status.textContent = describeError(error);
        },
      );
    };
    fill();
  }

  #apply(): void {
    this.#state.compare(this.#beside.map(({ replay }) => replay));
    this.#actions.onChange(this.#beside.flatMap(({ address }) => (address === undefined ? [] : [address])));
  }
}
