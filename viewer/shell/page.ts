import type { Palette } from "../plots/palette.ts";
import { ViewState } from "../state/view-state.ts";
import { Layout } from "./layout.ts";
import type { Panel } from "./panel.ts";
import { makeTabs } from "./tabs.ts";
import { Theme } from "./theme.ts";

/** A pause of the page (a hidden tab) is not played back in one leap. */
const longestLeap = 0.25;

/** What every mode shares: the state, the theme, the layout, and the one loop that draws. */
export class Page {
  readonly state = new ViewState();
  readonly theme: Theme;
  readonly layout: Layout;
  /** Told once a frame before the panels draw. */
  readonly beforeDraw: (() => void)[] = [];
  /** On a phone: which panel stands under the scene. */
  readonly selectTab: (id: string) => void;
  readonly #panels: Panel[] = [];
  #scheduled = false;
  #last: number | undefined;

  constructor() {
    this.theme = new Theme(() => this.invalidate());
    this.layout = new Layout(() => this.invalidate());
    this.selectTab = makeTabs(() => this.invalidate());
    this.state.onChange(() => this.invalidate());
  }

  add(...panels: Panel[]): void {
    this.#panels.push(...panels);
  }

  get palette(): Palette {
    return this.theme.palette;
  }

  /** Draws everything once at the display's next frame; goes on while time runs, rests otherwise. */
  readonly invalidate = (): void => {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame((now) => {
      this.#scheduled = false;
      if (this.state.fields.playing) {
        const passed = this.#last === undefined ? 0 : (now - this.#last) / 1000;
        this.#last = now;
        this.state.advance(Math.min(longestLeap, passed));
        this.invalidate();
      } else this.#last = undefined;
      for (const tell of this.beforeDraw) tell();
      for (const panel of this.#panels) panel.draw(this.palette);
    });
  };
}
