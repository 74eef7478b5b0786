import { covered4, exp4 } from "./exp";
import { gateSlopes, relaxGates } from "./hh-gates";
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
// Time is the outer loop and the units of a row the inner one, forward and backward, and a substep is two passes over
// the row (gates; voltage): one long chain of dependent operations fills the processor's window with a single group of four units, and
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
const GATES: usize = 112; // what hh-gates.ts works with; in the backward pass what is left of the distances of m, h, n is at GATES + 48
const FORWARD_SCRATCH: usize = 224;
// Backward: the adjoint of V, m, h, n; the sum over the ticks of an input (at SUM); the gradient of the mean (at COUNT);
// DT_BY_C; GATES; then
const SLOPES: usize = 208; // d gate' / d V for m, h, n
const CONSTANT_SUMS: usize = 304;
const BACKWARD_SCRATCH: usize = 304 + 16 * <usize>CONSTANTS;

// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp4(f32x4.neg(x))));
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
export function hhForward(call: NeuronCall, table: usize, substeps: i32, dtMs: f32, gain: f32, offset: f32, smooth: f32, thresholdRow: i32): bool {
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
          relaxGates(state, state + GATES, table, dt);
        }
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

export function hhBackward(call: NeuronCall, table: usize, substeps: i32, dtMs: f32, gain: f32, offset: f32, smooth: f32, detachAbove: f32): void {
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
      relaxGates(last, last + GATES, table, dt);
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
              gateSlopes(history + (<usize>g << 6), call.scratch + <usize>g * BACKWARD_SCRATCH + GATES, table, dt);
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
