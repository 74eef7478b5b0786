/** A small picture drawn large: every pixel a square with sharp edges. */
export class PixelImage {
  readonly #canvas = document.createElement("canvas");
  readonly #context: CanvasRenderingContext2D;
  #key: unknown;
  #place = -1;

  constructor() {
    const context = this.#canvas.getContext("2d");
    if (context === null) throw new Error("picture: this browser gave no 2D canvas");
    this.#context = context;
  }

  /**
   * Puts a picture in, unless it is the one it holds: `key` and `place` name it.
   *
   * @param pixelAt colour of a pixel as an ImageData's little-endian Uint32 holds it (plots/palette.ts)
   */
  paint(
    key: unknown,
    place: number,
    widthPx: number,
    heightPx: number,
    pixelAt: (index: number) => number,
  ): void {
    if (key === this.#key && place === this.#place) return;
    this.#key = key;
    this.#place = place;
    this.#canvas.width = widthPx;
    this.#canvas.height = heightPx;
    const image = this.#context.createImageData(widthPx, heightPx);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < pixels.length; i++) pixels[i] = pixelAt(i);
    this.#context.putImageData(image, 0, 0);
  }

  /** Draws it as large as fits, in the middle of a box, in a frame; returns where it ends. */
  draw(
    context: CanvasRenderingContext2D,
    box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
    frame: string,
  ): { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number } {
    const { width: columns, height: rows } = this.#canvas;
    const scale = Math.min(box.width / columns, box.height / rows);
    const [width, height] = [scale * columns, scale * rows];
    const left = Math.round(box.left + (box.width - width) / 2);
    const top = Math.round(box.top + (box.height - height) / 2);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#canvas, left, top, width, height);
    context.imageSmoothingEnabled = true;
    context.strokeStyle = frame;
    context.lineWidth = 1;
    context.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
    return { left, top, right: left + width, bottom: top + height };
  }
}

/** A grey value, 0 to 255, as a pixel. */
export function greyPixel(grey: number): number {
  return (0xff000000 | (grey << 16) | (grey << 8) | grey) >>> 0;
}
