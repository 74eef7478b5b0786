import { groupStart, one, splat } from "./lanes";
import { backwardMean, forwardMean } from "./lif-training";
import { addConstant, NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { carried, HARD, SOFT } from "./reset";
import { ROWS } from "./rows";
import { RECTANGLE, surrogate } from "./surrogate";

// Leaky integrate-and-fire, four neurons at a time (equations: neurons/lif.ts).
//
// Constants: decay, threshold. State: v, and the refractory counter where there is one. Nothing is kept for the
// backward pass, which works v out again in a scratch of one group (in the first-level cache).

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
  if (call.mean && !call.trace && call.rows >= ROWS) {
    if (reset == HARD) return forwardMean(call, HARD);
    if (reset == SOFT) return forwardMean(call, SOFT);
    return forwardMean(call, 2);
  }
  if (reset == HARD) return forward(call, HARD, 0);
  if (reset == SOFT) return forward(call, SOFT, 0);
  return forward(call, 2, 0);
}

// Backward. The gradient lambda of the loss with respect to v after a tick follows from the one a tick later:
//
//   lambda <- K lambda + G,   G = g sigma'(v - threshold), g being the gradient of the tick's output
//
//   hard   K = d (1 - s - v sigma');   soft   K = d - threshold sigma';   none   K = d      (sigma' = 0 in K: detached reset)
//
// K and G depend on v alone, so they are worked out on the way forward, and the way back is one product and one sum a tick:
// short enough for the processor to work on several groups of units at once.

/** Scratch of a tick: K, G, mask of taking input; for trained constants also v, mask of spikes, sigma'. */
const STATE: usize = 96;

/** K of a tick. */
// @ts-ignore: decorator
@inline
function step(v: v128, fired: v128, slope: v128, d: v128, theta: v128, reset: i32, through: bool): v128 {
  if (reset == HARD) {
    const kept = v128.andnot(splat(1), fired);
    return f32x4.mul(d, through ? f32x4.sub(kept, f32x4.mul(v, slope)) : kept);
  }
  if (reset == SOFT && through) return f32x4.sub(d, f32x4.mul(theta, slope));
  return d;
}

/** The gradient with respect to a tick's spikes by way of their reset, `lambda` being that with respect to v a tick later. */
// @ts-ignore: decorator
@inline
function onReset(v: v128, lambda: v128, d: v128, theta: v128, reset: i32, through: bool): v128 {
  if (reset == HARD && through) return f32x4.neg(f32x4.mul(f32x4.mul(lambda, d), v));
  if (reset == SOFT && through) return f32x4.neg(f32x4.mul(lambda, theta));
  return splat(0);
}

// @ts-ignore: decorator
@inline
function backward(call: NeuronCall, reset: i32, refractory: i32, trained: bool): void {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const hold = splat(<f32>refractory);
  const ticks = call.inputs * call.repeat;
  const w = splat(call.width);
  const a = splat(call.height);
  const kind = call.kind;
  const mean = call.mean;
  const share = mean ? tickShare(call) : splat(1);
  const through = call.detachReset == 0;
  const initial = call.initial;
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < units; u0 += 4) {
      const unit = <usize>groupStart(u0, units) << 2;
      const lane = <usize>r * row + unit;
      const d = v128.load(call.constants + unit);
      const theta = v128.load(call.constants + row + unit);
      const shared = mean ? f32x4.mul(v128.load(call.gradient + lane), share) : splat(0);
      let v = initial ? v128.load(initial + lane) : splat(0);
      let wait = refractory > 0 && initial ? v128.load(initial + slice + lane) : splat(0);
      let fired = refractory > 0 ? f32x4.eq(wait, hold) : f32x4.gt(v, theta);
      let open = i32x4.splat(-1);
      let keep = call.scratch;
      let current = call.currents + lane;
      let gradient = call.gradient + lane;
      // The state before the first tick: its spikes' reset is part of this run, their output is not.
      let slope = refractory > 0 ? splat(0) : surrogate(kind, f32x4.sub(v, theta), w, a);
      v128.store(keep, step(v, fired, slope, d, theta, reset, through));
      if (trained) {
        v128.store(keep, v, 48);
        v128.store(keep, fired, 64);
        v128.store(keep, slope, 80);
      }
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
          slope = surrogate(kind, f32x4.sub(v, theta), w, a);
          if (refractory > 0) slope = v128.and(slope, open);
          keep += STATE;
          v128.store(keep, step(v, fired, slope, d, theta, reset, through));
          v128.store(keep, f32x4.mul(slope, mean ? shared : v128.load(gradient)), 16);
          if (refractory > 0) v128.store(keep, open, 32);
          if (trained) {
            v128.store(keep, v, 48);
            v128.store(keep, fired, 64);
            v128.store(keep, slope, 80);
          }
          gradient += slice;
        }
        current += slice;
      }
      let lambda = splat(0);
      let onFinal = call.dFinal ? v128.load(call.dFinal + lane) : splat(0);
      let onDecay = splat(0);
      let onThreshold = splat(0);
      let sink = call.dCurrents + lane + <usize>(call.inputs - 1) * slice;
      for (let i = 0; i < call.inputs; i++) {
        let sum = splat(0);
        for (let k = 0; k < call.repeat; k++) {
          if (trained) {
            // -(g + what comes by the reset) sigma'; the part of g stands in G.
            const byReset = onReset(v128.load(keep, 48), lambda, d, theta, reset, through);
            const onV = f32x4.add(v128.load(keep, 16), f32x4.mul(byReset, v128.load(keep, 80)));
            onThreshold = f32x4.sub(onThreshold, onV);
          }
          lambda = f32x4.add(f32x4.add(f32x4.mul(v128.load(keep), lambda), onFinal), v128.load(keep, 16));
          onFinal = splat(0);
          sum = f32x4.add(sum, refractory > 0 ? v128.and(lambda, v128.load(keep, 32)) : lambda);
          keep -= STATE;
          if (trained) {
            const before = v128.load(keep, 48);
            const spiked = v128.load(keep, 64);
            const onKept = f32x4.mul(lambda, before);
            onDecay = f32x4.add(onDecay, reset == HARD ? v128.andnot(onKept, spiked) : onKept);
            if (reset == SOFT) onThreshold = f32x4.sub(onThreshold, v128.and(lambda, spiked));
          }
        }
        v128.store(sink, sum);
        sink -= slice;
      }
      if (trained) {
        const onFirst = f32x4.mul(onReset(v128.load(keep, 48), lambda, d, theta, reset, through), v128.load(keep, 80));
        addConstant(call, 0, u0, onDecay);
        addConstant(call, 1, u0, f32x4.sub(onThreshold, onFirst));
      }
      if (call.dInitial) {
        v128.store(call.dInitial + lane, f32x4.mul(v128.load(keep), lambda));
        if (refractory > 0) v128.store(call.dInitial + slice + lane, splat(0));
      }
    }
  }
}

export function lifBackward(call: NeuronCall, reset: i32, refractory: i32): void {
  const trained = call.dConstants != 0;
  if (refractory > 0) backward(call, reset, refractory, trained);
  else if (trained) backward(call, reset, 0, true);
  else if (call.mean && call.kind == RECTANGLE && call.rows >= ROWS) {
    if (reset == HARD) backwardMean(call, HARD);
    else if (reset == SOFT) backwardMean(call, SOFT);
    else backwardMean(call, 2);
  }
  else if (reset == HARD) backward(call, HARD, 0, false);
  else if (reset == SOFT) backward(call, SOFT, 0, false);
  else backward(call, 2, 0, false);
}
