import { exp4, expBounded4 } from "./exp";
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
// Time is the outer loop and the units of a row the inner one, forward and backward: a substep is one long chain of
// dependent operations, and the processor overlaps the chains of neighbouring groups.

const CONSTANTS = 8;
export const V_REST: f32 = -65;
const M_REST: f32 = 0.052932485257;
const H_REST: f32 = 0.596120753508;
const N_REST: f32 = 0.317676914061;

/** Bytes of scratch for each group of four units: state or adjoint (64), sums. */
const FORWARD_SCRATCH: usize = 112;
const BACKWARD_SCRATCH: usize = 112 + 16 * <usize>CONSTANTS;

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
 * What `rates` works out. Globals, because a kernel call is never re-entered and AssemblyScript returns one value.
 */
let nearM: v128 = i32x4.splat(0);
let nearN: v128 = i32x4.splat(0);
let xM: v128 = i32x4.splat(0);
let xN: v128 = i32x4.splat(0);
let eM: v128 = i32x4.splat(0);
let eN: v128 = i32x4.splat(0);
/** 1 / (e - 1). */
let rM: v128 = i32x4.splat(0);
let rN: v128 = i32x4.splat(0);
let aM: v128 = i32x4.splat(0);
let aH: v128 = i32x4.splat(0);
let aN: v128 = i32x4.splat(0);
let bM: v128 = i32x4.splat(0);
let bH: v128 = i32x4.splat(0);
let bN: v128 = i32x4.splat(0);
/** Limits of the gates and 1 / (alpha + beta). */
let restM: v128 = i32x4.splat(0);
let restH: v128 = i32x4.splat(0);
let restN: v128 = i32x4.splat(0);
let iM: v128 = i32x4.splat(0);
let iH: v128 = i32x4.splat(0);
let iN: v128 = i32x4.splat(0);
let sM: v128 = i32x4.splat(0);
let sH: v128 = i32x4.splat(0);
let sN: v128 = i32x4.splat(0);

/**
 * Rates, limits and time constants of the gates at V, from two exponentials: with e = exp(-(V + 65) / 20), the one over
 * 10 is e^2 and the one over 80 is the fourth root of e (roots halve the relative error, powers double it, so the middle
 * one is the one to compute). One division stands where three would: 1/a = (b c) / (a b c). The voltage the rates see is
 * held above -225 mV, far below where the gates have shut for good, so that no such product overflows.
 */
// @ts-ignore: decorator
@inline
function rates(v: v128): void {
  const u = f32x4.pmax(f32x4.add(v, splat(65)), splat(-160));
  const e20 = expBounded4(f32x4.mul(u, splat(-1.0 / 20)));
  const e18 = expBounded4(f32x4.mul(u, splat(-1.0 / 18)));
  const e10 = f32x4.mul(e20, e20);
  const e80 = f32x4.sqrt(f32x4.sqrt(e20));
  xM = f32x4.mul(f32x4.sub(u, splat(25)), splat(-0.1));
  xN = f32x4.mul(f32x4.sub(u, splat(10)), splat(-0.1));
  nearM = f32x4.lt(f32x4.abs(xM), splat(0.5));
  nearN = f32x4.lt(f32x4.abs(xN), splat(0.5));
  eM = f32x4.mul(e10, splat(12.182493960703473)); // e^2.5: -(V + 40)/10 = -(V + 65)/10 + 2.5
  eN = f32x4.mul(e10, splat(2.718281828459045)); // e^1: -(V + 55)/10 = -(V + 65)/10 + 1
  const dM = v128.bitselect(splat(1), f32x4.sub(eM, splat(1)), nearM);
  const dN = v128.bitselect(splat(1), f32x4.sub(eN, splat(1)), nearN);
  const dH = f32x4.add(splat(1), f32x4.mul(e10, splat(20.085536923187668))); // e^3
  const dMN = f32x4.mul(dM, dN);
  const r = f32x4.div(splat(1), f32x4.mul(dMN, dH));
  const rH = f32x4.mul(r, dH);
  rM = f32x4.mul(rH, dN);
  rN = f32x4.mul(rH, dM);
  aM = v128.bitselect(bernoulliSeries(xM), f32x4.mul(xM, rM), nearM);
  aN = f32x4.mul(splat(0.1), v128.bitselect(bernoulliSeries(xN), f32x4.mul(xN, rN), nearN));
  aH = f32x4.mul(splat(0.07), e20);
  bM = f32x4.mul(splat(4), e18);
  bH = f32x4.mul(r, dMN);
  bN = f32x4.mul(splat(0.125), e80);
  sM = f32x4.add(aM, bM);
  sH = f32x4.add(aH, bH);
  sN = f32x4.add(aN, bN);
  const sMH = f32x4.mul(sM, sH);
  const q = f32x4.div(splat(1), f32x4.mul(sMH, sN));
  const qN = f32x4.mul(q, sN);
  iM = f32x4.mul(qN, sH);
  iH = f32x4.mul(qN, sM);
  iN = f32x4.mul(q, sMH);
  // A product that stands for a quotient may round to just above one; a gate may not.
  restM = f32x4.pmin(f32x4.mul(aM, iM), splat(1));
  restH = f32x4.pmin(f32x4.mul(aH, iH), splat(1));
  restN = f32x4.pmin(f32x4.mul(aN, iN), splat(1));
}

