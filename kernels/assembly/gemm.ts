import { addBias, sumRows } from "./dense";
import { madd, splat } from "./lanes";
import { packColumns, packLeft, packRows } from "./packing";
import { rowsTimesVector, rowTimesMatrix } from "./row-products";
import { sparseProduct } from "./sparse-product";
import { transpose } from "./transpose";

// Matrix products in float32, row-major, on a 4 x 8 register tile (8 accumulators of 4 lanes).
//
// The right-hand matrix is packed into panels of 8 columns, so that the inner loop reads it in one stream whatever
// its stride or transposition; the left-hand one is read in place, whatever the distances between neighbouring rows and
// neighbouring k, unless its rows lie badly for the cache.

const ONE = memory.data<f32>([1]);

// @ts-ignore: decorator
@inline
function storeTile(c: usize, low: v128, high: v128, width: i32, accumulate: bool): void {
  if (width >= 8) {
    if (accumulate) {
      low = f32x4.add(low, v128.load(c));
      high = f32x4.add(high, v128.load(c, 16));
    }
    v128.store(c, low);
    v128.store(c, high, 16);
    return;
  }
  storeLane(c, f32x4.extract_lane(low, 0), accumulate);
  if (width > 1) storeLane(c + 4, f32x4.extract_lane(low, 1), accumulate);
  if (width > 2) storeLane(c + 8, f32x4.extract_lane(low, 2), accumulate);
  if (width > 3) storeLane(c + 12, f32x4.extract_lane(low, 3), accumulate);
  if (width > 4) storeLane(c + 16, f32x4.extract_lane(high, 0), accumulate);
  if (width > 5) storeLane(c + 20, f32x4.extract_lane(high, 1), accumulate);
  if (width > 6) storeLane(c + 24, f32x4.extract_lane(high, 2), accumulate);
}

// @ts-ignore: decorator
@inline
function storeLane(c: usize, x: f32, accumulate: bool): void {
  f32.store(c, accumulate ? f32.load(c) + x : x);
}

/**
 * Rows [0, m) of a panel of eight columns of C, tile by tile; m at least 4. The last tile reaches back over rows already
 * done, which is cheaper than row by row. In a tile one k a turn, written as it is to be run: V8 hoists every load of a
 * longer body and spills the accumulators, which costs a third of the speed. Loads that spread a number leave the arithmetic
 * pipes alone, where shuffles would stand in the way of the products. `bias` (0: none) is added to every row, then comes the
 * ReLU, if wanted. `ones`: the last row of A is ones. `resume`: the sums go on from what C holds.
 */
// @ts-ignore: decorator
@inline
function strip(a: usize, rowStride: usize, kStride: usize, ones: bool, panel: usize, bStride: usize, m: i32, k: i32, c: usize, ldc: usize, width: i32, resume: bool, accumulate: bool, bias: usize, relu: bool): void {
  const end = panel + <usize>k * bStride;
  for (let i = 0; i < m; i += 4) {
    const r = <usize>min(i, m - 4);
    let a0 = a + r * rowStride;
    let a1 = a0 + rowStride;
    let a2 = a1 + rowStride;
    let a3 = a2 + rowStride;
    let lastStride = kStride;
    if (ones && i + 4 >= m) {
      a3 = ONE;
      lastStride = 0;
    }
    let b = panel;
    let c00 = i32x4.splat(0);
    let c01 = i32x4.splat(0);
    let c10 = i32x4.splat(0);
    let c11 = i32x4.splat(0);
    let c20 = i32x4.splat(0);
    let c21 = i32x4.splat(0);
    let c30 = i32x4.splat(0);
    let c31 = i32x4.splat(0);
    const corner = c + r * ldc;
    if (resume) {
      c00 = v128.load(corner);
      c01 = v128.load(corner, 16);
      c10 = v128.load(corner + ldc);
      c11 = v128.load(corner + ldc, 16);
      c20 = v128.load(corner + ldc * 2);
      c21 = v128.load(corner + ldc * 2, 16);
      c30 = v128.load(corner + ldc * 3);
      c31 = v128.load(corner + ldc * 3, 16);
    }
    while (b < end) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(a0);
      c00 = madd(x0, b0, c00);
      c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(a1);
      c10 = madd(x1, b0, c10);
      c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(a2);
      c20 = madd(x2, b0, c20);
      c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(a3);
      c30 = madd(x3, b0, c30);
      c31 = madd(x3, b1, c31);
      b += bStride;
      a0 += kStride;
      a1 += kStride;
      a2 += kStride;
      a3 += lastStride;
    }
    if (bias) {
      const low = v128.load(bias);
      const high = v128.load(bias, 16);
      c00 = f32x4.add(c00, low);
      c01 = f32x4.add(c01, high);
      c10 = f32x4.add(c10, low);
      c11 = f32x4.add(c11, high);
      c20 = f32x4.add(c20, low);
      c21 = f32x4.add(c21, high);
      c30 = f32x4.add(c30, low);
      c31 = f32x4.add(c31, high);
    }
    if (relu) {
      const zero = splat(0);
      c00 = f32x4.max(c00, zero);
      c01 = f32x4.max(c01, zero);
      c10 = f32x4.max(c10, zero);
      c11 = f32x4.max(c11, zero);
      c20 = f32x4.max(c20, zero);
      c21 = f32x4.max(c21, zero);
      c30 = f32x4.max(c30, zero);
      c31 = f32x4.max(c31, zero);
    }
    storeTile(corner, c00, c01, width, accumulate);
    storeTile(corner + ldc, c10, c11, width, accumulate);
    storeTile(corner + ldc * 2, c20, c21, width, accumulate);
    storeTile(corner + ldc * 3, c30, c31, width, accumulate);
  }
}

