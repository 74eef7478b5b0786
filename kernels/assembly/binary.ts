import { groupStart, one, splat } from "./lanes";
import { surrogate } from "./surrogate";

// The published "ANN" unit (equations: neurons/ann.ts): stateless, so that each distinct input is worked out once.
//
//   s = [max(0, I) > threshold]

export function binaryForward(currents: usize, inputs: i32, repeat: i32, rows: i32, units: i32, threshold: f32, out: usize, mean: bool, trace: usize): void {
  const slice = <usize>(rows * units) << 2;
  const share = splat(1 / <f32>inputs);
  for (let r = 0; r < rows; r++) {
    for (let u0 = 0; u0 < units; u0 += 4) {
      const lane = <usize>(r * units + groupStart(u0, units)) << 2;
      let count = splat(0);
      let at = lane;
      for (let i = 0; i < inputs; i++) {
        const x = f32x4.max(v128.load(currents + lane + <usize>i * slice), splat(0));
        const s = one(f32x4.gt(x, splat(threshold)));
        count = f32x4.add(count, s);
        for (let k = 0; k < repeat; k++) {
          if (!mean) v128.store(out + at, s);
          if (trace) v128.store(trace + at, x);
          at += slice;
        }
      }
      if (mean) v128.store(out + lane, f32x4.mul(count, share));
    }
  }
}

export function binaryBackward(currents: usize, inputs: i32, repeat: i32, rows: i32, units: i32, threshold: f32, gradient: usize, mean: bool, kind: i32, width: f32, height: f32, dCurrents: usize): void {
  const slice = <usize>(rows * units) << 2;
  const share = splat(1 / <f32>inputs);
  for (let r = 0; r < rows; r++) {
    for (let u0 = 0; u0 < units; u0 += 4) {
      const lane = <usize>(r * units + groupStart(u0, units)) << 2;
      const shared = mean ? f32x4.mul(v128.load(gradient + lane), share) : splat(0);
      let at = lane;
      for (let i = 0; i < inputs; i++) {
        const current = v128.load(currents + lane + <usize>i * slice);
        const x = f32x4.max(current, splat(0));
        let onSpike = shared;
        for (let k = 0; k < repeat; k++) {
          if (!mean) onSpike = f32x4.add(onSpike, v128.load(gradient + at));
          at += slice;
        }
        const slope = surrogate(kind, f32x4.sub(x, splat(threshold)), splat(width), splat(height));
        const passed = v128.and(f32x4.mul(onSpike, slope), f32x4.gt(current, splat(0)));
        v128.store(dCurrents + lane + <usize>i * slice, passed);
      }
    }
  }
}