/** e^(-rate dt): what is left of a distance after dt. */
// @ts-ignore: decorator
@inline
function left(rate: v128, dt: v128): v128 {
  return expBounded4(f32x4.neg(f32x4.mul(dt, rate)));
}

// @ts-ignore: decorator
@inline
function towards(x: v128, rest: v128, left: v128): v128 {
  return f32x4.add(rest, f32x4.mul(f32x4.sub(x, rest), left));
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

/** One substep of four neurons, state at `state` (V, m, h, n side by side); `constants`: their column. */
// @ts-ignore: decorator
@inline
function substep(state: usize, constants: usize, row: usize, current: v128, dt: v128, dtByC: v128): v128 {
  const v = v128.load(state);
  rates(v);
  const m = towards(v128.load(state, 16), restM, left(sM, dt));
  const h = towards(v128.load(state, 32), restH, left(sH, dt));
  const n = towards(v128.load(state, 48), restN, left(sN, dt));
  const gNa = f32x4.mul(v128.load(constants), f32x4.mul(cube(m), h));
  const gK = f32x4.mul(v128.load(constants + row), fourth(n));
  const gL = v128.load(constants + row * 2);
  const total = f32x4.add(f32x4.add(gNa, gK), gL);
  const drive = f32x4.add(
    f32x4.add(f32x4.mul(gNa, v128.load(constants + row * 3)), f32x4.mul(gK, v128.load(constants + row * 4))),
    f32x4.add(f32x4.mul(gL, v128.load(constants + row * 5)), current),
  );
  const next = towards(v, f32x4.div(drive, total), left(total, dtByC));
  v128.store(state, next);
  v128.store(state, m, 16);
  v128.store(state, h, 32);
  v128.store(state, n, 48);
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
      v128.store(state, splat(0), 64);
      v128.store(state, f32x4.div(dt, v128.load(call.constants + row * 6 + unit)), 96);
    }
    for (let t = 0; t < call.inputs * call.repeat; t++) {
      const currents = call.currents + rowLane + <usize>(t / call.repeat) * slice;
      for (let state = call.scratch; state < end; state += FORWARD_SCRATCH) v128.store(state, splat(0), 80);
      for (let q = 0; q < substeps; q++) {
        let state = call.scratch;
        for (let g = 0; g < groups; g++) {
          const unit = <usize>groupStart(g << 2, units) << 2;
          const constants = call.constants + unit;
          const theta = v128.load(constants + row * <usize>thresholdRow);
          if (history) {
            v128.store(history, v128.load(state));
            v128.store(history, v128.load(state, 16), 16);
            v128.store(history, v128.load(state, 32), 32);
            v128.store(history, v128.load(state, 48), 48);
            history += 64;
          }
          const current = f32x4.add(f32x4.mul(splat(gain), v128.load(currents + unit)), splat(offset));
          const v = v128.load(state);
          const next = substep(state, constants, row, current, dt, v128.load(state, 96));
          const crossed = one(v128.and(f32x4.le(v, theta), f32x4.gt(next, theta)));
          v128.store(state, f32x4.add(v128.load(state, 80), crossed), 80);
          state += FORWARD_SCRATCH;
        }
      }
      for (let g = 0; g < groups; g++) {
        const unit = <usize>groupStart(g << 2, units) << 2;
        const lane = rowLane + unit;
        const state = call.scratch + <usize>g * FORWARD_SCRATCH;
        let s = v128.load(state, 80);
        if (smooth > 0) {
          const theta = v128.load(call.constants + row * <usize>thresholdRow + unit);
          s = sigmoid(f32x4.div(f32x4.sub(v128.load(state), theta), splat(smooth)));
        }
        v128.store(state, f32x4.add(v128.load(state, 64), s), 64);
        if (!call.mean) v128.store(call.out + <usize>t * slice + lane, s);
        if (call.trace) storeState(call.trace + <usize>t * slice * 4 + lane, slice, state);
      }
    }
    for (let g = 0; g < groups; g++) {
      const lane = rowLane + (<usize>groupStart(g << 2, units) << 2);
      const state = call.scratch + <usize>g * FORWARD_SCRATCH;
      if (call.mean) v128.store(call.out + lane, f32x4.mul(v128.load(state, 64), share));
      if (call.final) storeState(call.final + lane, slice, state);
      const v = v128.load(state);
      broken = v128.or(broken, f32x4.ne(v, v));
    }
  }
  return v128.any_true(broken);
}

