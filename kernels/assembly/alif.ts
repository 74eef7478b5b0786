import { groupStart, one, splat } from "./lanes";
import { addConstant, NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { carried, HARD, SOFT } from "./reset";
import { surrogate } from "./surrogate";

// Integrate-and-fire with a threshold that rises with every spike, all ticks of four neurons at a time (equations:
// neurons/alif.ts).
//
// Constants: decay d, threshold theta, adaptation decay rho, adaptation strength beta. State: v, a. Nothing is kept for
// the backward pass.

export function alifForward(call: NeuronCall, reset: i32): bool {
  const slice = sliceBytes(call);
  const row = <usize>call.units << 2;
  const mean = call.mean;
  const trace = call.trace;
  let broken = splat(0);
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < call.units; u0 += 4) {
      const unit = <usize>groupStart(u0, call.units) << 2;
      const lane = <usize>r * row + unit;
      const constants = call.constants + unit;
      const d = v128.load(constants);
      const theta = v128.load(constants + row);
      const rho = v128.load(constants + row * 2);
      const beta = v128.load(constants + row * 3);
      let v = call.initial ? v128.load(call.initial + lane) : splat(0);
      let a = call.initial ? v128.load(call.initial + slice + lane) : splat(0);
      let fired = f32x4.gt(v, f32x4.add(theta, f32x4.mul(beta, a)));
      let count = i32x4.splat(0);
      let current = call.currents + lane;
      let at = lane;
      let traced = trace + lane;
      for (let i = 0; i < call.inputs; i++) {
        const drive = v128.load(current);
        for (let k = 0; k < call.repeat; k++) {
          v = f32x4.add(carried(v, fired, d, theta, reset), drive);
          a = f32x4.add(f32x4.mul(rho, a), one(fired));
          fired = f32x4.gt(v, f32x4.add(theta, f32x4.mul(beta, a)));
          count = i32x4.sub(count, fired);
          if (!mean) v128.store(call.out + at, one(fired));
          if (trace) {
            v128.store(traced, v);
            v128.store(traced + slice, a);
            traced += slice * 2;
          }
          at += slice;
        }
        current += slice;
      }
      if (mean) v128.store(call.out + lane, f32x4.mul(f32x4.convert_i32x4_s(count), tickShare(call)));
      if (call.final) {
        v128.store(call.final + lane, v);
        v128.store(call.final + slice + lane, a);
      }
      broken = v128.or(broken, f32x4.ne(v, v));
    }
  }
  return v128.any_true(broken);
}

/** Scratch: 32 bytes a tick and once more for the state before the first. */
export function alifBackward(call: NeuronCall, reset: i32): void {
  const slice = sliceBytes(call);
  const row = <usize>call.units << 2;
  const ticks = call.inputs * call.repeat;
  const width = splat(call.width);
  const height = splat(call.height);
  const kind = call.kind;
  const through = call.detachReset == 0;
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < call.units; u0 += 4) {
      const unit = <usize>groupStart(u0, call.units) << 2;
      const lane = <usize>r * row + unit;
      const constants = call.constants + unit;
      const d = v128.load(constants);
      const theta = v128.load(constants + row);
      const rho = v128.load(constants + row * 2);
      const beta = v128.load(constants + row * 3);
      let v = call.initial ? v128.load(call.initial + lane) : splat(0);
      let a = call.initial ? v128.load(call.initial + slice + lane) : splat(0);
      let keep = call.scratch;
      v128.store(keep, v);
      v128.store(keep, a, 16);
      let current = call.currents + lane;
      for (let i = 0; i < call.inputs; i++) {
        const drive = v128.load(current);
        for (let k = 0; k < call.repeat; k++) {
          const fired = f32x4.gt(v, f32x4.add(theta, f32x4.mul(beta, a)));
          v = f32x4.add(carried(v, fired, d, theta, reset), drive);
          a = f32x4.add(f32x4.mul(rho, a), one(fired));
          keep += 32;
          v128.store(keep, v);
          v128.store(keep, a, 16);
        }
        current += slice;
      }
      // The gradient of the loss with respect to v, a after the tick at hand and, by way of reset and adaptation, its spikes.
      let onV = call.dFinal ? v128.load(call.dFinal + lane) : splat(0);
      let onA = call.dFinal ? v128.load(call.dFinal + slice + lane) : splat(0);
      let onNext = splat(0);
      let onDecay = splat(0);
      let onThreshold = splat(0);
      let onRho = splat(0);
      let onBeta = splat(0);
      const shared = call.mean ? f32x4.mul(v128.load(call.gradient + lane), tickShare(call)) : splat(0);
      let at = lane + <usize>(ticks - 1) * slice;
      let sink = call.dCurrents + lane + <usize>(call.inputs - 1) * slice;
      for (let i = 0; i < call.inputs; i++) {
        let sum = splat(0);
        for (let k = 0; k < call.repeat; k++) {
          const onSpike = f32x4.add(onNext, call.mean ? shared : v128.load(call.gradient + at));
          const distance = f32x4.sub(v, f32x4.add(theta, f32x4.mul(beta, a)));
          const slope = f32x4.mul(onSpike, surrogate(kind, distance, width, height));
          onV = f32x4.add(onV, slope);
          onA = f32x4.sub(onA, f32x4.mul(beta, slope));
          onThreshold = f32x4.sub(onThreshold, slope);
          onBeta = f32x4.sub(onBeta, f32x4.mul(slope, a));
          sum = f32x4.add(sum, onV);
          keep -= 32;
          v = v128.load(keep);
          a = v128.load(keep, 16);
          const fired = f32x4.gt(v, f32x4.add(theta, f32x4.mul(beta, a)));
          onRho = f32x4.add(onRho, f32x4.mul(onA, a));
          onNext = onA;
          onA = f32x4.mul(onA, rho);
          if (reset == HARD) {
            onDecay = f32x4.add(onDecay, v128.andnot(f32x4.mul(onV, v), fired));
            if (through) onNext = f32x4.sub(onNext, f32x4.mul(f32x4.mul(onV, d), v));
            onV = v128.andnot(f32x4.mul(onV, d), fired);
          } else {
            onDecay = f32x4.add(onDecay, f32x4.mul(onV, v));
            if (reset == SOFT) {
              onThreshold = f32x4.sub(onThreshold, v128.and(onV, fired));
              if (through) onNext = f32x4.sub(onNext, f32x4.mul(onV, theta));
            }
            onV = f32x4.mul(onV, d);
          }
          at -= slice;
        }
        v128.store(sink, sum);
        sink -= slice;
      }
      // The spikes of the state before the first tick.
      const distance = f32x4.sub(v, f32x4.add(theta, f32x4.mul(beta, a)));
      const slope = f32x4.mul(onNext, surrogate(kind, distance, width, height));
      if (call.dInitial) {
        v128.store(call.dInitial + lane, f32x4.add(onV, slope));
        v128.store(call.dInitial + slice + lane, f32x4.sub(onA, f32x4.mul(beta, slope)));
      }
      if (call.dConstants) {
        addConstant(call, 0, u0, onDecay);
        addConstant(call, 1, u0, f32x4.sub(onThreshold, slope));
        addConstant(call, 2, u0, onRho);
        addConstant(call, 3, u0, f32x4.sub(onBeta, f32x4.mul(slope, a)));
      }
    }
  }
}
