import { groupStart, one, splat } from "./lanes";
import { addConstant, NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { surrogate } from "./surrogate";

// The published Hodgkin-Huxley neuron, folded (equations: neurons/hh-published.ts). Its gate rates do not depend on
// the voltage, so per unit and tick it is a linear time-varying filter with a threshold and no reset:
//
//   V <- A[t] V + dt I + c[t];   s = [V > threshold]
//
// Constants: A (one row a tick), c (one row a tick), dt, threshold. State: V.

export function filterForward(call: NeuronCall): bool {
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

/** Scratch: 16 bytes a tick. detachIonic: what the voltage does to its own currents is left out: dV' / dV = 1, not A. */
export function filterBackward(call: NeuronCall, detachIonic: bool): void {
  const slice = sliceBytes(call);
  const row = <usize>call.units << 2;
  const ticks = call.inputs * call.repeat;
  const drives = <usize>ticks * row;
  const w = splat(call.width);
  const a = splat(call.height);
  const kind = call.kind;
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < call.units; u0 += 4) {
      const unit = <usize>groupStart(u0, call.units) << 2;
      const lane = <usize>r * row + unit;
      let coefficient = call.constants + unit;
      const dt = v128.load(coefficient + drives * 2);
      const theta = v128.load(coefficient + drives * 2 + row);
      let v = call.initial ? v128.load(call.initial + lane) : splat(0);
      let current = call.currents + lane;
      let stack = call.scratch;
      // The stack holds V before each tick.
      for (let i = 0; i < call.inputs; i++) {
        const input = f32x4.mul(dt, v128.load(current));
        for (let k = 0; k < call.repeat; k++) {
          v128.store(stack, v);
          const kept = f32x4.mul(v128.load(coefficient), v);
          v = f32x4.add(f32x4.add(kept, input), v128.load(coefficient + drives));
          stack += 16;
          coefficient += row;
        }
        current += slice;
      }
      let lambda = call.dFinal ? v128.load(call.dFinal + lane) : splat(0);
      let onGain = splat(0);
      let onThreshold = splat(0);
      const shared = call.mean ? f32x4.mul(v128.load(call.gradient + lane), tickShare(call)) : splat(0);
      let at = lane + <usize>(ticks - 1) * slice;
      let sink = call.dCurrents + lane + <usize>(call.inputs - 1) * slice;
      for (let i = call.inputs - 1; i >= 0; i--) {
        let sum = splat(0);
        for (let k = call.repeat - 1; k >= 0; k--) {
          coefficient -= row;
          stack -= 16;
          const onSpike = call.mean ? shared : v128.load(call.gradient + at);
          const slope = f32x4.mul(onSpike, surrogate(kind, f32x4.sub(v, theta), w, a));
          v = v128.load(stack);
          lambda = f32x4.add(lambda, slope);
          sum = f32x4.add(sum, lambda);
          if (call.dConstants) {
            onThreshold = f32x4.sub(onThreshold, slope);
            const tick = i * call.repeat + k;
            addConstant(call, tick, u0, f32x4.mul(lambda, v));
            addConstant(call, ticks + tick, u0, lambda);
          }
          if (!detachIonic) lambda = f32x4.mul(lambda, v128.load(coefficient));
          at -= slice;
        }
        v128.store(sink, f32x4.mul(sum, dt));
        if (call.dConstants) {
          onGain = f32x4.add(onGain, f32x4.mul(sum, v128.load(call.currents + lane + <usize>i * slice)));
        }
        sink -= slice;
      }
      if (call.dInitial) v128.store(call.dInitial + lane, lambda);
      if (call.dConstants) {
        addConstant(call, 2 * ticks, u0, onGain);
        addConstant(call, 2 * ticks + 1, u0, onThreshold);
      }
    }
  }
}
