import { groupStart, one, splat } from "./lanes";
import { addConstant, NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { carried, HARD, SOFT } from "./reset";
import { surrogate } from "./surrogate";

// Leaky integrate-and-fire, all ticks of four neurons at a time (equations: neurons/lif.ts).
//
// Constants: decay, threshold. State: v, and the refractory counter where there is one. Nothing is kept for the
// backward pass, which works v out again into a scratch of one lane group (in the first-level cache).

// @ts-ignore: decorator
@inline
function forward(call: NeuronCall, reset: i32, refractory: i32): bool {
  const slice = sliceBytes(call);
  const row = <usize>call.units << 2;
  const states = refractory > 0 ? 2 : 1;
  const hold = splat(<f32>refractory);
  const mean = call.mean;
  const trace = call.trace;
  let broken = splat(0);
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < call.units; u0 += 4) {
      const u = groupStart(u0, call.units);
      const unit = <usize>u << 2;
      const lane = <usize>r * row + unit;
      const d = v128.load(call.constants + unit);
      const theta = v128.load(call.constants + row + unit);
      let v = call.initial ? v128.load(call.initial + lane) : splat(0);
      let wait = refractory > 0 && call.initial ? v128.load(call.initial + slice + lane) : splat(0);
      let fired = refractory > 0 ? f32x4.eq(wait, hold) : f32x4.gt(v, theta);
      let count = i32x4.splat(0);
      let current = call.currents + lane;
      let at = lane;
      let traced = trace + lane;
      for (let i = 0; i < call.inputs; i++) {
        const drive = v128.load(current);
        for (let k = 0; k < call.repeat; k++) {
          v = carried(v, fired, d, theta, reset);
          if (refractory > 0) {
            const open = f32x4.eq(wait, splat(0));
            v = f32x4.add(v, v128.and(drive, open));
            fired = v128.and(f32x4.gt(v, theta), open);
            wait = v128.bitselect(hold, f32x4.max(f32x4.sub(wait, splat(1)), splat(0)), fired);
          } else {
            v = f32x4.add(v, drive);
            fired = f32x4.gt(v, theta);
          }
          count = i32x4.sub(count, fired);
          if (!mean) v128.store(call.out + at, one(fired));
          if (trace) {
            v128.store(traced, v);
            if (refractory > 0) v128.store(traced + slice, wait);
            traced += slice * states;
          }
          at += slice;
        }
        current += slice;
      }
      if (mean) v128.store(call.out + lane, f32x4.mul(f32x4.convert_i32x4_s(count), tickShare(call)));
      if (call.final) {
        v128.store(call.final + lane, v);
        if (refractory > 0) v128.store(call.final + slice + lane, wait);
      }
      broken = v128.or(broken, f32x4.ne(v, v));
    }
  }
  return v128.any_true(broken);
}

/** refractory: ticks without input after a spike. Returns whether a membrane is not a number. */
export function lifForward(call: NeuronCall, reset: i32, refractory: i32): bool {
  if (refractory > 0) return forward(call, reset, refractory);
  if (reset == HARD) return forward(call, HARD, 0);
  if (reset == SOFT) return forward(call, SOFT, 0);
  return forward(call, 2, 0);
}

