import { exp4, expBounded4 } from "./exp";
import { groupStart, one, splat } from "./lanes";
import { surrogate } from "./surrogate";

// The biophysical Hodgkin-Huxley neuron, staggered exponential Euler (equations: neurons/hh.ts): in each substep the
// gates relax exactly at the present voltage, then the voltage relaxes exactly at the new gates.
//
// The current is I = gain x + offset (uA/cm2) for an input x of order one.
// State [4, rows, units]: V (mV), m, h, n. Every tick is `substeps` substeps of `dt` ms. A spike is an upward crossing
// of `threshold` in any substep. With `smooth` > 0 the output of a tick is sigmoid((V - threshold) / smooth) at its end
// instead (a synapse that releases with presynaptic voltage), whose gradient is exact.

const G_NA: f32 = 120;
const G_K: f32 = 36;
const G_L: f32 = 0.3;
const E_NA: f32 = 50;
const E_K: f32 = -77;
const E_L: f32 = -54.387;
export const V_REST: f32 = -65;
const M_REST: f32 = 0.052932485257;
const H_REST: f32 = 0.596120753508;
const N_REST: f32 = 0.317676914061;

/** What one substep works out; globals, because a kernel call is never re-entered and AssemblyScript returns one value. */
let alphaM: v128 = i32x4.splat(0);
let betaM: v128 = i32x4.splat(0);
let alphaH: v128 = i32x4.splat(0);
let betaH: v128 = i32x4.splat(0);
let alphaN: v128 = i32x4.splat(0);
let betaN: v128 = i32x4.splat(0);
let expM: v128 = i32x4.splat(0);
let expN: v128 = i32x4.splat(0);

/** x / (e^x - 1) given e = e^x: a series where the quotient would cancel. */
// @ts-ignore: decorator
@inline
function bernoulli(x: v128, e: v128): v128 {
  const quotient = f32x4.div(x, f32x4.sub(e, splat(1)));
  return v128.bitselect(bernoulliSeries(x), quotient, f32x4.lt(f32x4.abs(x), splat(0.5)));
}

/** d/dx of x / (e^x - 1), given e = e^x and the value b. */
// @ts-ignore: decorator
@inline
function bernoulliSlope(x: v128, e: v128, b: v128): v128 {
  const x2 = f32x4.mul(x, x);
  let series = f32x4.add(f32x4.mul(x2, splat(1.0 / 5040)), splat(-1.0 / 180));
  series = f32x4.add(f32x4.mul(series, x2), splat(1.0 / 6));
  series = f32x4.add(splat(-0.5), f32x4.mul(series, x));
  const quotient = f32x4.div(f32x4.sub(splat(1), f32x4.mul(b, e)), f32x4.sub(e, splat(1)));
  return v128.bitselect(series, quotient, f32x4.lt(f32x4.abs(x), splat(0.5)));
}

/**
 * The six rates at V from two exponentials: with e = exp(-(V + 65) / 20), the one over 10 is e^2 and the one over 80 is
 * the fourth root of e (roots halve the relative error, powers double it, so the middle one is the one to compute).
 */
// @ts-ignore: decorator
@inline
function rates(v: v128): void {
  const u = f32x4.pmax(f32x4.add(v, splat(65)), splat(-160));
  const e20 = expBounded4(f32x4.mul(u, splat(-1.0 / 20)));
  const e10 = f32x4.mul(e20, e20);
  const e80 = f32x4.sqrt(f32x4.sqrt(e20));
  expM = f32x4.mul(e10, splat(12.182493960703473)); // e^2.5: -(V + 40)/10 = -(V + 65)/10 + 2.5
  expN = f32x4.mul(e10, splat(2.718281828459045)); // e^1: -(V + 55)/10 = -(V + 65)/10 + 1
  alphaM = bernoulli(f32x4.mul(f32x4.add(v, splat(40)), splat(-0.1)), expM);
  betaM = f32x4.mul(splat(4), expBounded4(f32x4.mul(u, splat(-1.0 / 18))));
  alphaH = f32x4.mul(splat(0.07), e20);
  betaH = f32x4.div(splat(1), f32x4.add(splat(1), f32x4.mul(e10, splat(20.085536923187668)))); // e^3
  alphaN = f32x4.mul(splat(0.1), bernoulli(f32x4.mul(f32x4.add(v, splat(55)), splat(-0.1)), expN));
  betaN = f32x4.mul(splat(0.125), e80);
}

