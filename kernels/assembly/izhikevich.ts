import { groupStart, one, splat } from "./lanes";
import { addConstant, NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { surrogate } from "./surrogate";

// Izhikevich's neuron, forward Euler, all ticks of four neurons at a time (equations: neurons/izhikevich.ts).
//
// The current is I = gain x + offset. Constants: a, b, c, d, peak. State: v, u. Every tick is `substeps` substeps of `dt`
// ms; its output is the number of spikes. Nothing is kept for the backward pass.

/** v + dt (0.04 v^2 + 5 v + 140 - u + I) */
// @ts-ignore: decorator
@inline
function rise(v: v128, u: v128, current: v128, dt: v128): v128 {
  const own = f32x4.mul(f32x4.add(f32x4.mul(splat(0.04), v), splat(5)), v);
  return f32x4.add(v, f32x4.mul(dt, f32x4.add(f32x4.sub(f32x4.add(own, splat(140)), u), current)));
}

/** u + dt a (b v - u) */
// @ts-ignore: decorator
@inline
function recover(v: v128, u: v128, dtA: v128, b: v128): v128 {
  return f32x4.add(u, f32x4.mul(dtA, f32x4.sub(f32x4.mul(b, v), u)));
}

export function izhikevichForward(call: NeuronCall, substeps: i32, dtMs: f32, gain: f32, offset: f32): bool {
  const slice = sliceBytes(call);
  const row = <usize>call.units << 2;
  const dt = splat(dtMs);
  let broken = splat(0);
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < call.units; u0 += 4) {
      const unit = <usize>groupStart(u0, call.units) << 2;
      const lane = <usize>r * row + unit;
      const constants = call.constants + unit;
      const dtA = f32x4.mul(dt, v128.load(constants));
      const b = v128.load(constants + row);
      const c = v128.load(constants + row * 2);
      const d = v128.load(constants + row * 3);
      const peak = v128.load(constants + row * 4);
      let v = call.initial ? v128.load(call.initial + lane) : splat(-70);
      let u = call.initial ? v128.load(call.initial + slice + lane) : splat(-14);
      let total = splat(0);
      let current = call.currents + lane;
      let at = lane;
      let traced = call.trace + lane;
      for (let i = 0; i < call.inputs; i++) {
        const input = f32x4.add(f32x4.mul(splat(gain), v128.load(current)), splat(offset));
        for (let k = 0; k < call.repeat; k++) {
          let count = splat(0);
          for (let q = 0; q < substeps; q++) {
            const up = rise(v, u, input, dt);
            const next = recover(v, u, dtA, b);
            const fired = f32x4.gt(up, peak);
            v = v128.bitselect(c, up, fired);
            u = f32x4.add(next, v128.and(d, fired));
            count = f32x4.add(count, one(fired));
          }
          total = f32x4.add(total, count);
          if (!call.mean) v128.store(call.out + at, count);
          if (call.trace) {
            v128.store(traced, v);
            v128.store(traced + slice, u);
            traced += slice * 2;
          }
          at += slice;
        }
        current += slice;
      }
      if (call.mean) v128.store(call.out + lane, f32x4.mul(total, tickShare(call)));
      if (call.final) {
        v128.store(call.final + lane, v);
        v128.store(call.final + slice + lane, u);
      }
      broken = v128.or(broken, f32x4.ne(v, v));
    }
  }
  return v128.any_true(broken);
}

