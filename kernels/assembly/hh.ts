import { covered4, exp4, expBounded4 } from "./exp";
import { groupStart, one, splat } from "./lanes";
import { addConstant, NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { surrogate } from "./surrogate";

// The biophysical Hodgkin-Huxley neuron, staggered exponential Euler (equations: neurons/hh.ts): in each substep the
// gates relax exactly at the present voltage, then the voltage relaxes exactly at the new gates.
//
// The current is I = gain x + offset (uA/cm2) for an input x of order one.
// State [4, rows, units]: V (mV), m, h, n. Every tick is `substeps` substeps of `dt` ms. A spike is an upward crossing
// of `threshold` in any substep. With `smooth` > 0 the output of a tick is sigmoid((V - threshold) / smooth) at its end
// instead (a synapse that releases with presynaptic voltage), whose gradient is exact.
//
// Constants: g_Na, g_K, g_L, E_Na, E_K, E_L, C, threshold, and the voltage whose crossing counts as a spike where the
// threshold is that of the synapse; `thresholdRow` says which of the last two is meant.
//
// Time is the outer loop and the units of a row the inner one, forward and backward, and a substep is three passes over
// the row: one long chain of dependent operations fills the processor's window with a single group of four units, and
// the window is what lets it work on several at once. Short passes more than doubled the speed.

const CONSTANTS = 8;
export const V_REST: f32 = -65;
const M_REST: f32 = 0.052932485257;
const H_REST: f32 = 0.596120753508;
const N_REST: f32 = 0.317676914061;

// Scratch of each group of four units, in bytes. Forward: the state V, m, h, n; then
const SUM: usize = 64; // of the outputs over the ticks
const COUNT: usize = 80; // of the spikes of a tick
const DT_BY_C: usize = 96;
const LOST: usize = 208; // of V, to rounding
const GATES: usize = 112; // limits of m, h, n, and what is left of their distances (before that: their rates)
const FORWARD_SCRATCH: usize = 224;
// Backward: the adjoint of V, m, h, n; the sum over the ticks of an input (at SUM); the gradient of the mean (at COUNT);
// DT_BY_C; GATES; then
const SLOPES: usize = 208; // d gate' / d V for m, h, n, and (before that) slopes of rates
const CONSTANT_SUMS: usize = 304;
const BACKWARD_SCRATCH: usize = 304 + 16 * <usize>CONSTANTS;

// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp4(f32x4.neg(x))));
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
// @ts-ignore: decorator
@inline
function rates(v: v128, to: usize, slopes: bool): void {
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

// @ts-ignore: decorator
@inline
function cube(x: v128): v128 {
  return f32x4.mul(f32x4.mul(x, x), x);
}

// @ts-ignore: decorator
@inline
function fourth(x: v128): v128 {
  const x2 = f32x4.mul(x, x);
  return f32x4.mul(x2, x2);
}

/** The gates' relaxation, from what `rates` left at GATES: x + (rest - x) (1 - e^(-dt rate)). */
// @ts-ignore: decorator
@inline
function relaxGates(state: usize, dt: v128): void {
  for (let k: usize = 0; k < 48; k += 16) {
    const rest = v128.load(state + GATES + k);
    const share = covered4(f32x4.mul(dt, v128.load(state + GATES + 48 + k)));
    const x = state + 16 + k;
    const before = v128.load(x);
    v128.store(x, f32x4.add(before, f32x4.mul(f32x4.sub(rest, before), share)));
  }
}

/**
 * The voltage's relaxation at the new gates; `constants`: the group's column. It moves by
 *
 *   (1 - e^(-dt g / C)) / g (g_Na m^3 h (E_Na - V) + g_K n^4 (E_K - V) + g_L (E_L - V) + I),   g the sum of conductances
 *
 * which rounds like a step, not like a voltage; what the sum of V and step loses is kept beside V and added to the next
 * step (Kahan). A neuron about to spike magnifies a difference of voltages a thousandfold.
 */
// @ts-ignore: decorator
@inline
function relaxVoltage(state: usize, constants: usize, row: usize, current: v128, dtByC: v128): v128 {
  const v = v128.load(state);
  const gNa = f32x4.mul(v128.load(constants), f32x4.mul(cube(v128.load(state, 16)), v128.load(state, 32)));
  const gK = f32x4.mul(v128.load(constants + row), fourth(v128.load(state, 48)));
  const gL = v128.load(constants + row * 2);
  const total = f32x4.add(f32x4.add(gNa, gK), gL);
  const inward = f32x4.add(
    f32x4.add(
      f32x4.mul(gNa, f32x4.sub(v128.load(constants + row * 3), v)),
      f32x4.mul(gK, f32x4.sub(v128.load(constants + row * 4), v)),
    ),
    f32x4.add(f32x4.mul(gL, f32x4.sub(v128.load(constants + row * 5), v)), current),
  );
  const share = covered4(f32x4.mul(total, dtByC));
  const step = f32x4.add(f32x4.div(f32x4.mul(inward, share), total), v128.load(state, LOST));
  const next = f32x4.add(v, step);
  v128.store(state, next);
  v128.store(state, f32x4.sub(step, f32x4.sub(next, v)), LOST);
  return next;
}

// @ts-ignore: decorator
@inline
function initialState(call: NeuronCall, lane: usize, k: usize): v128 {
  if (call.initial) return v128.load(call.initial + sliceBytes(call) * k + lane);
  return splat(k == 0 ? V_REST : k == 1 ? M_REST : k == 2 ? H_REST : N_REST);
}

// @ts-ignore: decorator
@inline
function storeState(to: usize, slice: usize, state: usize): void {
  v128.store(to, v128.load(state));
  v128.store(to + slice, v128.load(state, 16));
  v128.store(to + slice * 2, v128.load(state, 32));
  v128.store(to + slice * 3, v128.load(state, 48));
}

/**
 * history: the state before every substep, [rows, substeps of all ticks, groups of four units, 4 x 16 bytes].
 * Returns whether a membrane is not a number.
 */
export function hhForward(call: NeuronCall, substeps: i32, dtMs: f32, gain: f32, offset: f32, smooth: f32, thresholdRow: i32): bool {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const dt = splat(dtMs);
  const groups = (units + 3) >> 2;
  const end = call.scratch + <usize>groups * FORWARD_SCRATCH;
  const share = tickShare(call);
  let history = call.history;
  let broken = splat(0);
  for (let r = 0; r < call.rows; r++) {
    const rowLane = <usize>(r * units) << 2;
    for (let g = 0; g < groups; g++) {
      const unit = <usize>groupStart(g << 2, units) << 2;
      const state = call.scratch + <usize>g * FORWARD_SCRATCH;
      for (let k = 0; k < 4; k++) v128.store(state + (<usize>k << 4), initialState(call, rowLane + unit, k));
      v128.store(state, splat(0), SUM);
      v128.store(state, splat(0), LOST);
      v128.store(state, f32x4.div(dt, v128.load(call.constants + row * 6 + unit)), DT_BY_C);
    }
    for (let t = 0; t < call.inputs * call.repeat; t++) {
      const currents = call.currents + rowLane + <usize>(t / call.repeat) * slice;
      for (let state = call.scratch; state < end; state += FORWARD_SCRATCH) v128.store(state, splat(0), COUNT);
      for (let q = 0; q < substeps; q++) {
        for (let state = call.scratch; state < end; state += FORWARD_SCRATCH) {
          const v = v128.load(state);
          if (history) {
            v128.store(history, v);
            v128.store(history, v128.load(state, 16), 16);
            v128.store(history, v128.load(state, 32), 32);
            v128.store(history, v128.load(state, 48), 48);
            history += 64;
          }
          rates(v, state + GATES, false);
        }
        for (let state = call.scratch; state < end; state += FORWARD_SCRATCH) relaxGates(state, dt);
        let state = call.scratch;
        for (let g = 0; g < groups; g++) {
          const unit = <usize>groupStart(g << 2, units) << 2;
          const constants = call.constants + unit;
          const theta = v128.load(constants + row * <usize>thresholdRow);
          const current = f32x4.add(f32x4.mul(splat(gain), v128.load(currents + unit)), splat(offset));
          const v = v128.load(state);
          const next = relaxVoltage(state, constants, row, current, v128.load(state, DT_BY_C));
          const crossed = one(v128.and(f32x4.le(v, theta), f32x4.gt(next, theta)));
          v128.store(state, f32x4.add(v128.load(state, COUNT), crossed), COUNT);
          state += FORWARD_SCRATCH;
        }
      }
      for (let g = 0; g < groups; g++) {
        const unit = <usize>groupStart(g << 2, units) << 2;
        const lane = rowLane + unit;
        const state = call.scratch + <usize>g * FORWARD_SCRATCH;
        let s = v128.load(state, COUNT);
        if (smooth > 0) {
          const theta = v128.load(call.constants + row * <usize>thresholdRow + unit);
          s = sigmoid(f32x4.div(f32x4.sub(v128.load(state), theta), splat(smooth)));
        }
        v128.store(state, f32x4.add(v128.load(state, SUM), s), SUM);
        if (!call.mean) v128.store(call.out + <usize>t * slice + lane, s);
        if (call.trace) storeState(call.trace + <usize>t * slice * 4 + lane, slice, state);
      }
    }
    for (let g = 0; g < groups; g++) {
      const lane = rowLane + (<usize>groupStart(g << 2, units) << 2);
      const state = call.scratch + <usize>g * FORWARD_SCRATCH;
      if (call.mean) v128.store(call.out + lane, f32x4.mul(v128.load(state, SUM), share));
      if (call.final) storeState(call.final + lane, slice, state);
      const v = v128.load(state);
      broken = v128.or(broken, f32x4.ne(v, v));
    }
  }
  return v128.any_true(broken);
}

/** Adds to a sum in scratch. */
// @ts-ignore: decorator
@inline
function accumulate(at: usize, x: v128): void {
  v128.store(at, f32x4.add(v128.load(at), x));
}

/**
 * From what `rates` left, for m, h, n: what is left of a distance (in place of the rates), and at SLOPES d x' / d V of the
 * relaxation x' = rest + (x - rest) e^(-dt rate), rest and rate being functions of V.
 */
// @ts-ignore: decorator
@inline
function gateSlopes(adjoint: usize, before: usize, dt: v128): void {
  for (let k: usize = 0; k < 48; k += 16) {
    const gate = adjoint + GATES + k;
    const gained = covered4(f32x4.mul(dt, v128.load(gate, 48)));
    const share = f32x4.sub(splat(1), gained);
    const away = f32x4.sub(v128.load(before + 16 + k), v128.load(gate));
    const byRest = f32x4.mul(v128.load(gate, 96), gained);
    const byRate = f32x4.mul(f32x4.mul(away, f32x4.mul(dt, v128.load(gate, 144))), share);
    v128.store(gate, share, 48);
    v128.store(gate, f32x4.sub(byRest, byRate), 96);
  }
}

/**
 * The adjoint of one substep. `before`: the state before it (V, m, h, n), `after`: after it. `adjoint`: the gradient with
 * respect to the state after, replaced by the one before; then the sums over the substeps of an input (SUM) and of the
 * constants. Above `detachAbove` mV the conductances and the gates' rates count as constants: the factor from one voltage
 * to the next then stays in (0, 1), where the true one grows without bound on the upstroke of a spike. With `chained`
 * false that is so everywhere, and the gates have no adjoint.
 */
// @ts-ignore: decorator
@inline
function substepAdjoint(adjoint: usize, before: usize, after: usize, constants: usize, row: usize, current: v128, detachAbove: v128, chained: bool, trained: bool): void {
  const v = v128.load(before);
  const m = v128.load(after, 16);
  const h = v128.load(after, 32);
  const n = v128.load(after, 48);
  const dtByC = v128.load(adjoint, DT_BY_C);
  let onV = v128.load(adjoint);
  const gNa1 = v128.load(constants);
  const gK1 = v128.load(constants + row);
  const eNa = v128.load(constants + row * 3);
  const eK = v128.load(constants + row * 4);
  const eL = v128.load(constants + row * 5);
  const openNa = f32x4.mul(cube(m), h);
  const openK = fourth(n);
  const gNa = f32x4.mul(gNa1, openNa);
  const gK = f32x4.mul(gK1, openK);
  const gL = v128.load(constants + row * 2);
  const total = f32x4.add(f32x4.add(gNa, gK), gL);
  const awayNa = f32x4.sub(eNa, v);
  const awayK = f32x4.sub(eK, v);
  const awayL = f32x4.sub(eL, v);
  const inward = f32x4.add(
    f32x4.add(f32x4.mul(gNa, awayNa), f32x4.mul(gK, awayK)),
    f32x4.add(f32x4.mul(gL, awayL), current),
  );
  // The step is inward p with p = (1 - e^(-dt total / C)) / total, so d p / d total = (e^(-dt total / C) dt / C - p) / total.
  const inverse = f32x4.div(splat(1), total);
  const gained = covered4(f32x4.mul(total, dtByC));
  const kept = f32x4.sub(splat(1), gained);
  const p = f32x4.mul(gained, inverse);
  const onInward = f32x4.mul(onV, p);
  const grown = f32x4.mul(f32x4.mul(inward, inverse), dtByC);
  const onTotal = f32x4.mul(onV, f32x4.sub(f32x4.mul(grown, kept), f32x4.mul(f32x4.mul(inward, inverse), p)));
  accumulate(adjoint + SUM, onInward);
  const onNa = f32x4.add(onTotal, f32x4.mul(awayNa, onInward));
  const onK = f32x4.add(onTotal, f32x4.mul(awayK, onInward));
  if (trained) {
    const sums = adjoint + CONSTANT_SUMS;
    accumulate(sums, f32x4.mul(onNa, openNa));
    accumulate(sums + 16, f32x4.mul(onK, openK));
    accumulate(sums + 32, f32x4.add(onTotal, f32x4.mul(awayL, onInward)));
    accumulate(sums + 48, f32x4.mul(onInward, gNa));
    accumulate(sums + 64, f32x4.mul(onInward, gK));
    accumulate(sums + 80, f32x4.mul(onInward, gL));
    // d p / d C = -e^(-dt total / C) dt / C^2
    const byC = f32x4.div(f32x4.mul(f32x4.mul(inward, dtByC), kept), v128.load(constants + row * 6));
    accumulate(sums + 96, f32x4.neg(f32x4.mul(onV, byC)));
  }
  onV = f32x4.mul(onV, kept);
  if (chained) {
    const attached = f32x4.le(v, detachAbove);
    const throughNa = v128.and(f32x4.mul(onNa, f32x4.mul(gNa1, f32x4.mul(m, m))), attached);
    const throughK = v128.and(f32x4.mul(onK, f32x4.mul(gK1, cube(n))), attached);
    const onM = f32x4.add(v128.load(adjoint, 16), f32x4.mul(throughNa, f32x4.mul(splat(3), h)));
    const onH = f32x4.add(v128.load(adjoint, 32), f32x4.mul(throughNa, m));
    const onN = f32x4.add(v128.load(adjoint, 48), f32x4.mul(splat(4), throughK));
    const throughGates = f32x4.add(
      f32x4.mul(onM, v128.load(adjoint, SLOPES)),
      f32x4.add(f32x4.mul(onH, v128.load(adjoint, SLOPES + 16)), f32x4.mul(onN, v128.load(adjoint, SLOPES + 32))),
    );
    onV = f32x4.add(onV, v128.and(throughGates, attached));
    v128.store(adjoint, f32x4.mul(onM, v128.load(adjoint, GATES + 48)), 16);
    v128.store(adjoint, f32x4.mul(onH, v128.load(adjoint, GATES + 64)), 32);
    v128.store(adjoint, f32x4.mul(onN, v128.load(adjoint, GATES + 80)), 48);
  }
  v128.store(adjoint, onV);
}

/** The gradient of a tick's output in the voltage after a substep. */
// @ts-ignore: decorator
@inline
function onOutputVoltage(call: NeuronCall, onOutput: v128, before: v128, after: v128, theta: v128, smooth: f32): v128 {
  if (smooth > 0) {
    const s = sigmoid(f32x4.div(f32x4.sub(after, theta), splat(smooth)));
    return f32x4.mul(onOutput, f32x4.div(f32x4.mul(s, f32x4.sub(splat(1), s)), splat(smooth)));
  }
  const slope = surrogate(call.kind, f32x4.sub(after, theta), splat(call.width), splat(call.height));
  return f32x4.mul(onOutput, v128.and(slope, f32x4.le(before, theta)));
}

export function hhBackward(call: NeuronCall, substeps: i32, dtMs: f32, gain: f32, offset: f32, smooth: f32, detachAbove: f32): void {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const dt = splat(dtMs);
  const groups = (units + 3) >> 2;
  const share = tickShare(call);
  const trained = call.dConstants != 0;
  const chained = detachAbove > -f32.MAX_VALUE || call.dFinal != 0;
  const perSubstep = <usize>groups << 6;
  const steps = <usize>(call.inputs * call.repeat * substeps);
  const lastState = call.scratch + <usize>groups * BACKWARD_SCRATCH;
  for (let r = 0; r < call.rows; r++) {
    const rowLane = <usize>(r * units) << 2;
    // The state before the substep at hand; the one after it lies `perSubstep` further on, the last one in scratch.
    let history = call.history + <usize>r * steps * perSubstep + steps * perSubstep;
    for (let g = 0; g < groups; g++) {
      const unit = <usize>groupStart(g << 2, units) << 2;
      const lane = rowLane + unit;
      const adjoint = call.scratch + <usize>g * BACKWARD_SCRATCH;
      memory.fill(adjoint, 0, BACKWARD_SCRATCH);
      if (call.dFinal) {
        for (let k: usize = 0; k < 4; k++) v128.store(adjoint + (k << 4), v128.load(call.dFinal + slice * k + lane));
      }
      if (call.mean) v128.store(adjoint, f32x4.mul(v128.load(call.gradient + lane), share), COUNT);
      v128.store(adjoint, f32x4.div(dt, v128.load(call.constants + row * 6 + unit)), DT_BY_C);
      // The state after the last substep is worked out again from the one before.
      const last = lastState + <usize>g * FORWARD_SCRATCH;
      memory.copy(last, history - perSubstep + (<usize>g << 6), 64);
      const x = v128.load(call.currents + lane + <usize>(call.inputs - 1) * slice);
      const current = f32x4.add(f32x4.mul(splat(gain), x), splat(offset));
      v128.store(last, splat(0), LOST);
      rates(v128.load(last), last + GATES, false);
      relaxGates(last, dt);
      relaxVoltage(last, call.constants + unit, row, current, v128.load(adjoint, DT_BY_C));
    }
    let afterBase = lastState;
    let afterStride = FORWARD_SCRATCH;
    for (let i = call.inputs - 1; i >= 0; i--) {
      const currents = call.currents + rowLane + <usize>i * slice;
      for (let k = call.repeat - 1; k >= 0; k--) {
        const onTick = call.gradient + rowLane + <usize>(i * call.repeat + k) * slice;
        for (let q = substeps - 1; q >= 0; q--) {
          history -= perSubstep;
          if (chained) {
            for (let g = 0; g < groups; g++) {
              const before = history + (<usize>g << 6);
              rates(v128.load(before), call.scratch + <usize>g * BACKWARD_SCRATCH + GATES, true);
            }
            for (let g = 0; g < groups; g++) {
              gateSlopes(call.scratch + <usize>g * BACKWARD_SCRATCH, history + (<usize>g << 6), dt);
            }
          }
          for (let g = 0; g < groups; g++) {
            const unit = <usize>groupStart(g << 2, units) << 2;
            const constants = call.constants + unit;
            const adjoint = call.scratch + <usize>g * BACKWARD_SCRATCH;
            const before = history + (<usize>g << 6);
            const after = afterBase + <usize>g * afterStride;
            if (!(smooth > 0) || q == substeps - 1) {
              const onOutput = call.mean ? v128.load(adjoint, COUNT) : v128.load(onTick + unit);
              const theta = v128.load(constants + row * 7);
              const onV = onOutputVoltage(call, onOutput, v128.load(before), v128.load(after), theta, smooth);
              accumulate(adjoint, onV);
              if (trained) accumulate(adjoint + CONSTANT_SUMS + 112, f32x4.neg(onV));
            }
            const current = f32x4.add(f32x4.mul(splat(gain), v128.load(currents + unit)), splat(offset));
            substepAdjoint(adjoint, before, after, constants, row, current, splat(detachAbove), chained, trained);
          }
          afterStride = 64;
          afterBase = history;
        }
      }
      for (let g = 0; g < groups; g++) {
        const adjoint = call.scratch + <usize>g * BACKWARD_SCRATCH;
        const sink = call.dCurrents + rowLane + <usize>i * slice + (<usize>groupStart(g << 2, units) << 2);
        v128.store(sink, f32x4.mul(splat(gain), v128.load(adjoint, SUM)));
        v128.store(adjoint, splat(0), SUM);
      }
    }
    for (let g = 0; g < groups; g++) {
      const lane = rowLane + (<usize>groupStart(g << 2, units) << 2);
      const adjoint = call.scratch + <usize>g * BACKWARD_SCRATCH;
      if (call.dInitial) storeState(call.dInitial + lane, slice, adjoint);
      if (trained) {
        for (let k = 0; k < CONSTANTS; k++) addConstant(call, k, g << 2, v128.load(adjoint + CONSTANT_SUMS + (<usize>k << 4)));
      }
    }
  }
}
