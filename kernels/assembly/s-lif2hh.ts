import { groupStart, one, splat } from "./lanes";
import { addConstant, NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { quietBackward } from "./s-lif2hh-quiet";
import { RECTANGLE, surrogate } from "./surrogate";

// The simplified LIF2HH neuron: three input compartments and a fourth that they feed (equations: neurons/s-lif2hh.ts).
//
// currents: three planes of units a row; out: four. Constants: decay, threshold, w1, w2, w3, b. State: u1, u2, u3, u4.
// Nothing is kept for the backward pass.

// @ts-ignore: decorator
@inline
function relax(u: v128, d: v128, theta: v128, drive: v128): v128 {
  return f32x4.add(v128.andnot(f32x4.mul(d, u), f32x4.gt(u, theta)), drive);
}

// @ts-ignore: decorator
@inline
function state(call: NeuronCall, k: usize, lane: usize): v128 {
  return call.initial ? v128.load(call.initial + sliceBytes(call) * k + lane) : splat(0);
}

export function sLif2HhForward(call: NeuronCall): bool {
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
      const w1 = v128.load(constants + row * 2);
      const w2 = v128.load(constants + row * 3);
      const w3 = v128.load(constants + row * 4);
      const b = v128.load(constants + row * 5);
      let x1 = state(call, 0, lane);
      let x2 = state(call, 1, lane);
      let x3 = state(call, 2, lane);
      let x4 = state(call, 3, lane);
      let count1 = i32x4.splat(0);
      let count2 = i32x4.splat(0);
      let count3 = i32x4.splat(0);
      let count4 = i32x4.splat(0);
      let current = call.currents + <usize>r * row * 3 + unit;
      const outLane = <usize>r * row * 4 + unit;
      let out = call.out + outLane;
      let traced = trace + lane;
      for (let i = 0; i < call.inputs; i++) {
        const drive1 = v128.load(current);
        const drive2 = v128.load(current + row);
        const drive3 = v128.load(current + row * 2);
        for (let k = 0; k < call.repeat; k++) {
          const fed = f32x4.add(f32x4.add(f32x4.add(f32x4.mul(w1, x1), f32x4.mul(w2, x2)), f32x4.mul(w3, x3)), b);
          x1 = relax(x1, d, theta, drive1);
          x2 = relax(x2, d, theta, drive2);
          x3 = relax(x3, d, theta, drive3);
          x4 = relax(x4, d, theta, fed);
          const fired1 = f32x4.gt(x1, theta);
          const fired2 = f32x4.gt(x2, theta);
          const fired3 = f32x4.gt(x3, theta);
          const fired4 = f32x4.gt(x4, theta);
          count1 = i32x4.sub(count1, fired1);
          count2 = i32x4.sub(count2, fired2);
          count3 = i32x4.sub(count3, fired3);
          count4 = i32x4.sub(count4, fired4);
          if (!mean) {
            v128.store(out, one(fired1));
            v128.store(out + row, one(fired2));
            v128.store(out + row * 2, one(fired3));
            v128.store(out + row * 3, one(fired4));
            out += slice * 4;
          }
          if (trace) {
            v128.store(traced, x1);
            v128.store(traced + slice, x2);
            v128.store(traced + slice * 2, x3);
            v128.store(traced + slice * 3, x4);
            traced += slice * 4;
          }
        }
        current += slice * 3;
      }
      if (mean) {
        const share = tickShare(call);
        v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(count1), share));
        v128.store(out + row, f32x4.mul(f32x4.convert_i32x4_s(count2), share));
        v128.store(out + row * 2, f32x4.mul(f32x4.convert_i32x4_s(count3), share));
        v128.store(out + row * 3, f32x4.mul(f32x4.convert_i32x4_s(count4), share));
      }
      if (call.final) {
        v128.store(call.final + lane, x1);
        v128.store(call.final + slice + lane, x2);
        v128.store(call.final + slice * 2 + lane, x3);
        v128.store(call.final + slice * 3 + lane, x4);
      }
      // A compartment that is not a number makes the fourth one so at the next tick, but there may be none.
      const sum = f32x4.add(f32x4.add(x1, x2), f32x4.add(x3, x4));
      broken = v128.or(broken, f32x4.ne(sum, sum));
    }
  }
  return v128.any_true(broken);
}

/** What a gradient with respect to a tick's spikes is with respect to u. */
// @ts-ignore: decorator
@inline
function throughSpike(onSpike: v128, u: v128, theta: v128, kind: i32, width: v128, height: v128): v128 {
  return f32x4.mul(onSpike, surrogate(kind, f32x4.sub(u, theta), width, height));
}

