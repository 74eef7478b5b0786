import { groupStart, magnitude, splat } from "./lanes";
import { held, NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { ROWS, rowStart } from "./rows";

// The passes of the published Hodgkin-Huxley neuron (filter.ts) that training runs: a rectangle for the surrogate, the mean
// for the output, fixed constants, four rows of the batch or more. A tick waits for the one before it, so the same group of
// units is worked on in four rows at a time, which share the wait and the constants.
//
// Of the membrane the gradient wants nothing but whether it was within the surrogate's width of the threshold: one bit a
// neuron and tick, which a taped forward pass keeps in its `history`, [ceil(ticks / 32), rows, units] words. The last
// word is moved up until its last tick is the sign, and the backward pass takes one tick after the other from there.

/** Bit 0 to 31. */
const BITS = memory.data<u32>([
  0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000,
  0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000, 0x400000, 0x800000,
  0x1000000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80000000,
]);
const END_OF_BITS = BITS + 128;

// @ts-ignore: decorator
@inline
function within(v: v128, theta: v128, width: v128): v128 {
  return f32x4.lt(magnitude(f32x4.sub(v, theta)), width);
}

/** The mean over the ticks. `keeps`: the bits the gradient wants. */
// @ts-ignore: decorator
@inline
function forward(call: NeuronCall, keeps: bool): bool {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const inputs = call.inputs;
  const repeat = call.repeat;
  const drives = <usize>(inputs * repeat) * row;
  const initial = call.initial;
  const final = call.final;
  const width = held(call, splat(call.width));
  const share = held(call, tickShare(call));
  const input = call.scratch;
  let broken = splat(0);
  for (let r = 0; r < call.rows; r += ROWS) {
    const first = <usize>rowStart(r, call.rows) * row;
    for (let u0 = 0; u0 < units; u0 += 4) {
      const unit = <usize>groupStart(u0, units) << 2;
      const laneA = first + unit;
      const laneB = laneA + row;
      const laneC = laneB + row;
      const laneD = laneC + row;
      let coefficient = call.constants + unit;
      const gain = v128.load(coefficient + drives * 2);
      const theta = v128.load(coefficient + drives * 2 + row);
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
      let countA = i32x4.splat(0);
      let countB = i32x4.splat(0);
      let countC = i32x4.splat(0);
      let countD = i32x4.splat(0);
      let bitsA = i32x4.splat(0);
      let bitsB = i32x4.splat(0);
      let bitsC = i32x4.splat(0);
      let bitsD = i32x4.splat(0);
      let bit = BITS;
      let word = call.history;
      let current = call.currents;
      for (let i = 0; i < inputs; i++) {
        v128.store(input, f32x4.mul(gain, v128.load(current + laneA)));
        v128.store(input, f32x4.mul(gain, v128.load(current + laneB)), 16);
        v128.store(input, f32x4.mul(gain, v128.load(current + laneC)), 32);
        v128.store(input, f32x4.mul(gain, v128.load(current + laneD)), 48);
        for (let k = 0; k < repeat; k++) {
          const keep = v128.load(coefficient);
          const drive = v128.load(coefficient + drives);
          vA = f32x4.add(f32x4.add(f32x4.mul(keep, vA), v128.load(input)), drive);
          vB = f32x4.add(f32x4.add(f32x4.mul(keep, vB), v128.load(input, 16)), drive);
          vC = f32x4.add(f32x4.add(f32x4.mul(keep, vC), v128.load(input, 32)), drive);
          vD = f32x4.add(f32x4.add(f32x4.mul(keep, vD), v128.load(input, 48)), drive);
          countA = i32x4.sub(countA, f32x4.gt(vA, theta));
          countB = i32x4.sub(countB, f32x4.gt(vB, theta));
          countC = i32x4.sub(countC, f32x4.gt(vC, theta));
          countD = i32x4.sub(countD, f32x4.gt(vD, theta));
          if (keeps) {
            if (bit == END_OF_BITS) {
              v128.store(word + laneA, bitsA);
              v128.store(word + laneB, bitsB);
              v128.store(word + laneC, bitsC);
              v128.store(word + laneD, bitsD);
              bitsA = i32x4.splat(0);
              bitsB = i32x4.splat(0);
              bitsC = i32x4.splat(0);
              bitsD = i32x4.splat(0);
              word += slice;
              bit = BITS;
            }
            const own = v128.load32_splat(bit);
            bit += 4;
            bitsA = v128.or(bitsA, v128.and(own, within(vA, theta, width)));
            bitsB = v128.or(bitsB, v128.and(own, within(vB, theta, width)));
            bitsC = v128.or(bitsC, v128.and(own, within(vC, theta, width)));
            bitsD = v128.or(bitsD, v128.and(own, within(vD, theta, width)));
          }
          coefficient += row;
        }
        current += slice;
      }
      if (keeps) {
        const room = <i32>(END_OF_BITS - bit) >> 2;
        v128.store(word + laneA, i32x4.shl(bitsA, room));
        v128.store(word + laneB, i32x4.shl(bitsB, room));
        v128.store(word + laneC, i32x4.shl(bitsC, room));
        v128.store(word + laneD, i32x4.shl(bitsD, room));
      }
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

export function forwardMean(call: NeuronCall): bool {
  return call.history ? forward(call, true) : forward(call, false);
}

// @ts-ignore: decorator
@inline
export function backwardMean(call: NeuronCall, detachIonic: bool): void {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const inputs = call.inputs;
  const repeat = call.repeat;
  const ticks = inputs * repeat;
  const drives = <usize>ticks * row;
  const share = held(call, f32x4.mul(tickShare(call), splat(call.height)));
  const on = call.scratch;
  const dFinal = call.dFinal;
  const dInitial = call.dInitial;
  const lastWord = call.history + <usize>((ticks - 1) >> 5) * slice;
  for (let r = 0; r < call.rows; r += ROWS) {
    const first = <usize>rowStart(r, call.rows) * row;
    for (let u0 = 0; u0 < units; u0 += 4) {
      const unit = <usize>groupStart(u0, units) << 2;
      const laneA = first + unit;
      const laneB = laneA + row;
      const laneC = laneB + row;
      const laneD = laneC + row;
      let coefficient = call.constants + drives + unit;
      const gain = v128.load(coefficient + drives);
      v128.store(on, f32x4.mul(v128.load(call.gradient + laneA), share));
      v128.store(on, f32x4.mul(v128.load(call.gradient + laneB), share), 16);
      v128.store(on, f32x4.mul(v128.load(call.gradient + laneC), share), 32);
      v128.store(on, f32x4.mul(v128.load(call.gradient + laneD), share), 48);
      let word = lastWord;
      let bitsA = v128.load(word + laneA);
      let bitsB = v128.load(word + laneB);
      let bitsC = v128.load(word + laneC);
      let bitsD = v128.load(word + laneD);
      let left = ((ticks - 1) & 31) + 1;
      // At the head of each turn: the gradient with respect to V after the tick but for what its output adds.
      let onVA = splat(0);
      let onVB = splat(0);
      let onVC = splat(0);
      let onVD = splat(0);
      if (dFinal) {
        onVA = v128.load(dFinal + laneA);
        onVB = v128.load(dFinal + laneB);
        onVC = v128.load(dFinal + laneC);
        onVD = v128.load(dFinal + laneD);
      }
      let sink = call.dCurrents + <usize>(inputs - 1) * slice;
      for (let i = 0; i < inputs; i++) {
        let sumA = splat(0);
        let sumB = splat(0);
        let sumC = splat(0);
        let sumD = splat(0);
        for (let k = 0; k < repeat; k++) {
          if (left == 0) {
            word -= slice;
            bitsA = v128.load(word + laneA);
            bitsB = v128.load(word + laneB);
            bitsC = v128.load(word + laneC);
            bitsD = v128.load(word + laneD);
            left = 32;
          }
          left--;
          coefficient -= row;
          onVA = f32x4.add(onVA, v128.and(v128.load(on), i32x4.shr_s(bitsA, 31)));
          onVB = f32x4.add(onVB, v128.and(v128.load(on, 16), i32x4.shr_s(bitsB, 31)));
          onVC = f32x4.add(onVC, v128.and(v128.load(on, 32), i32x4.shr_s(bitsC, 31)));
          onVD = f32x4.add(onVD, v128.and(v128.load(on, 48), i32x4.shr_s(bitsD, 31)));
          bitsA = i32x4.add(bitsA, bitsA);
          bitsB = i32x4.add(bitsB, bitsB);
          bitsC = i32x4.add(bitsC, bitsC);
          bitsD = i32x4.add(bitsD, bitsD);
          sumA = f32x4.add(sumA, onVA);
          sumB = f32x4.add(sumB, onVB);
          sumC = f32x4.add(sumC, onVC);
          sumD = f32x4.add(sumD, onVD);
          if (!detachIonic) {
            const keep = v128.load(coefficient);
            onVA = f32x4.mul(onVA, keep);
            onVB = f32x4.mul(onVB, keep);
            onVC = f32x4.mul(onVC, keep);
            onVD = f32x4.mul(onVD, keep);
          }
        }
        v128.store(sink + laneA, f32x4.mul(sumA, gain));
        v128.store(sink + laneB, f32x4.mul(sumB, gain));
        v128.store(sink + laneC, f32x4.mul(sumC, gain));
        v128.store(sink + laneD, f32x4.mul(sumD, gain));
        sink -= slice;
      }
      if (dInitial) {
        v128.store(dInitial + laneA, onVA);
        v128.store(dInitial + laneB, onVB);
        v128.store(dInitial + laneC, onVC);
        v128.store(dInitial + laneD, onVD);
      }
    }
  }
}
