import { constant, splat } from "./lanes";

const LOG2_E: f32 = 1.44269504088896341;
// ln 2 in two parts: the first has enough trailing zeros for n * LN2_HIGH to be exact.
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;

const ONE = memory.data<f32>([1]);
const C2 = memory.data<f32>([5.0000001201e-1]);
const C3 = memory.data<f32>([1.6666665459e-1]);
const C4 = memory.data<f32>([4.1665795894e-2]);
const C5 = memory.data<f32>([8.3334519073e-3]);
const C6 = memory.data<f32>([1.3981999507e-3]);
const C7 = memory.data<f32>([1.9875691500e-4]);

/**
 * e^r - 1 for |r| <= ln(2)/2: a polynomial of degree 7 (Cephes' coefficients, Moshier 1989), its halves side by side (Estrin)
 * because what calls it waits for it.
 */
// @ts-ignore: decorator
@inline
function polynomial(r: v128): v128 {
  const r2 = f32x4.mul(r, r);
  const low = f32x4.add(f32x4.mul(constant(C3), r), constant(C2));
  const middle = f32x4.add(f32x4.mul(constant(C5), r), constant(C4));
  const high = f32x4.add(f32x4.mul(constant(C7), r), constant(C6));
  const p = f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(high, r2), middle), r2), low);
  return f32x4.add(f32x4.mul(p, r2), r);
}

/**
 * e^x on four lanes, relative error below 2e-7 wherever the result is a normal float32.
 *
 * x = n ln 2 + r with |r| <= ln(2)/2; a polynomial gives e^r; 2^n is
 * put together from exponent bits in two halves so that neither overflows early. Above 88.73: infinity; below -87.33:
 * zero (subnormals are flushed); NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, splat(LOG2_E)));
  let r = f32x4.sub(x, f32x4.mul(n, splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, splat(LN2_LOW)));
  const p = f32x4.add(polynomial(r), constant(ONE));
  const k = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(k, 1);
  const rest = i32x4.sub(k, half);
  const bias = i32x4.splat(127);
  const y = f32x4.mul(
    f32x4.mul(p, i32x4.shl(i32x4.add(half, bias), 23)),
    i32x4.shl(i32x4.add(rest, bias), 23),
  );
  // NaN fails both comparisons and so keeps y, which is NaN through p.
  const low = f32x4.lt(x, splat(-87.3365448));
  const high = f32x4.gt(x, splat(88.7228394));
  return v128.bitselect(splat(0), v128.bitselect(splat(f32.MAX_VALUE * 2), y, high), low);
}

// 1.5 * 2^23: adding it leaves the nearest integer in the low bits of the float.
const AT_ROUNDING = memory.data<f32>([12582912]);
const AT_LN2_LOW = memory.data<f32>([-2.12194440e-4]);
const HIGHEST = memory.data<f32>([87]);
const AT_MINUS_LOG2_E = memory.data<f32>([-1.44269504088896341]);
const AT_MINUS_LN2_HIGH = memory.data<f32>([-0.693359375]);

/**
 * 1 - e^-x for x >= 0 (NaN stays NaN), relative error below 2e-7: the share of a distance that a relaxation covers in x time
 * constants. With e^-x = s (1 + q) it is (1 - s) - s q, where s, a power of two, is 1 for small x.
 */
// @ts-ignore: decorator
@inline
export function covered4(x: v128): v128 {
  // e^-x by the steps of `exp4` for a bounded x; each product takes its sign from a constant.
  x = f32x4.pmin(x, constant(HIGHEST));
  const shifted = f32x4.add(f32x4.mul(x, constant(AT_MINUS_LOG2_E)), constant(AT_ROUNDING));
  const n = f32x4.sub(shifted, constant(AT_ROUNDING));
  const r = f32x4.sub(f32x4.mul(n, constant(AT_MINUS_LN2_HIGH)), x);
  const q = polynomial(f32x4.sub(r, f32x4.mul(n, constant(AT_LN2_LOW))));
  const s = i32x4.add(constant(ONE), i32x4.shl(shifted, 23));
  return f32x4.sub(f32x4.sub(constant(ONE), s), f32x4.mul(s, q));
}

/** e^x of n floats (n a multiple of four), for tests and elementwise use. */
export function exp(x: usize, y: usize, n: i32): void {
  for (let i = 0; i < n; i += 4) {
    v128.store(y + (<usize>i << 2), exp4(v128.load(x + (<usize>i << 2))));
  }
}

/** 1 - e^-x of n floats by `covered4`. */
export function covered(x: usize, y: usize, n: i32): void {
  for (let i = 0; i < n; i += 4) {
    v128.store(y + (<usize>i << 2), covered4(v128.load(x + (<usize>i << 2))));
  }
}