/**
 * Scratch: 96 bytes a tick, or 64 and once more for the state before the first.
 *
 * @param trainsLeak whether the gradient in decay and threshold is wanted; it is left at 0 where not
 */
export function sLif2HhBackward(call: NeuronCall, trainsLeak: bool): void {
  // What training runs: loops without a choice in them.
  if (call.kind != RECTANGLE) backward(call, call.mean != 0, call.kind, trainsLeak);
  else if (call.mean) backward(call, true, RECTANGLE, trainsLeak);
  else backward(call, false, RECTANGLE, trainsLeak);
}

// @ts-ignore: decorator
@inline
function backward(call: NeuronCall, mean: bool, kind: i32, trainsLeak: bool): void {
  const slice = sliceBytes(call);
  const row = <usize>call.units << 2;
  const ticks = call.inputs * call.repeat;
  const width = splat(call.width);
  const height = splat(call.height);
  const through = call.detachReset == 0 ? splat(1) : splat(0);
  const mayBeQuiet = kind == RECTANGLE && !trainsLeak && !call.initial && !call.dFinal;
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < call.units; u0 += 4) {
      const unit = <usize>groupStart(u0, call.units) << 2;
      if (mayBeQuiet && quietBackward(call, r, unit, mean)) continue;
      const lane = <usize>r * row + unit;
      const constants = call.constants + unit;
      const d = v128.load(constants);
      const theta = v128.load(constants + row);
      const w1 = v128.load(constants + row * 2);
      const w2 = v128.load(constants + row * 3);
      const w3 = v128.load(constants + row * 4);
      const b = v128.load(constants + row * 5);
      let x1 = state(call, 0, lane);
      let x2 = state(call, 1, lane);
      let x3 = state(call, 2, lane);
      let x4 = state(call, 3, lane);
      let keep = call.scratch;
      v128.store(keep, x1);
      v128.store(keep, x2, 16);
      v128.store(keep, x3, 32);
      v128.store(keep, x4, 48);
      let current = call.currents + <usize>r * row * 3 + unit;
      for (let i = 0; i < call.inputs; i++) {
        const drive1 = v128.load(current);
        const drive2 = v128.load(current + row);
        const drive3 = v128.load(current + row * 2);
        for (let k = 0; k < call.repeat; k++) {
          const fed = f32x4.add(f32x4.add(f32x4.add(f32x4.mul(w1, x1), f32x4.mul(w2, x2)), f32x4.mul(w3, x3)), b);
          x1 = relax(x1, d, theta, drive1);
          x2 = relax(x2, d, theta, drive2);
          x3 = relax(x3, d, theta, drive3);
          x4 = relax(x4, d, theta, fed);
          keep += 64;
          v128.store(keep, x1);
          v128.store(keep, x2, 16);
          v128.store(keep, x3, 32);
          v128.store(keep, x4, 48);
        }
        current += slice * 3;
      }
      const share = tickShare(call);
      const outLane = <usize>r * row * 4 + unit;
      const base = call.gradient + outLane;
      // With respect to u after the tick at hand.
      let on1 = call.dFinal ? v128.load(call.dFinal + lane) : splat(0);
      let on2 = call.dFinal ? v128.load(call.dFinal + slice + lane) : splat(0);
      let on3 = call.dFinal ? v128.load(call.dFinal + slice * 2 + lane) : splat(0);
      let on4 = call.dFinal ? v128.load(call.dFinal + slice * 3 + lane) : splat(0);
      // With respect to that tick's spikes, by way of the reset.
      let spike1 = splat(0);
      let spike2 = splat(0);
      let spike3 = splat(0);
      let spike4 = splat(0);
      let onDecay = splat(0);
      let onThreshold = splat(0);
      let onW1 = splat(0);
      let onW2 = splat(0);
      let onW3 = splat(0);
      let onB = splat(0);
      let gradient = base + <usize>(mean ? 0 : ticks - 1) * slice * 4;
      let sink = call.dCurrents + <usize>(call.inputs - 1) * slice * 3 + <usize>r * row * 3 + unit;
      for (let i = 0; i < call.inputs; i++) {
        let sum1 = splat(0);
        let sum2 = splat(0);
        let sum3 = splat(0);
        for (let k = 0; k < call.repeat; k++) {
          const scale = mean ? share : splat(1);
          spike1 = f32x4.add(spike1, f32x4.mul(scale, v128.load(gradient)));
          spike2 = f32x4.add(spike2, f32x4.mul(scale, v128.load(gradient + row)));
          spike3 = f32x4.add(spike3, f32x4.mul(scale, v128.load(gradient + row * 2)));
          spike4 = f32x4.add(spike4, f32x4.mul(scale, v128.load(gradient + row * 3)));
          if (!mean) gradient -= slice * 4;
          const by1Spike = throughSpike(spike1, x1, theta, kind, width, height);
          const by2Spike = throughSpike(spike2, x2, theta, kind, width, height);
          const by3Spike = throughSpike(spike3, x3, theta, kind, width, height);
          const by4Spike = throughSpike(spike4, x4, theta, kind, width, height);
          on1 = f32x4.add(on1, by1Spike);
          on2 = f32x4.add(on2, by2Spike);
          on3 = f32x4.add(on3, by3Spike);
          on4 = f32x4.add(on4, by4Spike);
          onThreshold = f32x4.sub(f32x4.sub(f32x4.sub(f32x4.sub(onThreshold, by1Spike), by2Spike), by3Spike), by4Spike);
          sum1 = f32x4.add(sum1, on1);
          sum2 = f32x4.add(sum2, on2);
          sum3 = f32x4.add(sum3, on3);
          keep -= 64;
          x1 = v128.load(keep);
          x2 = v128.load(keep, 16);
          x3 = v128.load(keep, 32);
          x4 = v128.load(keep, 48);
          onW1 = f32x4.add(onW1, f32x4.mul(on4, x1));
          onW2 = f32x4.add(onW2, f32x4.mul(on4, x2));
          onW3 = f32x4.add(onW3, f32x4.mul(on4, x3));
          onB = f32x4.add(onB, on4);
          const by1 = f32x4.mul(on1, d);
          const by2 = f32x4.mul(on2, d);
          const by3 = f32x4.mul(on3, d);
          const by4 = f32x4.mul(on4, d);
          const fired1 = f32x4.gt(x1, theta);
          const fired2 = f32x4.gt(x2, theta);
          const fired3 = f32x4.gt(x3, theta);
          const fired4 = f32x4.gt(x4, theta);
          const open = f32x4.add(
            f32x4.add(v128.andnot(f32x4.mul(on1, x1), fired1), v128.andnot(f32x4.mul(on2, x2), fired2)),
            f32x4.add(v128.andnot(f32x4.mul(on3, x3), fired3), v128.andnot(f32x4.mul(on4, x4), fired4)),
          );
          onDecay = f32x4.add(onDecay, open);
          spike1 = f32x4.neg(f32x4.mul(f32x4.mul(by1, x1), through));
          spike2 = f32x4.neg(f32x4.mul(f32x4.mul(by2, x2), through));
          spike3 = f32x4.neg(f32x4.mul(f32x4.mul(by3, x3), through));
          spike4 = f32x4.neg(f32x4.mul(f32x4.mul(by4, x4), through));
          on1 = f32x4.add(v128.andnot(by1, fired1), f32x4.mul(on4, w1));
          on2 = f32x4.add(v128.andnot(by2, fired2), f32x4.mul(on4, w2));
          on3 = f32x4.add(v128.andnot(by3, fired3), f32x4.mul(on4, w3));
          on4 = v128.andnot(by4, fired4);
        }
        v128.store(sink, sum1);
        v128.store(sink + row, sum2);
        v128.store(sink + row * 2, sum3);
        sink -= slice * 3;
      }
      // The spikes of the state before the first tick.
      const first1 = throughSpike(spike1, x1, theta, kind, width, height);
      const first2 = throughSpike(spike2, x2, theta, kind, width, height);
      const first3 = throughSpike(spike3, x3, theta, kind, width, height);
      const first4 = throughSpike(spike4, x4, theta, kind, width, height);
      on1 = f32x4.add(on1, first1);
      on2 = f32x4.add(on2, first2);
      on3 = f32x4.add(on3, first3);
      on4 = f32x4.add(on4, first4);
      onThreshold = f32x4.sub(f32x4.sub(f32x4.sub(f32x4.sub(onThreshold, first1), first2), first3), first4);
      if (call.dInitial) {
        v128.store(call.dInitial + lane, on1);
        v128.store(call.dInitial + slice + lane, on2);
        v128.store(call.dInitial + slice * 2 + lane, on3);
        v128.store(call.dInitial + slice * 3 + lane, on4);
      }
      if (call.dConstants) {
        if (trainsLeak) {
          addConstant(call, 0, u0, onDecay);
          addConstant(call, 1, u0, onThreshold);
        }
        addConstant(call, 2, u0, onW1);
        addConstant(call, 3, u0, onW2);
        addConstant(call, 4, u0, onW3);
        addConstant(call, 5, u0, onB);
      }
    }
  }
}