/** A strip of a packed panel. */
function packedStrip(a: usize, rowStride: usize, kStride: usize, panel: usize, m: i32, k: i32, c: usize, ldc: usize, width: i32, accumulate: bool, bias: usize, relu: bool): void {
  strip(a, rowStride, kStride, false, panel, 32, m, k, c, ldc, width, false, accumulate, bias, relu);
}

/** A strip of A^T B and below it the sums of B's columns, with B [k, n] where it lies. */
function gradientStrip(a: usize, m: i32, b: usize, n: i32, k: i32, c: usize, resume: bool): void {
  const row = <usize>n << 2;
  strip(a, 4, <usize>m << 2, true, b, row, m + 1, k, c, row, 8, resume, false, 0, false);
}

/** C tile [1, 8]: what is left below the last four rows. */
function tileOne(a: usize, kStride: usize, b: usize, k: i32, c: usize, width: i32, accumulate: bool): void {
  let low = i32x4.splat(0);
  let high = i32x4.splat(0);
  for (let p = k; p > 0; p--) {
    const x = v128.load32_splat(a);
    low = madd(x, v128.load(b), low);
    high = madd(x, v128.load(b, 16), high);
    b += 32;
    a += kStride;
  }
  storeTile(c, low, high, width, accumulate);
}

function multiply(a: usize, rowStride: usize, kStride: usize, panels: usize, c: usize, m: i32, n: i32, k: i32, accumulate: bool, bias: usize, relu: bool): void {
  const ldc = <usize>n << 2;
  const panelBytes = <usize>k << 5;
  // A tile that reaches back would add twice.
  const tiled = accumulate || m < 4 ? m & ~3 : m;
  for (let j = 0; j < n; j += 8) {
    const width = n - j;
    const column = c + (<usize>j << 2);
    if (tiled > 0) packedStrip(a, rowStride, kStride, panels, tiled, k, column, ldc, width, accumulate, bias, relu);
    for (let i = tiled; i < m; i++) {
      tileOne(a + <usize>i * rowStride, kStride, panels, k, column + <usize>i * ldc, width, accumulate);
    }
    panels += panelBytes;
    if (bias) bias += 32;
  }
}

/** C[M, N] (+)= A[M, K] B[K, N]. `scratch` holds ceil(N/8) * 8 * K floats. */
export function matmul(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: bool, scratch: usize): void {
  product(a, b, c, m, n, k, accumulate, 0, false, scratch);
}

/**
 * A dense layer: Y[M, N] = X[M, K] W[K, N] + bias[N], then max(0, .) if `relu`. `scratch` as for `matmul`, and for
 * `sparseProduct`.
 */
export function dense(x: usize, w: usize, bias: usize, y: usize, m: i32, n: i32, k: i32, relu: bool, scratch: usize): void {
  if (sparseProduct(x, w, false, y, m, n, k, scratch)) addBias(y, bias, m, n, relu);
  else product(x, w, y, m, n, k, false, bias, relu, scratch);
}

