import type { Palette } from "../plots/palette.ts";

/** Something on the page that shows the state. `draw` is called once a frame at most, and only when something changed. */
export interface Panel {
  draw(palette: Palette): void;
}
