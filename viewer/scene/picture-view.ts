import type { Replay } from "../../core/replay-file/replay.ts";
import { formatNumber } from "../plots/axis.ts";
import { fillFitting } from "../plots/labels.ts";
import type { Palette } from "../plots/palette.ts";
import { greyPixel, PixelImage } from "../plots/pixel-image.ts";

const margin = 14;
const titleHeight = 20;
/** Between two tasks, CSS px. */
const taskGap = 12;
/** Between two tasks side by side, CSS px. */
const columnGap = 24;
/** A row of a task's answers is at most so high, CSS px. */
const rowHeight = 19;
/** Beside the picture where this much is left for the answers, else below it. */
const leastAnswers = 170;
const valueWidth = 42;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a classifier looks at, large, and what it answers: a bar for every class of every task. */
export class PictureView {
  readonly #image = new PixelImage();

  /** Draws the picture of a frame, and the answers, below `top`. */
  draw(
    context: CanvasRenderingContext2D,
    replay: Replay,
    frame: number,
    { width, height }: Size,
    top: number,
    palette: Palette,
  ): void {
    const { frames, header, images } = replay;
    const { image } = header.scene;
    if (image === undefined || images === undefined) return;
    // The frame an episode ends in shows what its last decision was about.
    while (frame > 0 && frames.decisions[frame]! < 0) frame--;
    const decision = frames.decisions[frame]!;
    const size = images.widthPx * images.heightPx;
    if (decision < 0) return;
    this.#image.paint(images, decision, images.widthPx, images.heightPx, (i) =>
      greyPixel(images.pixels[decision * size + i]!),
    );
    const free = { width: width - 2 * margin, height: height - top - margin };
    const beside = free.width - free.height >= leastAnswers || free.width > 1.3 * free.height;
    const side = beside
      ? Math.min(free.height, free.width - leastAnswers)
      : Math.min(free.width, 0.45 * free.height);
    const place = this.#image.draw(
      context,
      { left: margin, top, width: side, height: beside ? free.height : side },
      palette.line,
    );
    const box = beside
      ? { left: place.right + 22, top, right: width - margin, bottom: height - margin }
      : { left: margin, top: place.bottom + 12, right: width - margin, bottom: height - margin };
    const { actionLabels } = header;
    // Side by side where the rows would be too low below each other.
    const all = image.tasks.reduce(
      (sum, { classes }) => sum + titleHeight + taskGap + rowHeight * classes.length,
      0,
    );
    const wide = (box.right - box.left) / image.tasks.length >= leastAnswers;
    const columns = all > box.bottom - box.top && wide ? image.tasks.length : 1;
    const rows =
      columns > 1
        ? Math.max(...image.tasks.map(({ classes }) => classes.length))
        : image.tasks.reduce((sum, { classes }) => sum + classes.length, 0);
    const titles = columns > 1 ? titleHeight : image.tasks.length * (titleHeight + taskGap) - taskGap;
    const pitch = Math.min(rowHeight, (box.bottom - box.top - titles) / Math.max(1, rows));
    const start = box.top + Math.max(0, (box.bottom - box.top - titles - rows * pitch) / 2);
    const columnWidth = (box.right - box.left - (columns - 1) * columnGap) / columns;
    let [first, y] = [0, start];
    for (const [task, { name, classes }] of image.tasks.entries()) {
      const from = frame * actionLabels.length + first;
      const scores = frames.actions.subarray(from, from + classes.length);
      const truth = frames.observations[frame * image.tasks.length + task]!;
      const left = box.left + (columns > 1 ? task * (columnWidth + columnGap) : 0);
      const place = { left, right: left + columnWidth, top: y };
      drawTask(context, name, classes, scores, truth, place, pitch, palette);
      first += classes.length;
      if (columns === 1) y += titleHeight + classes.length * pitch + taskGap;
    }
  }
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
}

/** One task: its name and what came out, then its classes with their scores; the true one is marked. */
function drawTask(
  context: CanvasRenderingContext2D,
  name: string,
  classes: readonly string[],
  scores: Float32Array,
  truth: number,
  { left, top, right }: Box,
  pitch: number,
  palette: Palette,
): void {
  const answer = scores.indexOf(Math.max(...scores));
  const known = Number.isInteger(truth) && truth >= 0 && truth < classes.length;
  const verdict = !known ? "" : answer === truth ? "correct" : "wrong";
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillStyle = palette.text;
  context.fillText(name, left, top + titleHeight / 2 - 2);
  context.textAlign = "right";
  context.fillStyle = verdict === "correct" ? palette.reward : palette.alarm;
  context.fillText(verdict, right, top + titleHeight / 2 - 2);
  // Probabilities share one scale; other scores their task's own.
  const [low, high] = scores.every((score) => score >= 0 && score <= 1)
    ? [0, 1]
    : [Math.min(...scores), Math.max(...scores)];
  const text = (score: number) => (low === 0 && high === 1 ? score.toFixed(3) : formatNumber(score));
  const nameWidth = Math.min(96, 0.4 * (right - left));
  const barLeft = left + nameWidth + 8;
  const barWidth = Math.max(10, right - barLeft - valueWidth);
  for (const [c, className] of classes.entries()) {
    const y = top + titleHeight + (c + 0.5) * pitch;
    const isAnswer = c === answer;
    if (c === truth) {
      context.fillStyle = palette.reward;
      const half = Math.min(4, 0.35 * pitch);
      context.fillRect(left, y - half, 3, 2 * half);
    }
    const share = (scores[c]! - low) / Math.max(1e-12, high - low);
    context.fillStyle = palette.grid;
    context.fillRect(barLeft, y - 0.28 * pitch, barWidth, 0.56 * pitch);
    context.fillStyle = isAnswer ? palette.action : palette.muted;
    context.fillRect(barLeft, y - 0.28 * pitch, Math.max(1, share * barWidth), 0.56 * pitch);
    if (pitch < 9) continue;
    context.textAlign = "left";
    context.fillStyle = isAnswer || c === truth ? palette.text : palette.muted;
    fillFitting(context, className, left + 8, y, nameWidth - 8);
    context.textAlign = "right";
    context.fillText(text(scores[c]!), right, y);
  }
}
