import type { NetworkLayout } from "./network-layout.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export function inputRadius({ inputPitch }: NetworkLayout): number {
  return Math.min(6, 0.42 * inputPitch);
}

export function outputRadius({ outputPitch }: NetworkLayout): number {
  return Math.min(8, 0.4 * outputPitch);
}

/** Whether an input's value stands under its name: where there is no room beside it. */
export function isInTwoLines({ inputX, inputPitch }: NetworkLayout): boolean {
  return inputX < 150 && inputPitch >= 28;
}

/** The rim of an input or an output. */
export function drawRim(
  context: CanvasRenderingContext2D,
  place: Point,
  radius: number,
  colour: string,
): void {
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(place.x, place.y, radius, 0, 2 * Math.PI);
  context.stroke();
}

/** Fills `amount` of a node's area, 0 to 1. */
export function fillNode(
  context: CanvasRenderingContext2D,
  place: Point,
  radius: number,
  amount: number,
  colour: string,
): void {
  if (!(amount > 0)) return;
  context.fillStyle = colour;
  context.beginPath();
  context.arc(place.x, place.y, radius * Math.sqrt(Math.min(1, amount)), 0, 2 * Math.PI);
  context.fill();
}

/** A link that leaves and arrives level. */
export function drawLink(context: CanvasRenderingContext2D, from: Point, to: Point): void {
  const middle = (from.x + to.x) / 2;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.bezierCurveTo(middle, from.y, middle, to.y, to.x, to.y);
  context.stroke();
}
