import { madd, splat } from "./lanes";
import { transpose4 } from "./transpose";

// Matrix products that skip the zeros of the left-hand side: spike counts, activations behind a ReLU, gradients that a
// ReLU has masked.
//
// Of every row of A the numbers that are not zero are listed, each with the place of the row of B that it multiplies:
//
//   C[i, :] = sum over (k, a) in list(i) of a B[k, :]
//
// Columns of C are worked on in panels of six or seven vectors, whose sums stay in registers while a list is run through.
// Seven is the most: V8 loads all of a turn's numbers before it multiplies, and there are sixteen registers. The sum of
// every element takes the same terms in the same order as the dense product (gemm.ts), less those that are zero, so both
// give equal numbers for finite operands. (Zero times a weight that is infinite or not a number is not seen here, and a
// zero that came from underflow keeps its sign.)

/** Rows of B a list reaches over: a panel of them fills seven eighths of a first-level cache of 32 kB. */
const BLOCK = 256;
/** Bytes of a panel's row; panels of six vectors leave the last 16 unused. */
const PANEL_ROW: usize = 112;
/** Of a hundred numbers so many may be other than zero before the dense product is as fast. */
const MOST_PERCENT = 72;
/** Rows of A that must want a row of B on average before it is worth packing. */
const LEAST_USES = 4;

/** By the mask of lanes that are kept: the bytes that bring those to the front. */
const FRONT = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0,
  8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0,
  12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0,
  8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);

/** How many of n numbers are not zero. */
function countNonZero(a: usize, n: i32): i32 {
  const zero = splat(0);
  let negative = i32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    negative = i32x4.add(negative, f32x4.ne(v128.load(a), zero));
    a += 16;
  }
  let count = -(i32x4.extract_lane(negative, 0) + i32x4.extract_lane(negative, 1) + i32x4.extract_lane(negative, 2) + i32x4.extract_lane(negative, 3));
  for (; i < n; i++) {
    if (f32.load(a) != 0) count++;
    a += 4;
  }
  return count;
}

/** Panels of six or seven vectors that n columns come to. */
function panelsOf(n: i32): i32 {
  return ((n >> 2) + 6) / 7;
}

/**
 * The lists of m rows of k numbers. A row's values begin `k` floats after those of the row before it, their places stand
 * `distance` bytes behind; `ends` gets the address behind each row's last value. A place is k times `step`.
 */
function list(a: usize, rowStride: usize, m: i32, k: i32, step: i32, values: usize, distance: usize, ends: usize): void {
  const zero = splat(0);
  const four = i32x4.splat(4 * step);
  const firstFour = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(step));
  for (let i = 0; i < m; i++) {
    let at = values + (<usize>(i * k) << 2);
    let places = firstFour;
    let p = 0;
    for (; p + 4 <= k; p += 4) {
      const x = v128.load(a + (<usize>p << 2));
      const mask = i32x4.bitmask(f32x4.ne(x, zero));
      const front = v128.load(FRONT + (<usize>mask << 4));
      v128.store(at, i8x16.swizzle(x, front));
      v128.store(at + distance, i8x16.swizzle(places, front));
      at += <usize>popcnt(mask) << 2;
      places = i32x4.add(places, four);
    }
    for (; p < k; p++) {
      const x = f32.load(a + (<usize>p << 2));
      f32.store(at, x);
      i32.store(at + distance, p * step);
      at += x != 0 ? 4 : 0;
    }
    i32.store(ends, <i32>at);
    ends += 4;
    a += rowStride;
  }
}

