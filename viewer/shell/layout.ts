import { type Folds, makeFolds } from "./folds.ts";
import { listenToSplitters, type Splitters } from "./splitters.ts";

const storageKey = "spikegym.layout";

/**
 * Where the bars between the panels stand and which panels are folded: kept in this browser, and written as one word so
 * that it can travel in a link, e.g. `scene:45,upper:60,fold:traces`.
 */
export class Layout {
  readonly #splitters: Splitters;
  readonly #folds: Folds;

  constructor(onChange: () => void) {
    const changed = () => {
      this.#store();
      onChange();
    };
    this.#splitters = listenToSplitters(changed);
    this.#folds = makeFolds(changed);
    this.#apply(readStored());
    onChange();
  }

  /** Empty for the layout one starts with. */
  get word(): string {
    const shares = Object.entries(this.#splitters.shares()).map(([name, share]) => `${name}:${share}`);
    return [...shares, ...this.#folds.folded().map((id) => `fold:${id}`)].join();
  }

  set word(word: string) {
    this.#apply(word);
    this.#store();
  }

  #apply(word: string): void {
    const pairs = word.split(",").map((part) => part.split(":", 2) as [string, string?]);
    const shares = pairs.filter(([name, value]) => name !== "fold" && value !== undefined);
    this.#splitters.set(Object.fromEntries(shares.map(([name, value]) => [name, Number(value)])));
    this.#folds.set(pairs.flatMap(([name, value]) => (name === "fold" && value ? [value] : [])));
  }

  #store(): void {
    try {
      localStorage.setItem(storageKey, this.word);
    } catch {
      // A browser that stores nothing keeps the layout until the page is left.
    }
  }
}

function readStored(): string {
  try {
    return localStorage.getItem(storageKey) ?? "";
  } catch {
    return "";
  }
}
