import { SpikegymError } from "../../core/errors.ts";
import type { LinearModel } from "./linearise.ts";

const MAX_ITERATIONS = 20_000;
const TOLERANCE = 1e-11;

/**
 * The gain of the linear-quadratic regulator u = -K s that minimises sum of s^T Q s + R u^2, by iterating the discrete
 * Riccati equation to its fixed point:
 *
 *     K = (R + B^T P B)^-1 B^T P A,      P <- Q + A^T P (A - B K)
 *
 * @param q [n] the diagonal of Q
 * @param r R > 0
 * @returns K [n]
 * @throws SpikegymError where it does not converge (a model that no push can hold)
 */
export function solveRiccati({ n, a, b }: LinearModel, q: ArrayLike<number>, r: number): Float64Array {
  let p = new Float64Array(n * n);
  for (let i = 0; i < n; i++) p[i * n + i] = q[i]!;
  const gain = new Float64Array(n);
  const closed = new Float64Array(n * n);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const pb = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) pb[i] = pb[i]! + p[i * n + k]! * b[k]!;
    let weight = r;
    for (let i = 0; i < n; i++) weight += b[i]! * pb[i]!;
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += pb[k]! * a[k * n + j]!;
      gain[j] = sum / weight;
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) closed[i * n + j] = a[i * n + j]! - b[i]! * gain[j]!;
    }
    const next = multiply(n, transpose(n, a), multiply(n, p, closed));
    let change = 0;
    let size = 0;
    for (let i = 0; i < n; i++) next[i * n + i] = next[i * n + i]! + q[i]!;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        // Roundings would tilt it; P is symmetric.
        const mean = (next[i * n + j]! + next[j * n + i]!) / 2;
        next[i * n + j] = mean;
        next[j * n + i] = mean;
      }
    }
    for (let i = 0; i < n * n; i++) {
      change = Math.max(change, Math.abs(next[i]! - p[i]!));
      size = Math.max(size, Math.abs(next[i]!));
    }
    p = next;
    if (!Number.isFinite(size)) break;
    if (change <= TOLERANCE * size) return gain;
  }
  throw new SpikegymError(
    "solveRiccati: no fixed point; expected a system that its input can hold and a cost of everything unstable",
  );
}

function multiply(n: number, x: Float64Array, y: Float64Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const left = x[i * n + k]!;
      for (let j = 0; j < n; j++) out[i * n + j] = out[i * n + j]! + left * y[k * n + j]!;
    }
  }
  return out;
}

function transpose(n: number, x: Float64Array): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[j * n + i] = x[i * n + j]!;
  return out;
}
