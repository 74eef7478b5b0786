import { type Palette, readPalette } from "../plots/palette.ts";

const storageKey = "spikegym.theme";

/** Dark or light: what was chosen here before, else what the system prefers. */
export class Theme {
  #palette: Palette;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    const preference = matchMedia("(prefers-color-scheme: light)");
    const stored = readStored();
    apply(stored ?? (preference.matches ? "light" : "dark"));
    this.#palette = readPalette();
    preference.addEventListener("change", () => {
      if (readStored() === undefined) this.#set(preference.matches ? "light" : "dark");
    });
  }

  get palette(): Palette {
    return this.#palette;
  }

  toggle(): void {
    const next = document.documentElement.dataset.theme === "light" ? "dark" : "light";
    try {
      localStorage.setItem(storageKey, next);
    } catch {
      // A browser that stores nothing still shows the theme until the page is left.
    }
    this.#set(next);
  }

  #set(theme: "dark" | "light"): void {
    apply(theme);
    this.#palette = readPalette();
    this.#onChange();
  }
}

function apply(theme: "dark" | "light"): void {
  document.documentElement.dataset.theme = theme;
}

function readStored(): "dark" | "light" | undefined {
  try {
    const stored = localStorage.getItem(storageKey);
    return stored === "dark" || stored === "light" ? stored : undefined;
  } catch {
    return undefined;
  }
}
