import type { Rng } from "../core/rng.ts";

/** Xavier (Glorot & Bengio 2010) uniform: U(-a, a), a = gain sqrt(6 / (fanIn + fanOut)). */
export function fillXavier(out: Float32Array, fanIn: number, fanOut: number, rng: Rng, gain = 1): void {
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  rng.fillUniform(out, -bound, bound);
}

/** U(-a, a), a = gain / sqrt(fanIn): the default of PyTorch's linear and convolutional layers, for weights and biases. */
export function fillFanIn(out: Float32Array, fanIn: number, rng: Rng, gain = 1): void {
  const bound = gain / Math.sqrt(fanIn);
  rng.fillUniform(out, -bound, bound);
}