function product(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: bool, bias: usize, relu: bool, scratch: usize): void {
  if (n > 1 && m >= 4) {
    packRows(b, n, k, n, scratch);
    multiply(a, <usize>k << 2, 4, scratch, c, m, n, k, accumulate, bias, relu);
    return;
  }
  if (n == 1) rowsTimesVector(a, b, m, k, c, accumulate);
  else {
    for (let i = 0; i < m; i++) {
      rowTimesMatrix(a + (<usize>(i * k) << 2), b, n, k, c + (<usize>(i * n) << 2), accumulate);
    }
  }
  if (bias) addBias(c, bias, m, n, relu);
}

/**
 * C[M, N] (+)= A^T B with A[K, M], B[K, N]: weight gradients. `scratch` holds (ceil(N/8) * 8 + M) * K floats: a wide A is
 * packed too, because its rows lie a power of two apart and fall into the same few cache lines. Without `accumulate` also
 * M * K floats and what `sparseProduct` holds.
 */
export function matmulTransposedLeft(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: bool, scratch: usize): void {
  if (n == 1) {
    rowTimesMatrix(b, a, m, k, c, accumulate);
    return;
  }
  if (!accumulate && m >= 64 && ((m | k) & 3) == 0) {
    transpose(a, k, m, scratch);
    if (sparseProduct(scratch, b, false, c, m, n, k, scratch + (<usize>(m * k) << 2))) return;
  }
  packRows(b, n, k, n, scratch);
  if (m >= 64 && (m & 3) == 0) {
    const left = scratch + (<usize>((n + 7) & ~7) * <usize>k << 2);
    packLeft(a, m, k, left);
    const ldc = <usize>n << 2;
    // [M / 4][K][4]: four rows, 4 bytes apart, begin 4 K floats behind the four before them.
    for (let j = 0; j < n; j += 8) {
      for (let i = 0; i < m; i += 4) {
        const corner = c + <usize>i * ldc + (<usize>j << 2);
        packedStrip(left + (<usize>(i * k) << 2), 4, 16, scratch + (<usize>(j * k) << 2), 4, k, corner, ldc, n - j, accumulate, 0, false);
      }
    }
    return;
  }
  multiply(a, 4, <usize>m << 2, scratch, c, m, n, k, accumulate, 0, false);
}

/** C[M, N] (+)= A B^T with A[M, K], B[N, K]: input gradients. `scratch` as for `dense`. */
export function matmulTransposedRight(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: bool, scratch: usize): void {
  if (k == 1) {
    for (let i = 0; i < m; i++) rowTimesMatrix(a + (<usize>i << 2), b, n, 1, c + (<usize>(i * n) << 2), accumulate);
    return;
  }
  if (!accumulate && sparseProduct(a, b, true, c, m, n, k, scratch)) return;
  packColumns(b, k, k, n, scratch);
  multiply(a, <usize>k << 2, 4, scratch, c, m, n, k, accumulate, 0, false);
}

/** Rows of D that a first-level cache of 48 kB holds beside C, 128 columns wide. */
const BLOCK = 64;

/**
 * What a dense layer's loss wants of its weights [M, N] and, where the next array of a flat vector begins behind them, of
 * its bias [N]: X^T D and the sums of D's columns, with X[K, M] and D[K, N]. A tile of four rows that the weights do not
 * fill has room for the bias, as the row of an input that is always 1; D, which no more than a few tiles read, is then
 * read where it lies, a block of rows after the other. `scratch` as for `matmulTransposedLeft`.
 */
export function denseGradient(x: usize, d: usize, gradient: usize, m: i32, n: i32, k: i32, scratch: usize): void {
  const size = m * n;
  if (m < 3 || m >= 32 || (m & 3) == 0 || (n & 7) != 0) {
    matmulTransposedLeft(x, d, gradient, m, n, k, false, scratch);
    for (let i = size; (i & 3) != 0; i++) f32.store(gradient + (<usize>i << 2), 0);
    sumRows(d, k, n, gradient + (<usize>((size + 3) & ~3) << 2));
    return;
  }
  const row = <usize>n << 2;
  // A tile that reaches back over sums that are not finished would add to them twice.
  const block = (m & 3) == 3 ? BLOCK : k;
  for (let first = 0; first < k; first += block) {
    const rows = min(block, k - first);
    for (let column: usize = 0; column < row; column += 32) {
      gradientStrip(x + (<usize>(first * m) << 2), m, d + <usize>first * row + column, n, rows, gradient + column, first > 0);
    }
  }
}
