export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A disc filled to `amount` of its area, 0 to 1. */
export function drawNode(
  context: CanvasRenderingContext2D,
  place: Point,
  radius: number,
  amount: number,
  colour: string,
  rim: string,
): void {
  context.strokeStyle = rim;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(place.x, place.y, radius, 0, 2 * Math.PI);
  context.stroke();
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
