import { groupStart, one, splat } from "./lanes";
import { surrogate } from "./surrogate";

// The published Hodgkin-Huxley neuron, folded (equations: neurons/hh-published.ts). Its gate rates do not depend on
// the voltage, so per unit and tick it is a linear time-varying filter with a threshold and no reset:
//
//   V <- A[t] V + dt I + c[t];   s = [V > threshold]

/** keep, drive: A and c, [ticks, units]; gain: dt, [units]. The rest as in lif.ts. */
export function filterForward(currents: usize, inputs: i32, repeat: i32, rows: i32, units: i32, keep: usize, gain: usize, drive: usize, threshold: usize, initial: usize, out: usize, mean: bool, trace: usize): void {
  const slice = <usize>(rows * units) << 2;
  const row = <usize>units << 2;
  const share = splat(1 / <f32>(inputs * repeat));
  for (let r = 0; r < rows; r++) {
    for (let u0 = 0; u0 < units; u0 += 4) {
      const unit = <usize>groupStart(u0, units) << 2;
      const lane = <usize>r * row + unit;
      const dt = v128.load(gain + unit);
      const theta = v128.load(threshold + unit);
      let v = initial ? v128.load(initial + lane) : splat(0);
      let count = splat(0);
      let current = currents + lane;
      let coefficient = unit;
      let at = lane;
      for (let i = 0; i < inputs; i++) {
        const input = f32x4.mul(dt, v128.load(current));
        for (let k = 0; k < repeat; k++) {
          v = f32x4.add(f32x4.add(f32x4.mul(v128.load(keep + coefficient), v), input), v128.load(drive + coefficient));
          const s = one(f32x4.gt(v, theta));
          count = f32x4.add(count, s);
          if (!mean) v128.store(out + at, s);
          if (trace) v128.store(trace + at, v);
          at += slice;
          coefficient += row;
        }
        current += slice;
      }
      if (mean) v128.store(out + lane, f32x4.mul(count, share));
    }
  }
}

export function filterBackward(currents: usize, inputs: i32, repeat: i32, rows: i32, units: i32, keep: usize, gain: usize, drive: usize, threshold: usize, initial: usize, gradient: usize, mean: bool, kind: i32, width: f32, height: f32, scratch: usize, dCurrents: usize): void {
  const slice = <usize>(rows * units) << 2;
  const row = <usize>units << 2;
  const ticks = inputs * repeat;
  const share = splat(1 / <f32>ticks);
  const w = splat(width);
  const a = splat(height);
  for (let r = 0; r < rows; r++) {
    for (let u0 = 0; u0 < units; u0 += 4) {
      const unit = <usize>groupStart(u0, units) << 2;
      const lane = <usize>r * row + unit;
      const dt = v128.load(gain + unit);
      const theta = v128.load(threshold + unit);
      let v = initial ? v128.load(initial + lane) : splat(0);
      let current = currents + lane;
      let coefficient = unit;
      let stack = scratch;
      for (let i = 0; i < inputs; i++) {
        const input = f32x4.mul(dt, v128.load(current));
        for (let k = 0; k < repeat; k++) {
          v = f32x4.add(f32x4.add(f32x4.mul(v128.load(keep + coefficient), v), input), v128.load(drive + coefficient));
          v128.store(stack, v);
          stack += 16;
          coefficient += row;
        }
        current += slice;
      }
      let fromNext = splat(0);
      const shared = mean ? f32x4.mul(v128.load(gradient + lane), share) : splat(0);
      let at = lane + <usize>(ticks - 1) * slice;
      let sink = dCurrents + lane + <usize>(inputs - 1) * slice;
      for (let i = 0; i < inputs; i++) {
        let sum = splat(0);
        for (let k = 0; k < repeat; k++) {
          stack -= 16;
          coefficient -= row;
          const onSpike = mean ? shared : v128.load(gradient + at);
          const slope = surrogate(kind, f32x4.sub(v128.load(stack), theta), w, a);
          const lambda = f32x4.add(fromNext, f32x4.mul(onSpike, slope));
          sum = f32x4.add(sum, lambda);
          fromNext = f32x4.mul(lambda, v128.load(keep + coefficient));
          at -= slice;
        }
        v128.store(sink, f32x4.mul(sum, dt));
        sink -= slice;
      }
    }
  }
}
