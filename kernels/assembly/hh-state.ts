import { covered4, exp4 } from "./exp";
import { splat } from "./lanes";
import { NeuronCall, sliceBytes } from "./neuron-call";

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

export const CONSTANTS = 8;
const V_REST: f32 = -65;
const M_REST: f32 = 0.052932485257;
const H_REST: f32 = 0.596120753508;
const N_REST: f32 = 0.317676914061;

// Scratch of each group of four units, in bytes. Forward the state V, m, h, n comes first, backward its adjoint; then
export const SUM: usize = 64; // of the outputs over the ticks
export const COUNT: usize = 80; // of the spikes of a tick
export const DT_BY_C: usize = 96;
export const GATES: usize = 112; // what hh-gates.ts works with; in the backward pass what is left of the distances of m, h, n is at GATES + 48
export const LOST: usize = 208; // of V, to rounding
export const FORWARD_SCRATCH: usize = 224;

// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp4(f32x4.neg(x))));
}

// @ts-ignore: decorator
@inline
export function cube(x: v128): v128 {
  return f32x4.mul(f32x4.mul(x, x), x);
}

// @ts-ignore: decorator
@inline
export function fourth(x: v128): v128 {
  const x2 = f32x4.mul(x, x);
  return f32x4.mul(x2, x2);
}

// @ts-ignore: decorator
@inline
export function initialState(call: NeuronCall, lane: usize, k: usize): v128 {
  if (call.initial) return v128.load(call.initial + sliceBytes(call) * k + lane);
  return splat(k == 0 ? V_REST : k == 1 ? M_REST : k == 2 ? H_REST : N_REST);
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
export function relaxVoltage(state: usize, constants: usize, row: usize, current: v128, dtByC: v128): v128 {
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
export function storeState(to: usize, slice: usize, state: usize): void {
  v128.store(to, v128.load(state));
  v128.store(to + slice, v128.load(state, 16));
  v128.store(to + slice * 2, v128.load(state, 32));
  v128.store(to + slice * 3, v128.load(state, 48));
}
