import { groupStart, magnitude, splat } from "./lanes";
import { held, NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { afterSpike, carried, HARD, SOFT } from "./reset";
import { ROWS, rowStart } from "./rows";

// The passes of the leaky integrate-and-fire neuron (lif.ts) that training runs: a rectangle for the surrogate, the mean for
// the output, no refractory time, fixed constants, four rows of the batch or more. Then sigma' is a mask, K and G cost an
// instruction or two each. A tick waits for the one before it, so the same group of units is worked on in four rows at a
// time, which share the wait and the constants.

/** The mean over the ticks. */
// @ts-ignore: decorator
@inline
export function forwardMean(call: NeuronCall, reset: i32): bool {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const inputs = call.inputs;
  const repeat = call.repeat;
  const initial = call.initial;
  const final = call.final;
  const share = held(call, tickShare(call));
  let broken = splat(0);
  for (let r = 0; r < call.rows; r += ROWS) {
    const first = <usize>rowStart(r, call.rows) * row;
    for (let u0 = 0; u0 < units; u0 += 4) {
      const unit = <usize>groupStart(u0, units) << 2;
      const laneA = first + unit;
      const laneB = laneA + row;
      const laneC = laneB + row;
      const laneD = laneC + row;
      const d = v128.load(call.constants + unit);
      const theta = v128.load(call.constants + row + unit);
      let vA = splat(0);
      let vB = splat(0);
      let vC = splat(0);
      let vD = splat(0);
      if (initial) {
        vA = v128.load(initial + laneA);
        vB = v128.load(initial + laneB);
        vC = v128.load(initial + laneC);
        vD = v128.load(initial + laneD);
      }
      // Each tick begins with the spikes of the one before it; those before the first are taken off.
      let countA = f32x4.gt(vA, theta);
      let countB = f32x4.gt(vB, theta);
      let countC = f32x4.gt(vC, theta);
      let countD = f32x4.gt(vD, theta);
      let current = call.currents;
      for (let i = 0; i < inputs; i++) {
        const driveA = v128.load(current + laneA);
        const driveB = v128.load(current + laneB);
        const driveC = v128.load(current + laneC);
        const driveD = v128.load(current + laneD);
        for (let k = 0; k < repeat; k++) {
          const firedA = f32x4.gt(vA, theta);
          const firedB = f32x4.gt(vB, theta);
          const firedC = f32x4.gt(vC, theta);
          const firedD = f32x4.gt(vD, theta);
          vA = f32x4.add(carried(vA, firedA, d, theta, reset), driveA);
          vB = f32x4.add(carried(vB, firedB, d, theta, reset), driveB);
          vC = f32x4.add(carried(vC, firedC, d, theta, reset), driveC);
          vD = f32x4.add(carried(vD, firedD, d, theta, reset), driveD);
          countA = i32x4.sub(countA, firedA);
          countB = i32x4.sub(countB, firedB);
          countC = i32x4.sub(countC, firedC);
          countD = i32x4.sub(countD, firedD);
        }
        current += slice;
      }
      countA = i32x4.sub(countA, f32x4.gt(vA, theta));
      countB = i32x4.sub(countB, f32x4.gt(vB, theta));
      countC = i32x4.sub(countC, f32x4.gt(vC, theta));
      countD = i32x4.sub(countD, f32x4.gt(vD, theta));
      v128.store(call.out + laneA, f32x4.mul(f32x4.convert_i32x4_s(countA), share));
      v128.store(call.out + laneB, f32x4.mul(f32x4.convert_i32x4_s(countB), share));
      v128.store(call.out + laneC, f32x4.mul(f32x4.convert_i32x4_s(countC), share));
      v128.store(call.out + laneD, f32x4.mul(f32x4.convert_i32x4_s(countD), share));
      if (final) {
        v128.store(final + laneA, vA);
        v128.store(final + laneB, vB);
        v128.store(final + laneC, vC);
        v128.store(final + laneD, vD);
      }
      broken = v128.or(broken, f32x4.ne(vA, vA));
      broken = v128.or(broken, f32x4.ne(vB, vB));
      broken = v128.or(broken, f32x4.ne(vC, vC));
      broken = v128.or(broken, f32x4.ne(vD, vD));
    }
  }
  return v128.any_true(broken);
}

/** Scratch of a tick: K and G of four rows. */
const TURN: usize = 128;
/** Scratch of the call: what is the same for all neurons, then a group's gradients. */
const HEAD: usize = 96;

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
  return f32x4.lt(magnitude(f32x4.sub(v, theta)), width);
}

