import { groupStart, one, splat } from "./lanes";
import { addConstant, NeuronCall, sliceBytes } from "./neuron-call";
import { surrogate } from "./surrogate";

// The published "ANN" unit (equations: neurons/ann.ts): nothing carries over, so that each distinct input is worked out once.
//
//   x = max(0, I);   s = [x > threshold]
//
// Constants: threshold. State: x, which the next tick does not read.

export function binaryForward(call: NeuronCall): bool {
  const slice = sliceBytes(call);
  const share = splat(1 / <f32>call.inputs);
  let broken = splat(0);
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < call.units; u0 += 4) {
      const u = groupStart(u0, call.units);
      const lane = <usize>(r * call.units + u) << 2;
      const theta = v128.load(call.constants + (<usize>u << 2));
      let count = splat(0);
      let at = lane;
      let x = splat(0);
      for (let i = 0; i < call.inputs; i++) {
        x = f32x4.max(v128.load(call.currents + lane + <usize>i * slice), splat(0));
        broken = v128.or(broken, f32x4.ne(x, x));
        const s = one(f32x4.gt(x, theta));
        count = f32x4.add(count, s);
        for (let k = 0; k < call.repeat; k++) {
          if (!call.mean) v128.store(call.out + at, s);
          if (call.trace) v128.store(call.trace + at, x);
          at += slice;
        }
      }
      if (call.mean) v128.store(call.out + lane, f32x4.mul(count, share));
      if (call.final) v128.store(call.final + lane, x);
    }
  }
  return v128.any_true(broken);
}

export function binaryBackward(call: NeuronCall): void {
  const slice = sliceBytes(call);
  const share = splat(1 / <f32>call.inputs);
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < call.units; u0 += 4) {
      const u = groupStart(u0, call.units);
      const lane = <usize>(r * call.units + u) << 2;
      const theta = v128.load(call.constants + (<usize>u << 2));
      const shared = call.mean ? f32x4.mul(v128.load(call.gradient + lane), share) : splat(0);
      let onThreshold = splat(0);
      let at = lane;
      for (let i = 0; i < call.inputs; i++) {
        const current = v128.load(call.currents + lane + <usize>i * slice);
        const x = f32x4.max(current, splat(0));
        let onSpike = shared;
        for (let k = 0; k < call.repeat; k++) {
          if (!call.mean) onSpike = f32x4.add(onSpike, v128.load(call.gradient + at));
          at += slice;
        }
        const slope = surrogate(call.kind, f32x4.sub(x, theta), splat(call.width), splat(call.height));
        let onX = f32x4.mul(onSpike, slope);
        onThreshold = f32x4.sub(onThreshold, onX);
        if (call.dFinal && i == call.inputs - 1) onX = f32x4.add(onX, v128.load(call.dFinal + lane));
        v128.store(call.dCurrents + lane + <usize>i * slice, v128.and(onX, f32x4.gt(current, splat(0))));
      }
      if (call.dInitial) v128.store(call.dInitial + lane, splat(0));
      if (call.dConstants) addConstant(call, 0, u0, onThreshold);
    }
  }
}