/** Bytes of scratch a tick: v and, where there is a refractory time, the masks of spiking and of taking input. */
export function lifBackward(call: NeuronCall, reset: i32, refractory: i32): void {
  const slice = sliceBytes(call);
  const row = <usize>call.units << 2;
  const hold = splat(<f32>refractory);
  const ticks = call.inputs * call.repeat;
  const w = splat(call.width);
  const a = splat(call.height);
  const kind = call.kind;
  const through = call.detachReset == 0;
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < call.units; u0 += 4) {
      const u = groupStart(u0, call.units);
      const unit = <usize>u << 2;
      const lane = <usize>r * row + unit;
      const d = v128.load(call.constants + unit);
      const theta = v128.load(call.constants + row + unit);
      let v = call.initial ? v128.load(call.initial + lane) : splat(0);
      let wait = refractory > 0 && call.initial ? v128.load(call.initial + slice + lane) : splat(0);
      let fired = refractory > 0 ? f32x4.eq(wait, hold) : f32x4.gt(v, theta);
      let open = i32x4.splat(-1);
      let keep = call.scratch;
      v128.store(keep, v);
      v128.store(keep, fired, 16);
      v128.store(keep, open, 32);
      let current = call.currents + lane;
      for (let i = 0; i < call.inputs; i++) {
        const drive = v128.load(current);
        for (let k = 0; k < call.repeat; k++) {
          v = carried(v, fired, d, theta, reset);
          if (refractory > 0) {
            open = f32x4.eq(wait, splat(0));
            v = f32x4.add(v, v128.and(drive, open));
            fired = v128.and(f32x4.gt(v, theta), open);
            wait = v128.bitselect(hold, f32x4.max(f32x4.sub(wait, splat(1)), splat(0)), fired);
          } else {
            v = f32x4.add(v, drive);
            fired = f32x4.gt(v, theta);
          }
          keep += 48;
          v128.store(keep, v);
          v128.store(keep, fired, 16);
          v128.store(keep, open, 32);
        }
        current += slice;
      }
      // lambda: the gradient of the loss with respect to v after the tick at hand; onReset: to the last tick's spikes.
      let lambda = call.dFinal ? v128.load(call.dFinal + lane) : splat(0);
      let onReset = splat(0);
      let onDecay = splat(0);
      let onThreshold = splat(0);
      const shared = call.mean ? f32x4.mul(v128.load(call.gradient + lane), tickShare(call)) : splat(0);
      let at = lane + <usize>(ticks - 1) * slice;
      let sink = call.dCurrents + lane + <usize>(call.inputs - 1) * slice;
      v = v128.load(keep);
      open = v128.load(keep, 32);
      for (let i = 0; i < call.inputs; i++) {
        let sum = splat(0);
        for (let k = 0; k < call.repeat; k++) {
          const onSpike = f32x4.add(onReset, call.mean ? shared : v128.load(call.gradient + at));
          const slope = f32x4.mul(onSpike, v128.and(surrogate(kind, f32x4.sub(v, theta), w, a), open));
          lambda = f32x4.add(lambda, slope);
          onThreshold = f32x4.sub(onThreshold, slope);
          sum = f32x4.add(sum, v128.and(lambda, open));
          keep -= 48;
          v = v128.load(keep);
          fired = v128.load(keep, 16);
          open = v128.load(keep, 32);
          onReset = splat(0);
          if (reset == HARD) {
            onDecay = f32x4.add(onDecay, v128.andnot(f32x4.mul(lambda, v), fired));
            if (through) onReset = f32x4.neg(f32x4.mul(f32x4.mul(lambda, d), v));
            lambda = v128.andnot(f32x4.mul(lambda, d), fired);
          } else {
            onDecay = f32x4.add(onDecay, f32x4.mul(lambda, v));
            if (reset == SOFT) {
              onThreshold = f32x4.sub(onThreshold, v128.and(lambda, fired));
              if (through) onReset = f32x4.neg(f32x4.mul(lambda, theta));
            }
            lambda = f32x4.mul(lambda, d);
          }
          at -= slice;
        }
        v128.store(sink, sum);
        sink -= slice;
      }
      // The state before the first tick: its spikes' reset is part of this run.
      const slope = refractory > 0 ? splat(0) : f32x4.mul(onReset, surrogate(kind, f32x4.sub(v, theta), w, a));
      if (call.dInitial) {
        v128.store(call.dInitial + lane, f32x4.add(lambda, slope));
        if (refractory > 0) v128.store(call.dInitial + slice + lane, splat(0));
      }
      if (call.dConstants) {
        addConstant(call, 0, u0, onDecay);
        addConstant(call, 1, u0, f32x4.sub(onThreshold, slope));
      }
    }
  }
}
