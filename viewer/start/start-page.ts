import { element } from "../shell/element.ts";
import type { Mode, ModeId } from "../shell/modes.ts";
import { listReplays, megabytes, type OfferedReplay } from "../shell/replay-list.ts";

interface StartActions {
  choose(): void;
  open(address: string): void;
  go(mode: ModeId): void;
}

const doors: readonly { mode: ModeId; name: string; says: string }[] = [
  {
    mode: "live",
    name: "Live",
    says: "A trained network balances here and now. Drag the pole, push the cart, take neurons away.",
  },
  {
    mode: "train",
    name: "Train",
    says: "Train Hodgkin-Huxley neurons on the double pendulum in this tab, and watch the policy while it learns.",
  },
  {
    mode: "neuron",
    name: "Neuron",
    says: "Inject a current by hand. Membrane, gates, phase plane and f-I curve, models side by side.",
  },
];

/** The first page: what there is to look at, and what one can do. */
export class StartPage implements Mode {
  readonly #actions: StartActions;
  readonly #made = document.createElement("div");
  readonly #served = document.createElement("div");
  #replays: readonly OfferedReplay[] = [];

  constructor(host: HTMLElement, actions: StartActions) {
    this.#actions = actions;
    const card = make("div", "start-page");
    card.append(
      make(
        "p",
        "lead",
        "Spiking networks that control bodies: see every neuron and the machine on one clock.",
      ),
      this.#openRow(),
      this.#made,
      this.#served,
      make("h2", "", "Do it yourself"),
      this.#doors(),
    );
    host.append(card);
  }

  /** Everything that can be opened by its address. */
  get replays(): readonly OfferedReplay[] {
    return this.#replays;
  }

  enter(): void {
    document.title = "spikegym viewer";
    element("title", HTMLElement).replaceChildren();
  }

  leave(): void {}

  /** Asks what there is; the select in the heading and the lists here follow. */
  async refresh(shown: string | null): Promise<void> {
    const { made, served } = await listReplays();
    this.#replays = [...served, ...made];
    this.#fill(this.#made, "Recordings made by the project", made);
    this.#fill(this.#served, "Recordings in the folder this server was given", served);
    const select = element("replays", HTMLSelectElement);
    const options = (replays: readonly OfferedReplay[]) =>
      replays.map(({ name, bytes, address }) => new Option(`${name} (${megabytes(bytes)})`, address));
    select.replaceChildren(new Option("Choose\u2026", ""), ...options(this.#replays));
    const decoded = (address: string) => address.split("/").map(safeDecode).join("/");
    const listed = this.#replays.find(({ address }) => shown !== null && decoded(address) === decoded(shown));
    select.value = listed?.address ?? "";
    element("replays-choice", HTMLElement).hidden = this.#replays.length < (listed === undefined ? 1 : 2);
  }

  #openRow(): HTMLElement {
    const row = make("div", "open-row");
    const choose = make("button", "text-button primary", "Choose a file");
    choose.type = "button";
    choose.id = "choose";
    choose.addEventListener("click", () => this.#actions.choose());
    const words = make("p", "note");
    words.append(
      "Drop a replay file (",
      make("code", "", ".mcap"),
      ") anywhere on this page, or choose one. To make one: ",
      make("code", "", "spikegym eval RUN --record episode.mcap"),
      ", then ",
      make("code", "", "spikegym view episode.mcap"),
      ".",
    );
    row.append(choose, words);
    return row;
  }

  #fill(host: HTMLElement, title: string, replays: readonly OfferedReplay[]): void {
    host.replaceChildren();
    if (replays.length === 0) return;
    const list = make("ul", "cards");
    for (const { name, address, bytes, summary } of replays) {
      const item = make("li");
      const button = make("button", "card");
      button.type = "button";
      if (address.startsWith("gallery/")) button.append(makePoster(address));
      button.append(
        make("b", "", summary === undefined ? name : name.replace(/\.mcap$/, "")),
        make("span", "note", summary ?? megabytes(bytes)),
      );
      button.addEventListener("click", () => this.#actions.open(address));
      item.append(button);
      list.append(item);
    }
    host.append(make("h2", "", title), list);
  }

  #doors(): HTMLElement {
    const list = make("ul", "cards");
    for (const { mode, name, says } of doors) {
      const item = make("li");
      const button = make("button", "card");
      button.type = "button";
      button.append(make("b", "", name), make("span", "note", says));
      button.addEventListener("click", () => this.#actions.go(mode));
      item.append(button);
      list.append(item);
    }
    return list;
  }
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  if (text !== "") made.textContent = text;
  return made;
}

/** The picture beside a recording of the project's own: its poles over time. */
function makePoster(address: string): HTMLImageElement {
  const image = make("img", "poster");
  image.src = address.replace(/mcap$/, "svg");
  image.alt = "";
  image.width = 540;
  image.height = 132;
  return image;
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
