import { addBias } from "./dense";
import { madd, splat } from "./lanes";
import { sparseProduct } from "./sparse-product";
import { transpose, transpose4 } from "./transpose";

// Matrix products in float32, row-major, on a 4 x 8 register tile (8 accumulators of 4 lanes).
//
// The right-hand matrix is packed into panels of 8 columns, so that the inner loop reads it in one stream whatever
// its stride or transposition; the left-hand one is read in place, whatever the distances between neighbouring rows and
// neighbouring k, unless its rows lie badly for the cache.

/** Right-hand side [K, N] (row stride ldb) into [ceil(N/8)][K][8], zero-padded. */
export function packRows(b: usize, ldb: i32, k: i32, n: i32, out: usize): void {
  const stride = <usize>ldb << 2;
  for (let j = 0; j < n; j += 8) {
    const width = min(8, n - j);
    let source = b + (<usize>j << 2);
    if (width == 8) {
      for (let p = 0; p < k; p++) {
        v128.store(out, v128.load(source));
        v128.store(out, v128.load(source, 16), 16);
        out += 32;
        source += stride;
      }
    } else {
      for (let p = 0; p < k; p++) {
        v128.store(out, i32x4.splat(0));
        v128.store(out, i32x4.splat(0), 16);
        for (let c = 0; c < width; c++) {
          f32.store(out + (<usize>c << 2), f32.load(source + (<usize>c << 2)));
        }
        out += 32;
        source += stride;
      }
    }
  }
}

/** The transpose of [N, K] (row stride ldb) into [ceil(N/8)][K][8], zero-padded. */
function packColumns(b: usize, ldb: i32, k: i32, n: i32, out: usize): void {
  const stride = <usize>ldb << 2;
  for (let j = 0; j < n; j += 8) {
    const width = min(8, n - j);
    const first = b + <usize>j * stride;
    if (width == 8) {
      let p = 0;
      for (; p + 4 <= k; p += 4) {
        transpose4(first + (<usize>p << 2), stride, out, 32);
        transpose4(first + (stride << 2) + (<usize>p << 2), stride, out + 16, 32);
        out += 128;
      }
      for (; p < k; p++) {
        for (let c = 0; c < 8; c++) {
          f32.store(out + (<usize>c << 2), f32.load(first + <usize>c * stride + (<usize>p << 2)));
        }
        out += 32;
      }
    } else {
      for (let p = 0; p < k; p++) {
        v128.store(out, i32x4.splat(0));
        v128.store(out, i32x4.splat(0), 16);
        for (let c = 0; c < width; c++) {
          f32.store(out + (<usize>c << 2), f32.load(first + <usize>c * stride + (<usize>p << 2)));
        }
        out += 32;
      }
    }
  }
}

