import type { LayerTrack, Replay } from "../../core/replay-file/replay.ts";
import { fillFitting } from "../plots/labels.ts";
import { type Palette, pixelOf } from "../plots/palette.ts";
import { greyPixel, PixelImage } from "../plots/pixel-image.ts";
import type { NetworkLayout } from "./network-layout.ts";

/** What a classifier is fed, in the place of named inputs: its picture, and how one unit weighs the pixels. */
export class PictureInput {
  readonly #picture = new PixelImage();
  readonly #field = new PixelImage();

  /** @param unit whose receptive field is shown, where the file has its weights */
  draw(
    context: CanvasRenderingContext2D,
    { inputX, height }: NetworkLayout,
    { images, frames }: Replay,
    track: LayerTrack | undefined,
    unit: number | undefined,
    frame: number,
    palette: Palette,
  ): void {
    const decision = frames.decisions[frame]!;
    if (images === undefined || decision < 0) return;
    const { widthPx, heightPx, pixels } = images;
    const size = widthPx * heightPx;
    this.#picture.paint(images, decision, widthPx, heightPx, (i) => greyPixel(pixels[decision * size + i]!));
    const inputs = track?.layer.inputs;
    const weights = inputs?.labels.length === size ? inputs.weights : undefined;
    const box = { left: 10, width: inputX - 20 };
    if (unit === undefined || weights === undefined) {
      this.#picture.draw(context, { ...box, top: 10, height: height - 20 }, palette.line);
      return;
    }
    const half = height / 2;
    this.#picture.draw(context, { ...box, top: 10, height: half - 16 }, palette.line);
    let largest = 1e-12;
    for (let i = 0; i < size; i++) largest = Math.max(largest, Math.abs(weights[unit * size + i]!));
    this.#field.paint(weights, unit, widthPx, heightPx, (i) => {
      const weight = weights[unit * size + i]! / largest;
      return pixelOf(weight < 0 ? palette.cursor : palette.sodium, Math.abs(weight));
    });
    const { bottom } = this.#field.draw(context, { ...box, top: half, height: half - 26 }, palette.line);
    context.fillStyle = palette.muted;
    context.textAlign = "center";
    context.textBaseline = "top";
    fillFitting(context, `weights of unit ${unit}`, box.left + box.width / 2, bottom + 4, box.width);
  }
}
