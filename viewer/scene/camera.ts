import type { Scene } from "../../core/scene.ts";

/** CSS px kept free for the readouts above and the grid's numbers below. */
const topMargin = 26;
const footMargin = 20;
const sideMargin = 8;

/** Maps metres (y up) to CSS pixels (y down), to scale, with the scene's view in the middle. */
export class Camera {
  readonly scale: number;
  readonly view: Scene["view"];
  readonly #x: number;
  readonly #y: number;

  constructor(view: Scene["view"], width: number, height: number) {
    this.view = view;
    const free = { width: width - 2 * sideMargin, height: height - topMargin - footMargin };
    this.scale = Math.max(
      1,
      Math.min(free.width / (view.xMax - view.xMin), free.height / (view.yMax - view.yMin)),
    );
    this.#x = width / 2 - (this.scale * (view.xMin + view.xMax)) / 2;
    this.#y = topMargin + free.height / 2 + (this.scale * (view.yMin + view.yMax)) / 2;
  }

  x(metres: number): number {
    return this.#x + this.scale * metres;
  }

  y(metres: number): number {
    return this.#y - this.scale * metres;
  }

  /** Metres at a pixel column or row. */
  worldX(pixels: number): number {
    return (pixels - this.#x) / this.scale;
  }

  worldY(pixels: number): number {
    return (this.#y - pixels) / this.scale;
  }
}