// @ts-ignore: decorator
@inline
export function storeTile(c: usize, low: v128, high: v128, width: i32, accumulate: bool): void {
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
 * C tile [4, 8]. One k a turn, written as it is to be run: V8 hoists every load of a longer body and spills the
 * accumulators, which costs a third of the speed. Loads that spread a number leave the arithmetic pipes alone, where
 * shuffles would stand in the way of the products. `bias` (0: none) is added to every row, then comes the ReLU, if wanted.
 */
function tile(a: usize, rowStride: usize, kStride: usize, b: usize, k: i32, c: usize, ldc: usize, width: i32, accumulate: bool, bias: usize, relu: bool): void {
  let a1 = a + rowStride;
  let a2 = a1 + rowStride;
  let a3 = a2 + rowStride;
  let c00 = i32x4.splat(0);
  let c01 = i32x4.splat(0);
  let c10 = i32x4.splat(0);
  let c11 = i32x4.splat(0);
  let c20 = i32x4.splat(0);
  let c21 = i32x4.splat(0);
  let c30 = i32x4.splat(0);
  let c31 = i32x4.splat(0);
  const end = b + (<usize>k << 5);
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
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
    b += 32;
    a += kStride;
    a1 += kStride;
    a2 += kStride;
    a3 += kStride;
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
  storeTile(c, c00, c01, width, accumulate);
  storeTile(c + ldc, c10, c11, width, accumulate);
  storeTile(c + ldc * 2, c20, c21, width, accumulate);
  storeTile(c + ldc * 3, c30, c31, width, accumulate);
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

/** One row times an unpacked [K, N]: 32 columns at a time, so that a single action never pays for packing. */
function rowTimesMatrix(a: usize, b: usize, n: i32, k: i32, c: usize, accumulate: bool): void {
  const stride = <usize>n << 2;
  let j = 0;
  for (; j + 32 <= n; j += 32) {
    let source = b + (<usize>j << 2);
    const out = c + (<usize>j << 2);
    let s0 = i32x4.splat(0);
    let s1 = i32x4.splat(0);
    let s2 = i32x4.splat(0);
    let s3 = i32x4.splat(0);
    let s4 = i32x4.splat(0);
    let s5 = i32x4.splat(0);
    let s6 = i32x4.splat(0);
    let s7 = i32x4.splat(0);
    if (accumulate) {
      s0 = v128.load(out);
      s1 = v128.load(out, 16);
      s2 = v128.load(out, 32);
      s3 = v128.load(out, 48);
      s4 = v128.load(out, 64);
      s5 = v128.load(out, 80);
      s6 = v128.load(out, 96);
      s7 = v128.load(out, 112);
    }
    for (let p = 0; p < k; p++) {
      const x = v128.load32_splat(a + (<usize>p << 2));
      s0 = madd(x, v128.load(source), s0);
      s1 = madd(x, v128.load(source, 16), s1);
      s2 = madd(x, v128.load(source, 32), s2);
      s3 = madd(x, v128.load(source, 48), s3);
      s4 = madd(x, v128.load(source, 64), s4);
      s5 = madd(x, v128.load(source, 80), s5);
      s6 = madd(x, v128.load(source, 96), s6);
      s7 = madd(x, v128.load(source, 112), s7);
      source += stride;
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
    v128.store(out, s4, 64);
    v128.store(out, s5, 80);
    v128.store(out, s6, 96);
    v128.store(out, s7, 112);
  }
  // With the tiles' own multiply-add, so that a row's result does not depend on how many rows come with it.
  for (; j < n; j++) {
    let sum = accumulate ? v128.load32_zero(c + (<usize>j << 2)) : i32x4.splat(0);
    let source = b + (<usize>j << 2);
    for (let p = 0; p < k; p++) {
      sum = madd(v128.load32_zero(a + (<usize>p << 2)), v128.load32_zero(source), sum);
      source += stride;
    }
    f32.store(c + (<usize>j << 2), f32x4.extract_lane(sum, 0));
  }
}

function multiply(a: usize, rowStride: usize, kStride: usize, panels: usize, c: usize, m: i32, n: i32, k: i32, accumulate: bool, bias: usize, relu: bool): void {
  const ldc = <usize>n << 2;
  const panelBytes = <usize>k << 5;
  // The last tile reaches back over rows already done, which is cheaper than row by row, unless they would be added twice.
  const tiled = accumulate || m < 4 ? m & ~3 : m;
  for (let j = 0; j < n; j += 8) {
    const width = n - j;
    const column = c + (<usize>j << 2);
    let i = 0;
    for (; i < tiled; i += 4) {
      const r = <usize>min(i, m - 4);
      const corner = column + r * ldc;
      tile(a + r * rowStride, rowStride, kStride, panels, k, corner, ldc, width, accumulate, bias, relu);
    }
    for (; i < m; i++) {
      tileOne(a + <usize>i * rowStride, kStride, panels, k, column + <usize>i * ldc, width, accumulate);
    }
    panels += panelBytes;
    if (bias) bias += 32;
  }
}

/** The scalar product of every row of A[M, K] with a vector of K. */
function rowsTimesVector(a: usize, b: usize, m: i32, k: i32, c: usize, accumulate: bool): void {
  for (let i = 0; i < m; i++) {
    let s0 = splat(0);
    let s1 = splat(0);
    let p = 0;
    for (; p + 8 <= k; p += 8) {
      const at = <usize>p << 2;
      s0 = madd(v128.load(a + at), v128.load(b + at), s0);
      s1 = madd(v128.load(a + at, 16), v128.load(b + at, 16), s1);
    }
    s0 = f32x4.add(s0, s1);
    let sum = f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1) + (f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3));
    for (; p < k; p++) sum += f32.load(a + (<usize>p << 2)) * f32.load(b + (<usize>p << 2));
    f32.store(c, accumulate ? f32.load(c) + sum : sum);
    a += <usize>k << 2;
    c += 4;
  }
}

/** C[M, N] (+)= A[M, K] B[K, N]. `scratch` holds ceil(N/8) * 8 * K floats. */
export function matmul(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: bool, scratch: usize): void {
  product(a, b, c, m, n, k, accumulate, 0, false, scratch);
}

/** A dense layer: Y[M, N] = X[M, K] W[K, N] + bias[N], then max(0, .) if `relu`. `scratch` as for `matmul`. */
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

/** Four columns of [K, M] side by side, [M/4][K][4]; M a multiple of four. */
function packLeft(a: usize, m: i32, k: i32, out: usize): void {
  const stride = <usize>m << 2;
  for (let i = 0; i < m; i += 4) {
    let source = a + (<usize>i << 2);
    for (let p = 0; p < k; p++) {
      v128.store(out, v128.load(source));
      out += 16;
      source += stride;
    }
  }
}

/**
 * C[M, N] (+)= A^T B with A[K, M], B[K, N]: weight gradients. `scratch` holds (ceil(N/8) * 8 + M) * K floats: a wide A is
 * packed too, because its rows lie a power of two apart and fall into the same few cache lines.
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
    for (let j = 0; j < n; j += 8) {
      for (let i = 0; i < m; i += 4) {
        const corner = c + <usize>i * ldc + (<usize>j << 2);
        tile(left + (<usize>(i * k) << 2), 4, 16, scratch + (<usize>(j * k) << 2), k, corner, ldc, n - j, accumulate, 0, false);
      }
    }
    return;
  }
  multiply(a, 4, <usize>m << 2, scratch, c, m, n, k, accumulate, 0, false);
}

/** C[M, N] (+)= A B^T with A[M, K], B[N, K]: input gradients. `scratch` holds ceil(N/8) * 8 * K floats. */
export function matmulTransposedRight(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: bool, scratch: usize): void {
  if (k == 1) {
    for (let i = 0; i < m; i++) rowTimesMatrix(a + (<usize>i << 2), b, n, 1, c + (<usize>(i * n) << 2), accumulate);
    return;
  }
  if (!accumulate && sparseProduct(a, b, true, c, m, n, k, scratch)) return;
  packColumns(b, k, k, n, scratch);
  multiply(a, <usize>k << 2, 4, scratch, c, m, n, k, accumulate, 0, false);
}
