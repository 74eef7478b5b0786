import { groupStart, splat } from "./lanes";
import { NeuronCall, sliceBytes, tickShare } from "./neuron-call";

// The passes of the published Hodgkin-Huxley neuron (filter.ts) that training runs: a rectangle for the surrogate, the mean
// for the output, fixed constants; two groups of units a turn.

/** The mean over the ticks. */
// @ts-ignore: decorator
@inline
export function forwardMean(call: NeuronCall): bool {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const inputs = call.inputs;
  const repeat = call.repeat;
  const drives = <usize>(inputs * repeat) * row;
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
      let coefficient = call.constants + unit;
      const gainA = v128.load(coefficient + drives * 2);
      const gainB = v128.load(coefficient + drives * 2 + apart);
      const thetaA = v128.load(coefficient + drives * 2 + row);
      const thetaB = v128.load(coefficient + drives * 2 + row + apart);
      let vA = initial ? v128.load(initial + lane) : splat(0);
      let vB = initial ? v128.load(initial + lane + apart) : splat(0);
      let countA = i32x4.splat(0);
      let countB = i32x4.splat(0);
      let current = call.currents + lane;
      for (let i = 0; i < inputs; i++) {
        const inputA = f32x4.mul(gainA, v128.load(current));
        const inputB = f32x4.mul(gainB, v128.load(current + apart));
        for (let k = 0; k < repeat; k++) {
          const keptA = f32x4.mul(v128.load(coefficient), vA);
          const keptB = f32x4.mul(v128.load(coefficient + apart), vB);
          vA = f32x4.add(f32x4.add(keptA, inputA), v128.load(coefficient + drives));
          vB = f32x4.add(f32x4.add(keptB, inputB), v128.load(coefficient + drives + apart));
          countA = i32x4.sub(countA, f32x4.gt(vA, thetaA));
          countB = i32x4.sub(countB, f32x4.gt(vB, thetaB));
          coefficient += row;
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

/** Everything but G of each tick (in the first-level cache) stays in registers. */
// @ts-ignore: decorator
@inline
export function backwardMean(call: NeuronCall, detachIonic: bool): void {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const inputs = call.inputs;
  const repeat = call.repeat;
  const constants = call.constants;
  const drives = <usize>(inputs * repeat) * row;
  const width = splat(call.width);
  const share = f32x4.mul(tickShare(call), splat(call.height));
  const initial = call.initial;
  const dFinal = call.dFinal;
  const dInitial = call.dInitial;
  for (let r = 0; r < call.rows; r++) {
    for (let u0 = 0; u0 < units; u0 += 8) {
      const unit = <usize>groupStart(u0, units) << 2;
      const apart = (<usize>groupStart(u0 + 4, units) << 2) - unit;
      const lane = <usize>r * row + unit;
      let coefficient = constants + unit;
      const gainA = v128.load(coefficient + drives * 2);
      const gainB = v128.load(coefficient + drives * 2 + apart);
      const thetaA = v128.load(coefficient + drives * 2 + row);
      const thetaB = v128.load(coefficient + drives * 2 + row + apart);
      const onA = f32x4.mul(v128.load(call.gradient + lane), share);
      const onB = f32x4.mul(v128.load(call.gradient + lane + apart), share);
      let vA = initial ? v128.load(initial + lane) : splat(0);
      let vB = initial ? v128.load(initial + lane + apart) : splat(0);
      let keep = call.scratch;
      let current = call.currents + lane;
      for (let i = 0; i < inputs; i++) {
        const inputA = f32x4.mul(gainA, v128.load(current));
        const inputB = f32x4.mul(gainB, v128.load(current + apart));
        for (let k = 0; k < repeat; k++) {
          const keptA = f32x4.mul(v128.load(coefficient), vA);
          const keptB = f32x4.mul(v128.load(coefficient + apart), vB);
          vA = f32x4.add(f32x4.add(keptA, inputA), v128.load(coefficient + drives));
          vB = f32x4.add(f32x4.add(keptB, inputB), v128.load(coefficient + drives + apart));
          v128.store(keep, v128.and(onA, f32x4.lt(f32x4.abs(f32x4.sub(vA, thetaA)), width)));
          v128.store(keep, v128.and(onB, f32x4.lt(f32x4.abs(f32x4.sub(vB, thetaB)), width)), 16);
          keep += 32;
          coefficient += row;
        }
        current += slice;
      }
      // At the head of each turn: the gradient with respect to V after the tick but for what its output adds.
      let onVA = dFinal ? v128.load(dFinal + lane) : splat(0);
      let onVB = dFinal ? v128.load(dFinal + lane + apart) : splat(0);
      let sink = call.dCurrents + lane + <usize>(inputs - 1) * slice;
      for (let i = 0; i < inputs; i++) {
        let sumA = splat(0);
        let sumB = splat(0);
        for (let k = 0; k < repeat; k++) {
          keep -= 32;
          coefficient -= row;
          const lambdaA = f32x4.add(onVA, v128.load(keep));
          const lambdaB = f32x4.add(onVB, v128.load(keep, 16));
          sumA = f32x4.add(sumA, lambdaA);
          sumB = f32x4.add(sumB, lambdaB);
          onVA = detachIonic ? lambdaA : f32x4.mul(lambdaA, v128.load(coefficient));
          onVB = detachIonic ? lambdaB : f32x4.mul(lambdaB, v128.load(coefficient + apart));
        }
        v128.store(sink, f32x4.mul(sumA, gainA));
        v128.store(sink + apart, f32x4.mul(sumB, gainB));
        sink -= slice;
      }
      if (dInitial) {
        v128.store(dInitial + lane, onVA);
        v128.store(dInitial + lane + apart, onVB);
      }
    }
  }
}
