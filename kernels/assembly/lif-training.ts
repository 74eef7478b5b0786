import { groupStart, splat } from "./lanes";
import { NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { afterSpike, carried, HARD, SOFT } from "./reset";

// The passes of the leaky integrate-and-fire neuron (lif.ts) that training runs: a rectangle for the surrogate, the mean for
// the output, no refractory time, fixed constants. Then sigma' is a mask, K and G cost an instruction or two each, and two
// groups of units a turn fill the processor's pipes.

/** The mean over the ticks. */
// @ts-ignore: decorator
@inline
export function forwardMean(call: NeuronCall, reset: i32): bool {
  const slice = sliceBytes(call);
  const row = <usize>call.units << 2;
  const units = call.units;
  const inputs = call.inputs;
  const repeat = call.repeat;
  const initial = call.initial;
  const final = call.final;
  const out = call.out;
  const share = tickShare(call);
  let broken = splat(0);
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < units; u0 += 8) {
      const unit = <usize>groupStart(u0, units) << 2;
      const apart = (<usize>groupStart(u0 + 4, units) << 2) - unit;
      const lane = <usize>r * row + unit;
      const dA = v128.load(call.constants + unit);
      const dB = v128.load(call.constants + unit + apart);
      const thetaA = v128.load(call.constants + row + unit);
      const thetaB = v128.load(call.constants + row + unit + apart);
      let vA = initial ? v128.load(initial + lane) : splat(0);
      let vB = initial ? v128.load(initial + lane + apart) : splat(0);
      let firedA = f32x4.gt(vA, thetaA);
      let firedB = f32x4.gt(vB, thetaB);
      let countA = i32x4.splat(0);
      let countB = i32x4.splat(0);
      let current = call.currents + lane;
      for (let i = 0; i < inputs; i++) {
        const driveA = v128.load(current);
        const driveB = v128.load(current + apart);
        for (let k = 0; k < repeat; k++) {
          vA = f32x4.add(carried(vA, firedA, dA, thetaA, reset), driveA);
          vB = f32x4.add(carried(vB, firedB, dB, thetaB, reset), driveB);
          firedA = f32x4.gt(vA, thetaA);
          firedB = f32x4.gt(vB, thetaB);
          countA = i32x4.sub(countA, firedA);
          countB = i32x4.sub(countB, firedB);
        }
        current += slice;
      }
      v128.store(out + lane, f32x4.mul(f32x4.convert_i32x4_s(countA), share));
      v128.store(out + lane + apart, f32x4.mul(f32x4.convert_i32x4_s(countB), share));
      if (final) {
        v128.store(final + lane, vA);
        v128.store(final + lane + apart, vB);
      }
      broken = v128.or(broken, v128.or(f32x4.ne(vA, vA), f32x4.ne(vB, vB)));
    }
  }
  return v128.any_true(broken);
}

/** Scratch of a tick of two groups: K, G of the one, K, G of the other. */
const PAIR: usize = 64;

/** K where sigma' is a mask; `kept` = d v; `height` is 0 where the reset is detached. */
// @ts-ignore: decorator
@inline
function maskedStep(kept: v128, fired: v128, near: v128, d: v128, theta: v128, height: v128, reset: i32): v128 {
  if (reset == HARD) return f32x4.sub(v128.andnot(d, fired), v128.and(f32x4.mul(kept, height), near));
  if (reset == SOFT) return f32x4.sub(d, v128.and(f32x4.mul(theta, height), near));
  return d;
}

// @ts-ignore: decorator
@inline
function within(v: v128, theta: v128, width: v128): v128 {
  return f32x4.lt(f32x4.abs(f32x4.sub(v, theta)), width);
}