// @ts-ignore: decorator
@inline
function sodium(m: v128, h: v128): v128 {
  return f32x4.mul(splat(G_NA), f32x4.mul(f32x4.mul(f32x4.mul(m, m), m), h));
}

// @ts-ignore: decorator
@inline
function potassium(n: v128): v128 {
  const n2 = f32x4.mul(n, n);
  return f32x4.mul(splat(G_K), f32x4.mul(n2, n2));
}

// @ts-ignore: decorator
@inline
function relaxVoltage(v: v128, gNa: v128, gK: v128, current: v128, dt: v128): v128 {
  const total = f32x4.add(f32x4.add(gNa, gK), splat(G_L));
  const drive = f32x4.add(
    f32x4.add(f32x4.mul(gNa, splat(E_NA)), f32x4.mul(gK, splat(E_K))),
    f32x4.add(splat(G_L * E_L), current),
  );
  const rest = f32x4.div(drive, total);
  return f32x4.add(rest, f32x4.mul(f32x4.sub(v, rest), expBounded4(f32x4.neg(f32x4.mul(dt, total)))));
}

// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp4(f32x4.neg(x))));
}

/**
 * One substep of four neurons, state at `state` (V, m, h, n side by side), returned is one where V crossed `theta` upwards.
 *
 * The arithmetic of `rates`, written out without globals and with one division where three would stand:
 * 1/a = (b c) / (a b c). The voltage the rates see is held above -225 mV, far below where the gates have
 * shut for good, so that no such product overflows.
 */
// @ts-ignore: decorator
@inline
function substep(state: usize, input: v128, dt: v128, theta: v128): v128 {
  const v = v128.load(state);
  const u = f32x4.pmax(f32x4.add(v, splat(65)), splat(-160));
  const e20 = expBounded4(f32x4.mul(u, splat(-1.0 / 20)));
  const e18 = expBounded4(f32x4.mul(u, splat(-1.0 / 18)));
  const e10 = f32x4.mul(e20, e20);
  const e80 = f32x4.sqrt(f32x4.sqrt(e20));
  const xM = f32x4.mul(f32x4.sub(u, splat(25)), splat(-0.1));
  const xN = f32x4.mul(f32x4.sub(u, splat(10)), splat(-0.1));
  const nearM = f32x4.lt(f32x4.abs(xM), splat(0.5));
  const nearN = f32x4.lt(f32x4.abs(xN), splat(0.5));
  const dM = v128.bitselect(splat(1), f32x4.sub(f32x4.mul(e10, splat(12.182493960703473)), splat(1)), nearM);
  const dN = v128.bitselect(splat(1), f32x4.sub(f32x4.mul(e10, splat(2.718281828459045)), splat(1)), nearN);
  const dH = f32x4.add(splat(1), f32x4.mul(e10, splat(20.085536923187668)));
  const dMN = f32x4.mul(dM, dN);
  const r = f32x4.div(splat(1), f32x4.mul(dMN, dH));
  const rH = f32x4.mul(r, dH);
  const aM = v128.bitselect(bernoulliSeries(xM), f32x4.mul(xM, f32x4.mul(rH, dN)), nearM);
  const aN = f32x4.mul(splat(0.1), v128.bitselect(bernoulliSeries(xN), f32x4.mul(xN, f32x4.mul(rH, dM)), nearN));
  const bH = f32x4.mul(r, dMN);
  const aH = f32x4.mul(splat(0.07), e20);
  const sM = f32x4.add(aM, f32x4.mul(splat(4), e18));
  const sH = f32x4.add(aH, bH);
  const sN = f32x4.add(aN, f32x4.mul(splat(0.125), e80));
  const sMH = f32x4.mul(sM, sH);
  const q = f32x4.div(splat(1), f32x4.mul(sMH, sN));
  const qN = f32x4.mul(q, sN);
  const m = towards(v128.load(state, 16), f32x4.mul(aM, f32x4.mul(qN, sH)), sM, dt);
  const h = towards(v128.load(state, 32), f32x4.mul(aH, f32x4.mul(qN, sM)), sH, dt);
  const n = towards(v128.load(state, 48), f32x4.mul(aN, f32x4.mul(q, sMH)), sN, dt);
  const next = relaxVoltage(v, sodium(m, h), potassium(n), input, dt);
  v128.store(state, next);
  v128.store(state, m, 16);
  v128.store(state, h, 32);
  v128.store(state, n, 48);
  return one(v128.and(f32x4.le(v, theta), f32x4.gt(next, theta)));
}