/** Scratch: 32 bytes a substep, the state before it. */
export function izhikevichBackward(call: NeuronCall, substeps: i32, dtMs: f32, gain: f32, offset: f32): void {
  const slice = sliceBytes(call);
  const row = <usize>call.units << 2;
  const ticks = call.inputs * call.repeat;
  const dt = splat(dtMs);
  const width = splat(call.width);
  const height = splat(call.height);
  const kind = call.kind;
  const through = call.detachReset == 0;
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < call.units; u0 += 4) {
      const unit = <usize>groupStart(u0, call.units) << 2;
      const lane = <usize>r * row + unit;
      const constants = call.constants + unit;
      const a = v128.load(constants);
      const dtA = f32x4.mul(dt, a);
      const b = v128.load(constants + row);
      const c = v128.load(constants + row * 2);
      const d = v128.load(constants + row * 3);
      const peak = v128.load(constants + row * 4);
      let v = call.initial ? v128.load(call.initial + lane) : splat(-70);
      let u = call.initial ? v128.load(call.initial + slice + lane) : splat(-14);
      let keep = call.scratch;
      let current = call.currents + lane;
      for (let i = 0; i < call.inputs; i++) {
        const input = f32x4.add(f32x4.mul(splat(gain), v128.load(current)), splat(offset));
        for (let k = 0; k < call.repeat * substeps; k++) {
          v128.store(keep, v);
          v128.store(keep, u, 16);
          keep += 32;
          const up = rise(v, u, input, dt);
          const next = recover(v, u, dtA, b);
          const fired = f32x4.gt(up, peak);
          v = v128.bitselect(c, up, fired);
          u = f32x4.add(next, v128.and(d, fired));
        }
        current += slice;
      }
      let onV = call.dFinal ? v128.load(call.dFinal + lane) : splat(0);
      let onU = call.dFinal ? v128.load(call.dFinal + slice + lane) : splat(0);
      let onA = splat(0);
      let onB = splat(0);
      let onC = splat(0);
      let onD = splat(0);
      let onPeak = splat(0);
      const shared = call.mean ? f32x4.mul(v128.load(call.gradient + lane), tickShare(call)) : splat(0);
      let at = lane + <usize>(ticks - 1) * slice;
      current -= slice;
      let sink = call.dCurrents + lane + <usize>(call.inputs - 1) * slice;
      for (let i = 0; i < call.inputs; i++) {
        const input = f32x4.add(f32x4.mul(splat(gain), v128.load(current)), splat(offset));
        let sum = splat(0);
        for (let k = 0; k < call.repeat; k++) {
          const onCount = call.mean ? shared : v128.load(call.gradient + at);
          for (let q = 0; q < substeps; q++) {
            keep -= 32;
            v = v128.load(keep);
            u = v128.load(keep, 16);
            const up = rise(v, u, input, dt);
            const fired = f32x4.gt(up, peak);
            let onSpike = onCount;
            if (through) {
              onSpike = f32x4.add(onSpike, f32x4.add(f32x4.mul(onV, f32x4.sub(c, up)), f32x4.mul(onU, d)));
            }
            const slope = f32x4.mul(onSpike, surrogate(kind, f32x4.sub(up, peak), width, height));
            onC = f32x4.add(onC, v128.and(onV, fired));
            onD = f32x4.add(onD, v128.and(onU, fired));
            onPeak = f32x4.sub(onPeak, slope);
            const onUp = f32x4.add(v128.andnot(onV, fired), slope);
            onA = f32x4.add(onA, f32x4.mul(onU, f32x4.mul(dt, f32x4.sub(f32x4.mul(b, v), u))));
            onB = f32x4.add(onB, f32x4.mul(onU, f32x4.mul(dtA, v)));
            const dtOnUp = f32x4.mul(dt, onUp);
            sum = f32x4.add(sum, dtOnUp);
            const byV = f32x4.add(f32x4.mul(splat(0.08), v), splat(5));
            onV = f32x4.add(f32x4.add(onUp, f32x4.mul(dtOnUp, byV)), f32x4.mul(onU, f32x4.mul(dtA, b)));
            onU = f32x4.sub(f32x4.sub(onU, f32x4.mul(dtA, onU)), dtOnUp);
          }
          at -= slice;
        }
        v128.store(sink, f32x4.mul(splat(gain), sum));
        sink -= slice;
        current -= slice;
      }
      if (call.dInitial) {
        v128.store(call.dInitial + lane, onV);
        v128.store(call.dInitial + slice + lane, onU);
      }
      if (call.dConstants) {
        addConstant(call, 0, u0, onA);
        addConstant(call, 1, u0, onB);
        addConstant(call, 2, u0, onC);
        addConstant(call, 3, u0, onD);
        addConstant(call, 4, u0, onPeak);
      }
    }
  }
}
