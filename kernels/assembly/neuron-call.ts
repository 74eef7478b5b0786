/**
 * What every neuron kernel is told, written by the host (kernels/neuron-call.ts keeps the same order; every field is
 * four bytes). Addresses that are 0 are not wanted or not given.
 */
@unmanaged
export class NeuronCall {
  /** [inputs, rows, inputs per unit, units], each input shown for `repeat` ticks. */
  currents: usize = 0;
  inputs: i32 = 0;
  repeat: i32 = 0;
  /** The batch. */
  rows: i32 = 0;
  units: i32 = 0;
  /** What differs from unit to unit: [rows of constants, units]; equations and order stand in neurons/<model>.ts. */
  constants: usize = 0;
  /** State before the first tick [states, rows, units]; 0: the resting state. */
  initial: usize = 0;
  /** 1: `out` and `gradient` are means over the ticks [rows, outputs per unit, units]; 0: [ticks, rows, outputs per unit, units]. */
  mean: i32 = 0;
  out: usize = 0;
  /** State after every tick [ticks, states, rows, units]. */
  trace: usize = 0;
  /** State after the last tick [states, rows, units]. */
  final: usize = 0;
  /** What the backward pass wants kept, in the kernel's own form. */
  history: usize = 0;
  /** Of the loss with respect to `out`. */
  gradient: usize = 0;
  /** Of the loss with respect to `final`. */
  dFinal: usize = 0;
  /** Results of the backward pass, in the layouts of currents, constants (zeroed by the host, added to) and initial. */
  dCurrents: usize = 0;
  dConstants: usize = 0;
  dInitial: usize = 0;
  /** The surrogate derivative: kind, width, height (surrogate.ts). */
  kind: i32 = 0;
  width: f32 = 0;
  height: f32 = 0;
  /** 1: the reset counts as a constant in the gradient. */
  detachReset: i32 = 0;
  scratch: usize = 0;
}

/** Floats of one array over batch and units, in bytes. */
// @ts-ignore: decorator
@inline
export function sliceBytes(call: NeuronCall): usize {
  return <usize>(call.rows * call.units) << 2;
}

/** 1 / ticks. */
// @ts-ignore: decorator
@inline
export function tickShare(call: NeuronCall): v128 {
  return f32x4.splat(1 / <f32>(call.inputs * call.repeat));
}

/** Adds `x` to a row of dConstants, only in the lanes of the group at u0 that no earlier group has. */
// @ts-ignore: decorator
@inline
export function addConstant(call: NeuronCall, row: i32, u0: i32, x: v128): void {
  const start = min(u0, call.units - 4);
  const fresh = i32x4.ge_s(i32x4.splat(start), i32x4.sub(i32x4.splat(u0), i32x4(0, 1, 2, 3)));
  const at = call.dConstants + (<usize>(row * call.units + start) << 2);
  v128.store(at, f32x4.add(v128.load(at), v128.and(x, fresh)));
}

/**
 * x, read back from scratch. V8 works a value out as late as it can, which is in the innermost loop that uses it; what is
 * loaded stays where it is written.
 */
// @ts-ignore: decorator
@inline
export function held(call: NeuronCall, x: v128): v128 {
  v128.store(call.scratch, x);
  return v128.load(call.scratch);
}