// @ts-ignore: decorator
@inline
export function backwardMean(call: NeuronCall, reset: i32): void {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const inputs = call.inputs;
  const repeat = call.repeat;
  const width = splat(call.width);
  const share = f32x4.mul(tickShare(call), splat(call.height));
  const height = splat(call.detachReset ? 0 : call.height);
  const constants = call.constants;
  const initial = call.initial;
  const dFinal = call.dFinal;
  const dInitial = call.dInitial;
  const scratch = call.scratch;
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < units; u0 += 8) {
      const unit = <usize>groupStart(u0, units) << 2;
      const apart = (<usize>groupStart(u0 + 4, units) << 2) - unit;
      const lane = <usize>r * row + unit;
      const dA = v128.load(constants + unit);
      const dB = v128.load(constants + unit + apart);
      const thetaA = v128.load(constants + row + unit);
      const thetaB = v128.load(constants + row + unit + apart);
      const onA = f32x4.mul(v128.load(call.gradient + lane), share);
      const onB = f32x4.mul(v128.load(call.gradient + lane + apart), share);
      let vA = initial ? v128.load(initial + lane) : splat(0);
      let vB = initial ? v128.load(initial + lane + apart) : splat(0);
      let firedA = f32x4.gt(vA, thetaA);
      let firedB = f32x4.gt(vB, thetaB);
      let keptA = f32x4.mul(dA, vA);
      let keptB = f32x4.mul(dB, vB);
      let keep = scratch;
      v128.store(keep, maskedStep(keptA, firedA, within(vA, thetaA, width), dA, thetaA, height, reset));
      v128.store(keep, maskedStep(keptB, firedB, within(vB, thetaB, width), dB, thetaB, height, reset), 32);
      let current = call.currents + lane;
      for (let i = 0; i < inputs; i++) {
        const driveA = v128.load(current);
        const driveB = v128.load(current + apart);
        for (let k = 0; k < repeat; k++) {
          keep += PAIR;
          vA = f32x4.add(afterSpike(keptA, firedA, thetaA, reset), driveA);
          vB = f32x4.add(afterSpike(keptB, firedB, thetaB, reset), driveB);
          firedA = f32x4.gt(vA, thetaA);
          firedB = f32x4.gt(vB, thetaB);
          keptA = f32x4.mul(dA, vA);
          keptB = f32x4.mul(dB, vB);
          const nearA = within(vA, thetaA, width);
          const nearB = within(vB, thetaB, width);
          v128.store(keep, maskedStep(keptA, firedA, nearA, dA, thetaA, height, reset));
          v128.store(keep, v128.and(nearA, onA), 16);
          v128.store(keep, maskedStep(keptB, firedB, nearB, dB, thetaB, height, reset), 32);
          v128.store(keep, v128.and(nearB, onB), 48);
        }
        current += slice;
      }
      // After the last tick the gradient is that of the final state alone, which no reset follows.
      v128.store(keep, splat(1));
      v128.store(keep, splat(1), 32);
      let lambdaA = dFinal ? v128.load(dFinal + lane) : splat(0);
      let lambdaB = dFinal ? v128.load(dFinal + lane + apart) : splat(0);
      let sink = call.dCurrents + lane + <usize>(inputs - 1) * slice;
      for (let i = 0; i < inputs; i++) {
        let sumA = splat(0);
        let sumB = splat(0);
        for (let k = 0; k < repeat; k++) {
          lambdaA = f32x4.add(f32x4.mul(v128.load(keep), lambdaA), v128.load(keep, 16));
          lambdaB = f32x4.add(f32x4.mul(v128.load(keep, 32), lambdaB), v128.load(keep, 48));
          sumA = f32x4.add(sumA, lambdaA);
          sumB = f32x4.add(sumB, lambdaB);
          keep -= PAIR;
        }
        v128.store(sink, sumA);
        v128.store(sink + apart, sumB);
        sink -= slice;
      }
      if (dInitial) {
        v128.store(dInitial + lane, f32x4.mul(v128.load(keep), lambdaA));
        v128.store(dInitial + lane + apart, f32x4.mul(v128.load(keep, 32), lambdaB));
      }
    }
  }
}
