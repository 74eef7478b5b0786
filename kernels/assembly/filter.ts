import { backwardMean, forwardMean } from "./filter-training";
import { groupStart, one, splat } from "./lanes";
import { addConstant, NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { ROWS } from "./rows";
import { surrogate } from "./surrogate";

// The published Hodgkin-Huxley neuron, folded (equations: neurons/hh-published.ts). Its gate rates do not depend on
// the voltage, so per unit and tick it is a linear time-varying filter with a threshold and no reset:
//
//   V <- A[t] V + dt I + c[t];   s = [V > threshold]
//
// Constants: A (one row a tick), c (one row a tick), dt, threshold. State: V.

export function filterForward(call: NeuronCall): bool {
  return call.mean && !call.trace && call.rows >= ROWS ? forwardMean(call) : forward(call);
}

// @ts-ignore: decorator
@inline
function forward(call: NeuronCall): bool {
  const slice = sliceBytes(call);
  const row = <usize>call.units << 2;
  const ticks = call.inputs * call.repeat;
  const drives = <usize>ticks * row;
  const mean = call.mean;
  const trace = call.trace;
  let broken = splat(0);
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < call.units; u0 += 4) {
      const unit = <usize>groupStart(u0, call.units) << 2;
      const lane = <usize>r * row + unit;
      let coefficient = call.constants + unit;
      const dt = v128.load(coefficient + drives * 2);
      const theta = v128.load(coefficient + drives * 2 + row);
      let v = call.initial ? v128.load(call.initial + lane) : splat(0);
      let count = splat(0);
      let current = call.currents + lane;
      let at = lane;
      for (let i = 0; i < call.inputs; i++) {
        const input = f32x4.mul(dt, v128.load(current));
        for (let k = 0; k < call.repeat; k++) {
          const kept = f32x4.mul(v128.load(coefficient), v);
          v = f32x4.add(f32x4.add(kept, input), v128.load(coefficient + drives));
          const s = one(f32x4.gt(v, theta));
          count = f32x4.add(count, s);
          if (!mean) v128.store(call.out + at, s);
          if (trace) v128.store(trace + at, v);
          at += slice;
          coefficient += row;
        }
        current += slice;
      }
      if (mean) v128.store(call.out + lane, f32x4.mul(count, tickShare(call)));
      if (call.final) v128.store(call.final + lane, v);
      broken = v128.or(broken, f32x4.ne(v, v));
    }
  }
  return v128.any_true(broken);
}

// Backward. The gradient lambda of the loss with respect to V after a tick follows from the one a tick later: A lambda + G,
// G being the gradient of the tick's output times the surrogate derivative, which is worked out on the way forward. Ticks
// are the outer loop and the units of a row the inner one: what is read lies side by side, and the chains are independent.

/** Scratch of a group and tick: V before it, G; then of a group: lambda and the sums over an input's ticks, of gain and threshold. */
const STATE: usize = 32;
const SUMS: usize = 64;

// @ts-ignore: decorator
@inline
function backward(call: NeuronCall, trained: bool, detachIonic: bool): void {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const repeat = call.repeat;
  const ticks = call.inputs * repeat;
  const drives = <usize>ticks * row;
  const gain = call.constants + drives * 2;
  const w = splat(call.width);
  const a = splat(call.height);
  const kind = call.kind;
  const mean = call.mean;
  const share = mean ? tickShare(call) : splat(1);
  const groups = (units + 3) >> 2;
  const rowStates = <usize>groups * STATE;
  const sums = call.scratch + <usize>(ticks + 1) * rowStates;
  for (let r = 0; r < call.rows; r++) {
    const rowLane = <usize>r * row;
    for (let g = 0; g < groups; g++) {
      const lane = rowLane + (<usize>groupStart(g << 2, units) << 2);
      v128.store(call.scratch + <usize>g * STATE, call.initial ? v128.load(call.initial + lane) : splat(0));
      const sum = sums + <usize>g * SUMS;
      v128.store(sum, call.dFinal ? v128.load(call.dFinal + lane) : splat(0));
      for (let k: usize = 16; k < SUMS; k += 16) v128.store(sum + k, splat(0));
    }
    for (let t = 0; t < ticks; t++) {
      const currents = call.currents + rowLane + <usize>(t / repeat) * slice;
      const gradient = call.gradient + rowLane + (mean ? 0 : <usize>t * slice);
      const coefficients = call.constants + <usize>t * row;
      let keep = call.scratch + <usize>t * rowStates;
      for (let g = 0; g < groups; g++) {
        const unit = <usize>groupStart(g << 2, units) << 2;
        const input = f32x4.mul(v128.load(gain + unit), v128.load(currents + unit));
        const kept = f32x4.mul(v128.load(coefficients + unit), v128.load(keep));
        const v = f32x4.add(f32x4.add(kept, input), v128.load(coefficients + drives + unit));
        const slope = surrogate(kind, f32x4.sub(v, v128.load(gain + row + unit)), w, a);
        v128.store(keep, f32x4.mul(slope, f32x4.mul(v128.load(gradient + unit), share)), 16);
        v128.store(keep + rowStates, v);
        keep += STATE;
      }
    }
    for (let i = call.inputs - 1; i >= 0; i--) {
      for (let k = repeat - 1; k >= 0; k--) {
        const t = i * repeat + k;
        const coefficients = call.constants + <usize>t * row;
        let keep = call.scratch + <usize>t * rowStates;
        let sum = sums;
        for (let g = 0; g < groups; g++) {
          const slope = v128.load(keep, 16);
          const lambda = f32x4.add(v128.load(sum), slope);
          const unit = <usize>groupStart(g << 2, units) << 2;
          v128.store(sum, detachIonic ? lambda : f32x4.mul(lambda, v128.load(coefficients + unit)));
          v128.store(sum, f32x4.add(v128.load(sum, 16), lambda), 16);
          if (trained) {
            v128.store(sum, f32x4.sub(v128.load(sum, 48), slope), 48);
            addConstant(call, t, g << 2, f32x4.mul(lambda, v128.load(keep)));
            addConstant(call, ticks + t, g << 2, lambda);
          }
          keep += STATE;
          sum += SUMS;
        }
      }
      for (let g = 0; g < groups; g++) {
        const unit = <usize>groupStart(g << 2, units) << 2;
        const lane = rowLane + <usize>i * slice + unit;
        const sum = sums + <usize>g * SUMS;
        const onInput = v128.load(sum, 16);
        v128.store(call.dCurrents + lane, f32x4.mul(onInput, v128.load(gain + unit)));
        v128.store(sum, splat(0), 16);
        if (trained) {
          const onGain = f32x4.mul(onInput, v128.load(call.currents + lane));
          v128.store(sum, f32x4.add(v128.load(sum, 32), onGain), 32);
        }
      }
    }
    for (let g = 0; g < groups; g++) {
      const sum = sums + <usize>g * SUMS;
      const lane = rowLane + (<usize>groupStart(g << 2, units) << 2);
      if (call.dInitial) v128.store(call.dInitial + lane, v128.load(sum));
      if (trained) {
        addConstant(call, 2 * ticks, g << 2, v128.load(sum, 32));
        addConstant(call, 2 * ticks + 1, g << 2, v128.load(sum, 48));
      }
    }
  }
}

/** detachIonic: what the voltage does to its own currents is left out: dV' / dV = 1, not A. */
export function filterBackward(call: NeuronCall, detachIonic: bool): void {
  if (call.dConstants) backward(call, true, detachIonic);
  else if (call.history) {
    if (detachIonic) backwardMean(call, true);
    else backwardMean(call, false);
  } else backward(call, false, detachIonic);
}