/**
 * d x' / d V of a gate's relaxation x' = rest + (x - rest) e^(-dt sum), rest and sum being functions of V: `alpha` and
 * `sum` here are their slopes, `inverse` is 1 / (alpha + beta).
 */
// @ts-ignore: decorator
@inline
function relaxSlope(x: v128, rest: v128, inverse: v128, alphaSlope: v128, sumSlope: v128, left: v128, dt: v128): v128 {
  const restSlope = f32x4.mul(f32x4.sub(alphaSlope, f32x4.mul(rest, sumSlope)), inverse);
  return f32x4.sub(
    f32x4.mul(restSlope, f32x4.sub(splat(1), left)),
    f32x4.mul(f32x4.mul(f32x4.sub(x, rest), f32x4.mul(dt, sumSlope)), left),
  );
}

/** Adds to a sum in scratch. */
// @ts-ignore: decorator
@inline
function accumulate(at: usize, x: v128): void {
  v128.store(at, f32x4.add(v128.load(at), x));
}

/**
 * The adjoint of one substep. `before`: the state before it (V, m, h, n), `after`: after it. `adjoint`: the gradient with
 * respect to the state after, replaced by the one before; then the sums over the substeps of an input (64) and of the
 * constants (112 and on). Above `detachAbove` mV the conductances and the gates' rates count as constants: the factor from
 * one voltage to the next then stays in (0, 1), where the true one grows without bound on the upstroke of a spike.
 */