/** Six or seven vectors of one row of C. `resume`: the sum goes on from what C holds. */
// @ts-ignore: decorator
@inline
function rowTimesPanel(at: usize, end: usize, distance: usize, b: usize, c: usize, seven: bool, resume: bool): void {
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  if (resume) {
    s0 = v128.load(c);
    s1 = v128.load(c, 16);
    s2 = v128.load(c, 32);
    s3 = v128.load(c, 48);
    s4 = v128.load(c, 64);
    s5 = v128.load(c, 80);
    if (seven) s6 = v128.load(c, 96);
  }
  while (at < end) {
    const x = v128.load32_splat(at);
    const row = b + <usize>load<u32>(at + distance);
    s0 = madd(x, v128.load(row), s0);
    s1 = madd(x, v128.load(row, 16), s1);
    s2 = madd(x, v128.load(row, 32), s2);
    s3 = madd(x, v128.load(row, 48), s3);
    s4 = madd(x, v128.load(row, 64), s4);
    s5 = madd(x, v128.load(row, 80), s5);
    if (seven) s6 = madd(x, v128.load(row, 96), s6);
    at += 4;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  v128.store(c, s4, 64);
  v128.store(c, s5, 80);
  if (seven) v128.store(c, s6, 96);
}

/** Six or seven vectors of all m rows of C. Two loops, so that the compiler knows how many sums there are. */
function rowsTimesPanel(values: usize, distance: usize, ends: usize, m: i32, k: i32, b: usize, c: usize, ldc: usize, seven: bool, resume: bool): void {
  const stride = <usize>k << 2;
  for (let i = 0; i < m; i++) {
    const end = <usize>load<u32>(ends);
    if (seven) rowTimesPanel(values, end, distance, b, c, true, resume);
    else rowTimesPanel(values, end, distance, b, c, false, resume);
    values += stride;
    ends += 4;
    c += ldc;
  }
}

/** Columns [j, j + 4 vectors) of B [k, n] as rows of a panel. */
function packPanel(b: usize, n: i32, k: i32, vectors: i32, out: usize): void {
  const stride = <usize>n << 2;
  for (let p = 0; p < k; p++) {
    for (let v: usize = 0; v < <usize>vectors << 4; v += 16) v128.store(out + v, v128.load(b + v));
    out += PANEL_ROW;
    b += stride;
  }
}

/** The same of the transpose of B [n, k] with rows `ldb` floats apart; k a multiple of four. */
function packPanelTransposed(b: usize, ldb: i32, k: i32, vectors: i32, out: usize): void {
  const stride = <usize>ldb << 2;
  for (let v = 0; v < vectors; v++) {
    for (let p = 0; p < k; p += 4) {
      transpose4(b + (<usize>p << 2), stride, out + <usize>p * PANEL_ROW, PANEL_ROW);
    }
    b += stride << 2;
    out += 16;
  }
}

/**
 * C[m, n] = A[m, k] B with B[k, n], or B^T with B[n, k] if `transposed`, where A has zeros enough for that to be faster; if
 * not, false and nothing is done. Depends on nothing but the shapes and the number of zeros. `scratch` holds
 * 2 m min(k, 256) + m + 28 min(k, 256) floats.
 */
export function sparseProduct(a: usize, b: usize, transposed: bool, c: usize, m: i32, n: i32, k: i32, scratch: usize): bool {
  const panels = panelsOf(n);
  if ((n & 3) != 0 || n < 24 * panels || (transposed && (k & 3) != 0)) return false;
  const nonZero = countNonZero(a, m * k);
  if (<i64>nonZero * 100 > <i64>m * k * MOST_PERCENT) return false;
  // Rows of B that hardly any row of A multiplies are read where they are.
  const packed = transposed || nonZero > LEAST_USES * k;
  const ldc = <usize>n << 2;
  for (let first = 0; first < k; first += BLOCK) {
    const block = min(BLOCK, k - first);
    const distance = <usize>(m * block) << 2;
    const ends = scratch + 2 * distance;
    const panel = ends + (<usize>m << 2);
    const rows = b + (<usize>first << 2) * <usize>(transposed ? 1 : n);
    list(a + (<usize>first << 2), <usize>k << 2, m, block, packed ? <i32>PANEL_ROW : <i32>ldc, scratch, distance, ends);
    let column: usize = 0;
    for (let j = 0; j < panels; j++) {
      // n / 4 = 7 sevens + 6 (panels - sevens)
      const seven = j < (n >> 2) - 6 * panels;
      const vectors = seven ? 7 : 6;
      if (transposed) packPanelTransposed(rows + column * <usize>k, k, block, vectors, panel);
      else if (packed) packPanel(rows + column, n, block, vectors, panel);
      rowsTimesPanel(scratch, distance, ends, m, block, packed ? panel : rows + column, c + column, ldc, seven, first > 0);
      column += <usize>vectors << 4;
    }
  }
  return true;
}