/** x / (e^x - 1) near zero. */
// @ts-ignore: decorator
@inline
function bernoulliSeries(x: v128): v128 {
  const x2 = f32x4.mul(x, x);
  let series = f32x4.add(f32x4.mul(x2, splat(1.0 / 30240)), splat(-1.0 / 720));
  series = f32x4.add(f32x4.mul(series, x2), splat(1.0 / 12));
  return f32x4.add(f32x4.sub(splat(1), f32x4.mul(x, splat(0.5))), f32x4.mul(series, x2));
}

/**
 * A gate's exact relaxation towards `rest` at the rate `sum` over dt. The product that stands for a quotient may round to
 * just above one; a gate may not.
 */
// @ts-ignore: decorator
@inline
function towards(x: v128, rest: v128, sum: v128, dt: v128): v128 {
  rest = f32x4.pmin(rest, splat(1));
  return f32x4.add(rest, f32x4.mul(f32x4.sub(x, rest), expBounded4(f32x4.neg(f32x4.mul(dt, sum)))));
}

/**
 * out: spikes or synaptic release, mean [rows, units] or [ticks, rows, units]. states: [n, 4, rows, units] after each
 * tick (n = ticks), or after each substep where `everySubstep` (n = ticks x substeps), or 0. initial: [4, rows, units], or
 * 0 for the resting state. scratch: 96 bytes for every four units of a row.
 *
 * Time is the outer loop and the units of a row the inner one: a substep is one long chain of dependent operations, and
 * the processor overlaps the chains of neighbouring groups.
 */
export function hhForward(currents: usize, inputs: i32, repeat: i32, rows: i32, units: i32, substeps: i32, dtMs: f32, gain: f32, offset: f32, threshold: f32, smooth: f32, initial: usize, out: usize, mean: bool, states: usize, everySubstep: bool, scratch: usize): void {
  const slice = <usize>(rows * units) << 2;
  const share = splat(1 / <f32>(inputs * repeat));
  const dt = splat(dtMs);
  const theta = splat(threshold);
  const groups = (units + 3) >> 2;
  const totals = scratch + (<usize>groups << 6);
  const counts = totals + (<usize>groups << 4);
  for (let r = 0; r < rows; r++) {
    for (let g = 0; g < groups; g++) {
      const lane = <usize>(r * units + groupStart(g << 2, units)) << 2;
      const state = scratch + (<usize>g << 6);
      v128.store(state, initial ? v128.load(initial + lane) : splat(V_REST));
      v128.store(state, initial ? v128.load(initial + slice + lane) : splat(M_REST), 16);
      v128.store(state, initial ? v128.load(initial + slice * 2 + lane) : splat(H_REST), 32);
      v128.store(state, initial ? v128.load(initial + slice * 3 + lane) : splat(N_REST), 48);
      v128.store(totals + (<usize>g << 4), splat(0));
    }
    let kept = states;
    for (let i = 0; i < inputs; i++) {
      for (let k = 0; k < repeat; k++) {
        memory.fill(counts, 0, <usize>groups << 4);
        for (let q = 0; q < substeps; q++) {
          const keep = states != 0 && (everySubstep || q == substeps - 1);
          for (let g = 0; g < groups; g++) {
            const lane = <usize>(r * units + groupStart(g << 2, units)) << 2;
            const state = scratch + (<usize>g << 6);
            const current = v128.load(currents + lane + <usize>i * slice);
            const input = f32x4.add(f32x4.mul(splat(gain), current), splat(offset));
            const crossed = substep(state, input, dt, theta);
            const count = counts + (<usize>g << 4);
            v128.store(count, f32x4.add(v128.load(count), crossed));
            if (keep) {
              v128.store(kept + lane, v128.load(state));
              v128.store(kept + slice + lane, v128.load(state, 16));
              v128.store(kept + slice * 2 + lane, v128.load(state, 32));
              v128.store(kept + slice * 3 + lane, v128.load(state, 48));
            }
          }
          if (keep) kept += slice * 4;
        }
        for (let g = 0; g < groups; g++) {
          const lane = <usize>(r * units + groupStart(g << 2, units)) << 2;
          let s = v128.load(counts + (<usize>g << 4));
          if (smooth > 0) {
            s = sigmoid(f32x4.div(f32x4.sub(v128.load(scratch + (<usize>g << 6)), theta), splat(smooth)));
          }
          const total = totals + (<usize>g << 4);
          v128.store(total, f32x4.add(v128.load(total), s));
          if (!mean) v128.store(out + <usize>(i * repeat + k) * slice + lane, s);
        }
      }
    }
    if (mean) {
      for (let g = 0; g < groups; g++) {
        const lane = <usize>(r * units + groupStart(g << 2, units)) << 2;
        v128.store(out + lane, f32x4.mul(v128.load(totals + (<usize>g << 4)), share));
      }
    }
  }
}

