import { expBounded4 } from "./exp";
import { splat } from "./lanes";

// The rates of the gates of `hh` worked out, for voltages that the table of hh-gates.ts does not cover.

/** x / (e^x - 1) near zero. */
// @ts-ignore: decorator
@inline
function bernoulliSeries(x: v128): v128 {
  const x2 = f32x4.mul(x, x);
  let series = f32x4.add(f32x4.mul(x2, splat(1.0 / 30240)), splat(-1.0 / 720));
  series = f32x4.add(f32x4.mul(series, x2), splat(1.0 / 12));
  return f32x4.add(f32x4.sub(splat(1), f32x4.mul(x, splat(0.5))), f32x4.mul(series, x2));
}

/** Its derivative near zero. */
// @ts-ignore: decorator
@inline
function bernoulliSlopeSeries(x: v128): v128 {
  const x2 = f32x4.mul(x, x);
  let series = f32x4.add(f32x4.mul(x2, splat(1.0 / 5040)), splat(-1.0 / 180));
  series = f32x4.add(f32x4.mul(series, x2), splat(1.0 / 6));
  return f32x4.add(splat(-0.5), f32x4.mul(series, x));
}

/**
 * Limits and rates alpha + beta of m, h, n at V, to `to` (16 bytes each, limits first), and with `slopes` the derivatives
 * of both by V to `to + 96`.
 *
 * From two exponentials: with e = exp(-(V + 65) / 20), the one over 10 is e^2 and the one over 80 is the fourth root of e
 * (roots halve the relative error, powers double it, so the middle one is the one to compute). One division stands where
 * three would: 1/a = (b c) / (a b c). The voltage the rates see is held between -225 and 335 mV, far outside of where
 * the gates move, so that no such product overflows.
 */
export function rates(v: v128, to: usize, slopes: bool): void {
  const u = f32x4.pmin(f32x4.pmax(f32x4.add(v, splat(65)), splat(-160)), splat(400));
  const e20 = expBounded4(f32x4.mul(u, splat(-1.0 / 20)));
  const e18 = expBounded4(f32x4.mul(u, splat(-1.0 / 18)));
  const e10 = f32x4.mul(e20, e20);
  const e80 = f32x4.sqrt(f32x4.sqrt(e20));
  const xM = f32x4.mul(f32x4.sub(u, splat(25)), splat(-0.1));
  const xN = f32x4.mul(f32x4.sub(u, splat(10)), splat(-0.1));
  const nearM = f32x4.lt(f32x4.abs(xM), splat(0.5));
  const nearN = f32x4.lt(f32x4.abs(xN), splat(0.5));
  const eM = f32x4.mul(e10, splat(12.182493960703473)); // e^2.5: -(V + 40)/10 = -(V + 65)/10 + 2.5
  const eN = f32x4.mul(e10, splat(2.718281828459045)); // e^1: -(V + 55)/10 = -(V + 65)/10 + 1
  const dM = v128.bitselect(splat(1), f32x4.sub(eM, splat(1)), nearM);
  const dN = v128.bitselect(splat(1), f32x4.sub(eN, splat(1)), nearN);
  const dH = f32x4.add(splat(1), f32x4.mul(e10, splat(20.085536923187668))); // e^3
  const dMN = f32x4.mul(dM, dN);
  const r = f32x4.div(splat(1), f32x4.mul(dMN, dH));
  const rH = f32x4.mul(r, dH);
  const rM = f32x4.mul(rH, dN);
  const rN = f32x4.mul(rH, dM);
  const farM = f32x4.mul(xM, rM);
  const farN = f32x4.mul(xN, rN);
  const aM = v128.bitselect(bernoulliSeries(xM), farM, nearM);
  const aN = f32x4.mul(splat(0.1), v128.bitselect(bernoulliSeries(xN), farN, nearN));
  const aH = f32x4.mul(splat(0.07), e20);
  const bM = f32x4.mul(splat(4), e18);
  const bH = f32x4.mul(r, dMN);
  const bN = f32x4.mul(splat(0.125), e80);
  const sM = f32x4.add(aM, bM);
  const sH = f32x4.add(aH, bH);
  const sN = f32x4.add(aN, bN);
  const sMH = f32x4.mul(sM, sH);
  const q = f32x4.div(splat(1), f32x4.mul(sMH, sN));
  const qN = f32x4.mul(q, sN);
  const iM = f32x4.mul(qN, sH);
  const iH = f32x4.mul(qN, sM);
  const iN = f32x4.mul(q, sMH);
  // A product that stands for a quotient may round to just above one; a gate may not.
  const restM = f32x4.pmin(f32x4.mul(aM, iM), splat(1));
  const restH = f32x4.pmin(f32x4.mul(aH, iH), splat(1));
  const restN = f32x4.pmin(f32x4.mul(aN, iN), splat(1));
  v128.store(to, restM);
  v128.store(to, restH, 16);
  v128.store(to, restN, 32);
  v128.store(to, sM, 48);
  v128.store(to, sH, 64);
  v128.store(to, sN, 80);
  if (!slopes) return;
  // d/dx of x / (e^x - 1) = (1 - b e^x) / (e^x - 1), b being its value.
  const awayM = f32x4.mul(f32x4.sub(splat(1), f32x4.mul(farM, eM)), rM);
  const awayN = f32x4.mul(f32x4.sub(splat(1), f32x4.mul(farN, eN)), rN);
  const aM1 = f32x4.mul(splat(-0.1), v128.bitselect(bernoulliSlopeSeries(xM), awayM, nearM));
  const aN1 = f32x4.mul(splat(-0.01), v128.bitselect(bernoulliSlopeSeries(xN), awayN, nearN));
  const aH1 = f32x4.mul(splat(-1.0 / 20), aH);
  const sM1 = f32x4.add(aM1, f32x4.mul(splat(-1.0 / 18), bM));
  const sH1 = f32x4.add(aH1, f32x4.mul(splat(0.1), f32x4.mul(bH, f32x4.sub(splat(1), bH))));
  const sN1 = f32x4.add(aN1, f32x4.mul(splat(-1.0 / 80), bN));
  v128.store(to, f32x4.mul(f32x4.sub(aM1, f32x4.mul(restM, sM1)), iM), 96);
  v128.store(to, f32x4.mul(f32x4.sub(aH1, f32x4.mul(restH, sH1)), iH), 112);
  v128.store(to, f32x4.mul(f32x4.sub(aN1, f32x4.mul(restN, sN1)), iN), 128);
  v128.store(to, sM1, 144);
  v128.store(to, sH1, 160);
  v128.store(to, sN1, 176);
}
