/** In the order of kernels/assembly/surrogate.ts, where the formulas stand. */
export const surrogateShapes = [
  "rectangle",
  "triangle",
  "sigmoid",
  "fast-sigmoid",
  "arctangent",
  "gaussian",
  "piecewise-exponential",
] as const;

/** The derivative that stands for that of a spike. */
export interface Surrogate {
  readonly shape: (typeof surrogateShapes)[number];
  /** In the unit of the membrane. */
  readonly width: number;
  /** Value at the threshold. */
  readonly height: number;
}