/** Adjoint of a gate's relaxation in V: x' = rest + (x - rest) D with both rest and D functions of V through the rates. */
// @ts-ignore: decorator
@inline
function relaxSlope(x: v128, alpha: v128, beta: v128, alphaSlope: v128, betaSlope: v128, decay: v128, dt: v128): v128 {
  const sum = f32x4.add(alpha, beta);
  const sumSlope = f32x4.add(alphaSlope, betaSlope);
  const rest = f32x4.div(alpha, sum);
  const restSlope = f32x4.div(f32x4.sub(alphaSlope, f32x4.mul(rest, sumSlope)), sum);
  return f32x4.sub(
    f32x4.mul(restSlope, f32x4.sub(splat(1), decay)),
    f32x4.mul(f32x4.mul(f32x4.sub(x, rest), f32x4.mul(dt, sumSlope)), decay),
  );
}

/**
 * The gradient with respect to the currents. `history` is what hhForward kept after every substep. With `detachGates`
 * the rates count as constants of V: the factor from one voltage to the next then stays in (0, 1), where the true one
 * grows without bound on the upstroke of a spike.
 */
export function hhBackward(currents: usize, inputs: i32, repeat: i32, rows: i32, units: i32, substeps: i32, dtMs: f32, gain: f32, offset: f32, threshold: f32, smooth: f32, initial: usize, history: usize, gradient: usize, mean: bool, kind: i32, width: f32, height: f32, detachGates: bool, dCurrents: usize): void {
  const slice = <usize>(rows * units) << 2;
  const ticks = inputs * repeat;
  const share = splat(1 / <f32>ticks);
  const dt = splat(dtMs);
  const theta = splat(threshold);
  for (let r = 0; r < rows; r++) {
    for (let u0 = 0; u0 < units; u0 += 4) {
      const lane = <usize>(r * units + groupStart(u0, units)) << 2;
      const shared = mean ? f32x4.mul(v128.load(gradient + lane), share) : splat(0);
      let lV = splat(0);
      let lM = splat(0);
      let lH = splat(0);
      let lN = splat(0);
      // v, m, h, n: the state after the substep at hand; with a suffix 0 the state before it.
      let after = history + <usize>(ticks * substeps - 1) * slice * 4 + lane;
      let v = v128.load(after);
      let m = v128.load(after + slice);
      let h = v128.load(after + slice * 2);
      let n = v128.load(after + slice * 3);
      for (let i = inputs - 1; i >= 0; i--) {
        const input = f32x4.add(
          f32x4.mul(splat(gain), v128.load(currents + lane + <usize>i * slice)),
          splat(offset),
        );
        let lI = splat(0);
        for (let k = repeat - 1; k >= 0; k--) {
          const t = i * repeat + k;
          const onOutput = mean ? shared : v128.load(gradient + lane + <usize>t * slice);
          if (smooth > 0) {
            const s = sigmoid(f32x4.div(f32x4.sub(v, theta), splat(smooth)));
            const slope = f32x4.div(f32x4.mul(s, f32x4.sub(splat(1), s)), splat(smooth));
            lV = f32x4.add(lV, f32x4.mul(onOutput, slope));
          }
          for (let q = substeps - 1; q >= 0; q--) {
            after -= slice * 4;
            let v0 = splat(V_REST);
            let m0 = splat(M_REST);
            let h0 = splat(H_REST);
            let n0 = splat(N_REST);
            if (t > 0 || q > 0 || initial) {
              const before = t > 0 || q > 0 ? after : initial + lane;
              v0 = v128.load(before);
              m0 = v128.load(before + slice);
              h0 = v128.load(before + slice * 2);
              n0 = v128.load(before + slice * 3);
            }
            if (!(smooth > 0)) {
              const slope = v128.and(
                surrogate(kind, f32x4.sub(v, theta), splat(width), splat(height)),
                f32x4.le(v0, theta),
              );
              lV = f32x4.add(lV, f32x4.mul(onOutput, slope));
            }
            const gNa = sodium(m, h);
            const gK = potassium(n);
            const total = f32x4.add(f32x4.add(gNa, gK), splat(G_L));
            const drive = f32x4.add(
              f32x4.add(f32x4.mul(gNa, splat(E_NA)), f32x4.mul(gK, splat(E_K))),
              f32x4.add(splat(G_L * E_L), input),
            );
            const rest = f32x4.div(drive, total);
            const decay = expBounded4(f32x4.neg(f32x4.mul(dt, total)));
            const gained = f32x4.sub(splat(1), decay);
            // dV'/d(total) at fixed drive, dV'/d(drive)
            const byTotal = f32x4.sub(
              f32x4.neg(f32x4.mul(f32x4.div(rest, total), gained)),
              f32x4.mul(f32x4.mul(f32x4.sub(v0, rest), dt), decay),
            );
            const byDrive = f32x4.div(gained, total);
            lI = f32x4.add(lI, f32x4.mul(lV, byDrive));
            if (detachGates) {
              lV = f32x4.mul(lV, decay);
            } else {
              const onNa = f32x4.mul(lV, f32x4.add(byTotal, f32x4.mul(splat(E_NA), byDrive)));
              const onK = f32x4.mul(lV, f32x4.add(byTotal, f32x4.mul(splat(E_K), byDrive)));
              const m2 = f32x4.mul(m, m);
              lM = f32x4.add(lM, f32x4.mul(onNa, f32x4.mul(splat(3 * G_NA), f32x4.mul(m2, h))));
              lH = f32x4.add(lH, f32x4.mul(onNa, f32x4.mul(splat(G_NA), f32x4.mul(m2, m))));
              lN = f32x4.add(lN, f32x4.mul(onK, f32x4.mul(splat(4 * G_K), f32x4.mul(f32x4.mul(n, n), n))));
              lV = f32x4.mul(lV, decay);
              rates(v0);
              const xM = f32x4.mul(f32x4.add(v0, splat(40)), splat(-0.1));
              const xN = f32x4.mul(f32x4.add(v0, splat(55)), splat(-0.1));
              const alphaMSlope = f32x4.mul(splat(-0.1), bernoulliSlope(xM, expM, alphaM));
              const alphaNSlope = f32x4.mul(
                splat(-0.01),
                bernoulliSlope(xN, expN, f32x4.mul(alphaN, splat(10))),
              );
              const dM = expBounded4(f32x4.neg(f32x4.mul(dt, f32x4.add(alphaM, betaM))));
              const dH = expBounded4(f32x4.neg(f32x4.mul(dt, f32x4.add(alphaH, betaH))));
              const dN = expBounded4(f32x4.neg(f32x4.mul(dt, f32x4.add(alphaN, betaN))));
              const byM = relaxSlope(m0, alphaM, betaM, alphaMSlope, f32x4.mul(betaM, splat(-1.0 / 18)), dM, dt);
              const byH = relaxSlope(
                h0,
                alphaH,
                betaH,
                f32x4.mul(alphaH, splat(-1.0 / 20)),
                f32x4.mul(splat(0.1), f32x4.mul(betaH, f32x4.sub(splat(1), betaH))),
                dH,
                dt,
              );
              const byN = relaxSlope(n0, alphaN, betaN, alphaNSlope, f32x4.mul(betaN, splat(-1.0 / 80)), dN, dt);
              lV = f32x4.add(lV, f32x4.add(f32x4.mul(lM, byM), f32x4.add(f32x4.mul(lH, byH), f32x4.mul(lN, byN))));
              lM = f32x4.mul(lM, dM);
              lH = f32x4.mul(lH, dH);
              lN = f32x4.mul(lN, dN);
            }
            v = v0;
            m = m0;
            h = h0;
            n = n0;
          }
        }
        v128.store(dCurrents + lane + <usize>i * slice, f32x4.mul(splat(gain), lI));
      }
    }
  }
}
