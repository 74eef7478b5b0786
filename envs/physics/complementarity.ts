import { factorCholesky, solveCholesky } from "./cholesky.ts";

/** Stops a chain may have, two a limited joint. */
export const MAX_STOPS = 16;
const ROUNDING = 1e-12;

const factor = new Float64Array(MAX_STOPS * MAX_STOPS);
const reduced = new Float64Array(MAX_STOPS);

/**
 * The forces of stops that can only push: f >= 0, w = A f - b >= 0, f . w = 0, with A symmetric positive definite.
 *
 * The solution is unique; for the one or two stops that ever touch at once, trying the sets of pushing stops one by one
 * (all of them first) is exact and quicker than an iteration.
 *
 * @param a [count, stride] row-major, full
 * @param b [count]
 * @param f [count], the result
 * @returns false where no set fits (an input is not finite)
 */
export function solveComplementarity(
  a: Float64Array,
  b: Float64Array,
  f: Float64Array,
  count: number,
  stride: number,
): boolean {
  for (let set = (1 << count) - 1; set >= 0; set--) {
    if (!solveSet(a, b, count, stride, set)) return false;
    let k = 0;
    for (let i = 0; i < count; i++) f[i] = set & (1 << i) ? reduced[k++]! : 0;
    if (fits(a, b, f, count, stride, set)) return true;
  }
  return false;
}

function solveSet(a: Float64Array, b: Float64Array, count: number, stride: number, set: number): boolean {
  let n = 0;
  for (let i = 0; i < count; i++) {
    if (!(set & (1 << i))) continue;
    reduced[n] = b[i]!;
    let m = 0;
    for (let j = 0; j <= i; j++) {
      if (set & (1 << j)) factor[n * MAX_STOPS + m++] = a[i * stride + j]!;
    }
    n++;
  }
  if (!factorCholesky(factor, n, MAX_STOPS)) return false;
  solveCholesky(factor, n, MAX_STOPS, reduced);
  return true;
}

function fits(
  a: Float64Array,
  b: Float64Array,
  f: Float64Array,
  count: number,
  stride: number,
  set: number,
): boolean {
  for (let i = 0; i < count; i++) {
    if (set & (1 << i)) {
      if (!(f[i]! >= 0)) return false;
      continue;
    }
    let w = -b[i]!;
    for (let j = 0; j < count; j++) w += a[i * stride + j]! * f[j]!;
    // Rounding may leave a stop that just touches on the wrong side of 0 in every set.
    if (!(w >= -ROUNDING * Math.abs(b[i]!))) return false;
  }
  return true;
}