// @ts-ignore: decorator
@inline
export function backwardMean(call: NeuronCall, reset: i32): void {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const inputs = call.inputs;
  const repeat = call.repeat;
  const share = held(call, f32x4.mul(tickShare(call), splat(call.height)));
  const initial = call.initial;
  const dFinal = call.dFinal;
  const dInitial = call.dInitial;
  const head = call.scratch;
  v128.store(head, splat(call.width));
  v128.store(head, splat(call.detachReset ? 0 : call.height), 16);
  const on = head + 32;
  for (let r = 0; r < call.rows; r += ROWS) {
    const first = <usize>rowStart(r, call.rows) * row;
    for (let u0 = 0; u0 < units; u0 += 4) {
      const unit = <usize>groupStart(u0, units) << 2;
      const laneA = first + unit;
      const laneB = laneA + row;
      const laneC = laneB + row;
      const laneD = laneC + row;
      const d = v128.load(call.constants + unit);
      const theta = v128.load(call.constants + row + unit);
      v128.store(on, f32x4.mul(v128.load(call.gradient + laneA), share));
      v128.store(on, f32x4.mul(v128.load(call.gradient + laneB), share), 16);
      v128.store(on, f32x4.mul(v128.load(call.gradient + laneC), share), 32);
      v128.store(on, f32x4.mul(v128.load(call.gradient + laneD), share), 48);
      let vA = splat(0);
      let vB = splat(0);
      let vC = splat(0);
      let vD = splat(0);
      if (initial) {
        vA = v128.load(initial + laneA);
        vB = v128.load(initial + laneB);
        vC = v128.load(initial + laneC);
        vD = v128.load(initial + laneD);
      }
      let keep = head + HEAD;
      let current = call.currents;
      for (let i = 0; i < inputs; i++) {
        const driveA = v128.load(current + laneA);
        const driveB = v128.load(current + laneB);
        const driveC = v128.load(current + laneC);
        const driveD = v128.load(current + laneD);
        for (let k = 0; k < repeat; k++) {
          const width = v128.load(head);
          const height = v128.load(head, 16);
          const firedA = f32x4.gt(vA, theta);
          const nearA = within(vA, theta, width);
          const keptA = f32x4.mul(d, vA);
          v128.store(keep, maskedStep(keptA, firedA, nearA, d, theta, height, reset));
          v128.store(keep + 64, v128.and(nearA, v128.load(on)));
          vA = f32x4.add(afterSpike(keptA, firedA, theta, reset), driveA);
          const firedB = f32x4.gt(vB, theta);
          const nearB = within(vB, theta, width);
          const keptB = f32x4.mul(d, vB);
          v128.store(keep, maskedStep(keptB, firedB, nearB, d, theta, height, reset), 16);
          v128.store(keep + 64, v128.and(nearB, v128.load(on, 16)), 16);
          vB = f32x4.add(afterSpike(keptB, firedB, theta, reset), driveB);
          const firedC = f32x4.gt(vC, theta);
          const nearC = within(vC, theta, width);
          const keptC = f32x4.mul(d, vC);
          v128.store(keep, maskedStep(keptC, firedC, nearC, d, theta, height, reset), 32);
          v128.store(keep + 64, v128.and(nearC, v128.load(on, 32)), 32);
          vC = f32x4.add(afterSpike(keptC, firedC, theta, reset), driveC);
          const firedD = f32x4.gt(vD, theta);
          const nearD = within(vD, theta, width);
          const keptD = f32x4.mul(d, vD);
          v128.store(keep, maskedStep(keptD, firedD, nearD, d, theta, height, reset), 48);
          v128.store(keep + 64, v128.and(nearD, v128.load(on, 48)), 48);
          vD = f32x4.add(afterSpike(keptD, firedD, theta, reset), driveD);
          keep += TURN;
        }
        current += slice;
      }
      // After the last tick the gradient is that of the final state alone, which no reset follows.
      v128.store(keep, splat(1));
      v128.store(keep, splat(1), 16);
      v128.store(keep, splat(1), 32);
      v128.store(keep, splat(1), 48);
      v128.store(keep + 64, v128.and(within(vA, theta, v128.load(head)), v128.load(on)));
      v128.store(keep + 64, v128.and(within(vB, theta, v128.load(head)), v128.load(on, 16)), 16);
      v128.store(keep + 64, v128.and(within(vC, theta, v128.load(head)), v128.load(on, 32)), 32);
      v128.store(keep + 64, v128.and(within(vD, theta, v128.load(head)), v128.load(on, 48)), 48);
      let lambdaA = splat(0);
      let lambdaB = splat(0);
      let lambdaC = splat(0);
      let lambdaD = splat(0);
      if (dFinal) {
        lambdaA = v128.load(dFinal + laneA);
        lambdaB = v128.load(dFinal + laneB);
        lambdaC = v128.load(dFinal + laneC);
        lambdaD = v128.load(dFinal + laneD);
      }
      let sink = call.dCurrents + <usize>(inputs - 1) * slice;
      for (let i = 0; i < inputs; i++) {
        let sumA = splat(0);
        let sumB = splat(0);
        let sumC = splat(0);
        let sumD = splat(0);
        for (let k = 0; k < repeat; k++) {
          lambdaA = f32x4.add(f32x4.mul(v128.load(keep), lambdaA), v128.load(keep, 64));
          lambdaB = f32x4.add(f32x4.mul(v128.load(keep, 16), lambdaB), v128.load(keep, 80));
          lambdaC = f32x4.add(f32x4.mul(v128.load(keep, 32), lambdaC), v128.load(keep, 96));
          lambdaD = f32x4.add(f32x4.mul(v128.load(keep, 48), lambdaD), v128.load(keep, 112));
          sumA = f32x4.add(sumA, lambdaA);
          sumB = f32x4.add(sumB, lambdaB);
          sumC = f32x4.add(sumC, lambdaC);
          sumD = f32x4.add(sumD, lambdaD);
          keep -= TURN;
        }
        v128.store(sink + laneA, sumA);
        v128.store(sink + laneB, sumB);
        v128.store(sink + laneC, sumC);
        v128.store(sink + laneD, sumD);
        sink -= slice;
      }
      if (dInitial) {
        v128.store(dInitial + laneA, f32x4.mul(v128.load(keep), lambdaA));
        v128.store(dInitial + laneB, f32x4.mul(v128.load(keep, 16), lambdaB));
        v128.store(dInitial + laneC, f32x4.mul(v128.load(keep, 32), lambdaC));
        v128.store(dInitial + laneD, f32x4.mul(v128.load(keep, 48), lambdaD));
      }
    }
  }
}