// @ts-ignore: decorator
@inline
function substepAdjoint(adjoint: usize, before: usize, after: usize, constants: usize, row: usize, current: v128, dt: v128, detachAbove: v128, trained: bool): void {
  const v = v128.load(before);
  const m = v128.load(after, 16);
  const h = v128.load(after, 32);
  const n = v128.load(after, 48);
  const dtByC = v128.load(adjoint, 96);
  let onV = v128.load(adjoint);
  const eNa = v128.load(constants + row * 3);
  const eK = v128.load(constants + row * 4);
  const eL = v128.load(constants + row * 5);
  const openNa = f32x4.mul(cube(m), h);
  const openK = fourth(n);
  const gNa = f32x4.mul(v128.load(constants), openNa);
  const gK = f32x4.mul(v128.load(constants + row), openK);
  const gL = v128.load(constants + row * 2);
  const total = f32x4.add(f32x4.add(gNa, gK), gL);
  const drive = f32x4.add(
    f32x4.add(f32x4.mul(gNa, eNa), f32x4.mul(gK, eK)),
    f32x4.add(f32x4.mul(gL, eL), current),
  );
  const inverse = f32x4.div(splat(1), total);
  const rest = f32x4.mul(drive, inverse);
  const kept = left(total, dtByC);
  const byDrive = f32x4.mul(f32x4.sub(splat(1), kept), inverse);
  const distance = f32x4.mul(f32x4.mul(f32x4.sub(v, rest), dtByC), kept);
  const byTotal = f32x4.neg(f32x4.add(f32x4.mul(rest, byDrive), distance));
  const onDrive = f32x4.mul(onV, byDrive);
  const onTotal = f32x4.mul(onV, byTotal);
  accumulate(adjoint + 64, onDrive);
  const onNa = f32x4.add(onTotal, f32x4.mul(eNa, onDrive));
  const onK = f32x4.add(onTotal, f32x4.mul(eK, onDrive));
  if (trained) {
    accumulate(adjoint + 112, f32x4.mul(onNa, openNa));
    accumulate(adjoint + 128, f32x4.mul(onK, openK));
    accumulate(adjoint + 144, f32x4.add(onTotal, f32x4.mul(eL, onDrive)));
    accumulate(adjoint + 160, f32x4.mul(onDrive, gNa));
    accumulate(adjoint + 176, f32x4.mul(onDrive, gK));
    accumulate(adjoint + 192, f32x4.mul(onDrive, gL));
    const onC = f32x4.mul(f32x4.mul(onV, distance), f32x4.div(total, v128.load(constants + row * 6)));
    accumulate(adjoint + 208, onC);
  }
  onV = f32x4.mul(onV, kept);
  const attached = f32x4.le(v, detachAbove);
  const onGates = v128.or(v128.load(adjoint, 16), v128.or(v128.load(adjoint, 32), v128.load(adjoint, 48)));
  if (v128.any_true(v128.or(attached, onGates))) {
    rates(v);
    const m2 = f32x4.mul(m, m);
    const throughNa = v128.and(f32x4.mul(onNa, f32x4.mul(v128.load(constants), m2)), attached);
    const throughK = v128.and(f32x4.mul(onK, f32x4.mul(v128.load(constants + row), cube(n))), attached);
    const onM = f32x4.add(v128.load(adjoint, 16), f32x4.mul(throughNa, f32x4.mul(splat(3), h)));
    const onH = f32x4.add(v128.load(adjoint, 32), f32x4.mul(throughNa, m));
    const onN = f32x4.add(v128.load(adjoint, 48), f32x4.mul(splat(4), throughK));
    const slopeM = v128.bitselect(bernoulliSlopeSeries(xM), f32x4.mul(f32x4.sub(splat(1), f32x4.mul(f32x4.mul(xM, rM), eM)), rM), nearM);
    const slopeN = v128.bitselect(bernoulliSlopeSeries(xN), f32x4.mul(f32x4.sub(splat(1), f32x4.mul(f32x4.mul(xN, rN), eN)), rN), nearN);
    const aM1 = f32x4.mul(splat(-0.1), slopeM);
    const aN1 = f32x4.mul(splat(-0.01), slopeN);
    const aH1 = f32x4.mul(splat(-1.0 / 20), aH);
    const bM1 = f32x4.mul(splat(-1.0 / 18), bM);
    const bN1 = f32x4.mul(splat(-1.0 / 80), bN);
    const bH1 = f32x4.mul(splat(0.1), f32x4.mul(bH, f32x4.sub(splat(1), bH)));
    const leftM = left(sM, dt);
    const leftH = left(sH, dt);
    const leftN = left(sN, dt);
    const byM = relaxSlope(v128.load(before, 16), restM, iM, aM1, f32x4.add(aM1, bM1), leftM, dt);
    const byH = relaxSlope(v128.load(before, 32), restH, iH, aH1, f32x4.add(aH1, bH1), leftH, dt);
    const byN = relaxSlope(v128.load(before, 48), restN, iN, aN1, f32x4.add(aN1, bN1), leftN, dt);
    const throughGates = f32x4.add(f32x4.mul(onM, byM), f32x4.add(f32x4.mul(onH, byH), f32x4.mul(onN, byN)));
    onV = f32x4.add(onV, v128.and(throughGates, attached));
    v128.store(adjoint, f32x4.mul(onM, leftM), 16);
    v128.store(adjoint, f32x4.mul(onH, leftH), 32);
    v128.store(adjoint, f32x4.mul(onN, leftN), 48);
  }
  v128.store(adjoint, onV);
}

