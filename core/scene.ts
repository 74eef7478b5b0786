/**
 * What a viewer must know to draw a body system; lengths in metres, angles in radians.
 *
 * The world's x points right, y up. A body's pose is (x, y, angle): the place of its own origin and its turn, positive
 * CLOCKWISE (towards +x), zero upright, so that a pole leaning right has a positive angle.
 */
export interface Scene {
  readonly bodies: readonly SceneBody[];
  /** The part of the world worth showing. */
  readonly view: {
    readonly xMin: number;
    readonly xMax: number;
    readonly yMin: number;
    readonly yMax: number;
  };
  /** A horizontal rail with end stops, if there is one. */
  readonly rail?: { readonly y: number; readonly xMin: number; readonly xMax: number };
  /** Index of the body that the action's force pushes along x. */
  readonly forceOn?: number;
  /** A picture that every decision is about, in place of bodies: what a classifier looks at. */
  readonly image?: SceneImage;
}

/** A greyscale picture and what is asked about it. */
export interface SceneImage {
  readonly widthPx: number;
  readonly heightPx: number;
  /**
   * The tasks in their order: the action holds a score for each of their classes, task after task, the observation the
   * true class of each task (its place in `classes`).
   */
  readonly tasks: readonly { readonly name: string; readonly classes: readonly string[] }[];
}

export interface SceneBody {
  readonly id: string;
  readonly role: "cart" | "pole";
  readonly shape:
    | { readonly kind: "box"; readonly widthM: number; readonly heightM: number }
    /** From the body's origin (its hinge) upwards by `lengthM` at angle 0. */
    | { readonly kind: "rod"; readonly lengthM: number; readonly radiusM: number };
}
