/** Steps of brightness that are told apart. */
const levels = 16;
/** Radius of a node's halo, in radii of the node. */
const halo = 1.9;

/** Discs of every brightness, drawn once: copying a small picture is many times cheaper than filling a circle. */
export class NodeSprites {
  readonly #canvas = document.createElement("canvas");
  #key = "";
  /** Side of a sprite, device pixels. */
  #side = 1;
  #ratio = 1;

  /** Draws the discs anew when radius, resolution or colour are others. */
  prepare(radius: number, ratio: number, colour: string): void {
    const key = `${radius.toFixed(2)}/${ratio}/${colour}`;
    if (key === this.#key) return;
    this.#key = key;
    this.#ratio = ratio;
    this.#side = 2 * Math.ceil(halo * radius * ratio + 1);
    this.#canvas.width = levels * this.#side;
    this.#canvas.height = this.#side;
    const context = this.#canvas.getContext("2d")!;
    context.fillStyle = colour;
    const disc = (x: number, r: number, alpha: number) => {
      context.globalAlpha = alpha;
      context.beginPath();
      context.arc(x, this.#side / 2, r * ratio, 0, 2 * Math.PI);
      context.fill();
    };
    for (let level = 0; level < levels; level++) {
      const light = (level + 1) / levels;
      const x = (level + 0.5) * this.#side;
      if (light > 0.3) disc(x, halo * radius, 0.18 * light);
      disc(x, radius, 0.16 + 0.84 * light);
    }
  }

  /** A node with a light above 0, up to 1. */
  draw(context: CanvasRenderingContext2D, x: number, y: number, light: number): void {
    const level = Math.min(levels - 1, Math.floor(light * levels));
    const side = this.#side;
    // On whole device pixels a copy needs no smoothing.
    const left = Math.round(x * this.#ratio - side / 2) / this.#ratio;
    const top = Math.round(y * this.#ratio - side / 2) / this.#ratio;
    const size = side / this.#ratio;
    context.drawImage(this.#canvas, level * side, 0, side, side, left, top, size, size);
  }
}