export function hhBackward(call: NeuronCall, substeps: i32, dtMs: f32, gain: f32, offset: f32, smooth: f32, detachAbove: f32): void {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const dt = splat(dtMs);
  const groups = (units + 3) >> 2;
  const share = tickShare(call);
  const trained = call.dConstants != 0;
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
      if (call.mean) v128.store(adjoint, f32x4.mul(v128.load(call.gradient + lane), share), 80);
      v128.store(adjoint, f32x4.div(dt, v128.load(call.constants + row * 6 + unit)), 96);
      // The state after the last substep is worked out again from the one before.
      const last = lastState + (<usize>g << 6);
      memory.copy(last, history - perSubstep + (<usize>g << 6), 64);
      const x = v128.load(call.currents + lane + <usize>(call.inputs - 1) * slice);
      const current = f32x4.add(f32x4.mul(splat(gain), x), splat(offset));
      substep(last, call.constants + unit, row, current, dt, v128.load(adjoint, 96));
    }
    let afterBase = lastState;
    for (let i = call.inputs - 1; i >= 0; i--) {
      const currents = call.currents + rowLane + <usize>i * slice;
      for (let k = call.repeat - 1; k >= 0; k--) {
        const onTick = call.gradient + rowLane + <usize>(i * call.repeat + k) * slice;
        for (let q = substeps - 1; q >= 0; q--) {
          history -= perSubstep;
          for (let g = 0; g < groups; g++) {
            const unit = <usize>groupStart(g << 2, units) << 2;
            const constants = call.constants + unit;
            const adjoint = call.scratch + <usize>g * BACKWARD_SCRATCH;
            const before = history + (<usize>g << 6);
            const after = afterBase + (<usize>g << 6);
            const onOutput = call.mean ? v128.load(adjoint, 80) : v128.load(onTick + unit);
            const theta = v128.load(constants + row * 7);
            if (!(smooth > 0)) {
              const next = v128.load(after);
              const slope = surrogate(call.kind, f32x4.sub(next, theta), splat(call.width), splat(call.height));
              const onV = f32x4.mul(onOutput, v128.and(slope, f32x4.le(v128.load(before), theta)));
              accumulate(adjoint, onV);
              if (trained) v128.store(adjoint, f32x4.sub(v128.load(adjoint, 224), onV), 224);
            } else if (q == substeps - 1) {
              const s = sigmoid(f32x4.div(f32x4.sub(v128.load(after), theta), splat(smooth)));
              const slope = f32x4.div(f32x4.mul(s, f32x4.sub(splat(1), s)), splat(smooth));
              const onV = f32x4.mul(onOutput, slope);
              accumulate(adjoint, onV);
              if (trained) v128.store(adjoint, f32x4.sub(v128.load(adjoint, 224), onV), 224);
            }
            const current = f32x4.add(f32x4.mul(splat(gain), v128.load(currents + unit)), splat(offset));
            substepAdjoint(adjoint, before, after, constants, row, current, dt, splat(detachAbove), trained);
          }
          afterBase = history;
        }
      }
      for (let g = 0; g < groups; g++) {
        const adjoint = call.scratch + <usize>g * BACKWARD_SCRATCH;
        const sink = call.dCurrents + rowLane + <usize>i * slice + (<usize>groupStart(g << 2, units) << 2);
        v128.store(sink, f32x4.mul(splat(gain), v128.load(adjoint, 64)));
        v128.store(adjoint, splat(0), 64);
      }
    }
    for (let g = 0; g < groups; g++) {
      const lane = rowLane + (<usize>groupStart(g << 2, units) << 2);
      const adjoint = call.scratch + <usize>g * BACKWARD_SCRATCH;
      if (call.dInitial) storeState(call.dInitial + lane, slice, adjoint);
      if (trained) {
        for (let k = 0; k < CONSTANTS; k++) addConstant(call, k, g << 2, v128.load(adjoint + 112 + (<usize>k << 4)));
      }
    }
  }
}
