/**
 * A = L L^T of a small symmetric positive definite matrix, in place: the lower triangle of `a` becomes L.
 *
 * @param a [>= n * stride], row-major; only its lower triangle is read
 * @returns false where a pivot is not positive (or not a number): `a` is not positive definite
 */
export function factorCholesky(a: Float64Array, n: number, stride: number): boolean {
  for (let j = 0; j < n; j++) {
    const rowJ = j * stride;
    let pivot = a[rowJ + j]!;
    for (let k = 0; k < j; k++) pivot -= a[rowJ + k]! * a[rowJ + k]!;
    if (!(pivot > 0)) return false;
    const diagonal = Math.sqrt(pivot);
    a[rowJ + j] = diagonal;
    for (let i = j + 1; i < n; i++) {
      const rowI = i * stride;
      let sum = a[rowI + j]!;
      for (let k = 0; k < j; k++) sum -= a[rowI + k]! * a[rowJ + k]!;
      a[rowI + j] = sum / diagonal;
    }
  }
  return true;
}

/** Solves L L^T x = b in place of `b` [n], with the factor that `factorCholesky` left. */
export function solveCholesky(l: Float64Array, n: number, stride: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= l[i * stride + k]! * b[k]!;
    b[i] = sum / l[i * stride + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let k = i + 1; k < n; k++) sum -= l[k * stride + i]! * b[k]!;
    b[i] = sum / l[i * stride + i]!;
  }
}
