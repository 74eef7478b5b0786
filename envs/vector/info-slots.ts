import type { Info } from "../../core/env.ts";

/** Numbers and booleans that one info may hold to travel in shared memory. */
const ROOM = 16;
const NOTHING = -1;

type Kind = "number" | "boolean" | InfoShape;

/** What an info looks like: its keys in order, and what stands under each. Plain JSON. */
export interface InfoShape {
  readonly keys: readonly string[];
  readonly kinds: readonly Kind[];
}

export function infoSlotBytes(count: number): number {
  return count * (8 * ROOM + 4);
}

/**
 * Infos in shared memory, for posting them as messages would cost more than the steps of a small environment.
 *
 * Nearly all infos are numbers and booleans under ever the same keys. Their shape is told once, by a message, and numbered;
 * from then on an info is the number of its shape and its values. What does not fit (texts, arrays, too many numbers) is
 * left to the caller to send otherwise.
 */
export class InfoSlots {
  readonly #values: Float64Array;
  readonly #shapeOf: Int32Array;
  /** Where `#read` reads next. */
  #at = 0;

  constructor(buffer: ArrayBufferLike, count: number) {
    this.#values = new Float64Array(buffer, 0, count * ROOM);
    this.#shapeOf = new Int32Array(buffer, 8 * count * ROOM, count);
    this.#shapeOf.fill(NOTHING);
  }

  /**
   * @param shapes those known so far; a new one is appended
   * @returns whether the info fits
   */
  write(lane: number, info: Info, shapes: InfoShape[]): boolean {
    const start = lane * ROOM;
    for (let s = 0; s < shapes.length; s++) {
      if (this.#fill(info, shapes[s]!, start) < 0) continue;
      this.#shapeOf[lane] = s;
      return true;
    }
    const shape = shapeOf(info);
    if (shape === null || sizeOf(shape) > ROOM) return false;
    this.#fill(info, shape, start);
    this.#shapeOf[lane] = shapes.length;
    shapes.push(shape);
    return true;
  }

  /** The info of this lane, taken out; undefined where there is none. */
  take(lane: number, shapes: readonly InfoShape[]): Info | undefined {
    const shape = this.#shapeOf[lane]!;
    if (shape === NOTHING) return undefined;
    this.#shapeOf[lane] = NOTHING;
    this.#at = lane * ROOM;
    return this.#read(shapes[shape]!);
  }

  #read(shape: InfoShape): Info {
    const info: Record<string, unknown> = {};
    for (let i = 0; i < shape.keys.length; i++) {
      const kind = shape.kinds[i]!;
      info[shape.keys[i]!] =
        kind === "number"
          ? this.#values[this.#at++]
          : kind === "boolean"
            ? this.#values[this.#at++] === 1
            : this.#read(kind);
    }
    return info;
  }

  /** Writes the values from `at` on; returns where the next would go, or -1 where the info is not of this shape. */
  #fill(info: Info, shape: InfoShape, start: number): number {
    let at = start;
    let i = 0;
    for (const key in info) {
      const value = info[key];
      const kind = shape.kinds[i];
      if (key !== shape.keys[i] || kind === undefined) return -1;
      if (kind === "number" || kind === "boolean") {
        if (typeof value !== kind) return -1;
        this.#values[at++] = Number(value);
      } else {
        if (typeof value !== "object" || value === null) return -1;
        at = this.#fill(value as Info, kind, at);
        if (at < 0) return -1;
      }
      i++;
    }
    return i === shape.keys.length ? at : -1;
  }
}

/** Null for an info that is not all numbers and booleans. */
function shapeOf(info: Info): InfoShape | null {
  const keys = Object.keys(info);
  const kinds: Kind[] = [];
  for (const key of keys) {
    const value = info[key];
    if (typeof value === "number" || typeof value === "boolean") {
      kinds.push(typeof value as "number" | "boolean");
      continue;
    }
    if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
      return null;
    const inner = shapeOf(value as Info);
    if (inner === null) return null;
    kinds.push(inner);
  }
  return { keys, kinds };
}

function sizeOf({ kinds }: InfoShape): number {
  return kinds.reduce((sum, kind) => sum + (typeof kind === "string" ? 1 : sizeOf(kind)), 0);
}
