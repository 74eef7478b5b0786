import { groupStart, one, splat } from "./lanes";
import { surrogate } from "./surrogate";

// Leaky integrate-and-fire with a hard reset, all ticks of four neurons at a time (equations: neurons/lif.ts).
//
//   v <- d v (1 - s) + I;   s = [v > threshold]
//
// Memory: currents [inputs, rows, units] in, each shown for `repeat` ticks; nothing is kept for the backward pass,
// which recomputes v into a scratch of one lane group (ticks x 16 bytes, in the first-level cache).

/** `mean`: out is the mean spike count [rows, units]; else the spikes [ticks, rows, units]. trace: v after each tick, or 0. */
export function lifForward(currents: usize, inputs: i32, repeat: i32, rows: i32, units: i32, decay: usize, threshold: usize, initial: usize, out: usize, mean: bool, trace: usize): void {
  const slice = <usize>(rows * units) << 2;
  const share = splat(1 / <f32>(inputs * repeat));
  for (let r = 0; r < rows; r++) {
    for (let u0 = 0; u0 < units; u0 += 4) {
      const u = groupStart(u0, units);
      const unit = <usize>u << 2;
      const lane = <usize>(r * units + u) << 2;
      const d = v128.load(decay + unit);
      const theta = v128.load(threshold + unit);
      let v = initial ? v128.load(initial + lane) : splat(0);
      let s = one(f32x4.gt(v, theta));
      let count = splat(0);
      let current = currents + lane;
      let at = lane;
      for (let i = 0; i < inputs; i++) {
        const drive = v128.load(current);
        for (let k = 0; k < repeat; k++) {
          v = f32x4.add(f32x4.mul(f32x4.mul(d, v), f32x4.sub(splat(1), s)), drive);
          s = one(f32x4.gt(v, theta));
          count = f32x4.add(count, s);
          if (!mean) v128.store(out + at, s);
          if (trace) v128.store(trace + at, v);
          at += slice;
        }
        current += slice;
      }
      if (mean) v128.store(out + lane, f32x4.mul(count, share));
    }
  }
}

/** gradient: of `out`, in the same layout. dCurrents [inputs, rows, units]: summed over the ticks an input is shown. */
export function lifBackward(currents: usize, inputs: i32, repeat: i32, rows: i32, units: i32, decay: usize, threshold: usize, initial: usize, gradient: usize, mean: bool, kind: i32, width: f32, height: f32, scratch: usize, dCurrents: usize): void {
  const slice = <usize>(rows * units) << 2;
  const ticks = inputs * repeat;
  const share = splat(1 / <f32>ticks);
  const w = splat(width);
  const a = splat(height);
  for (let r = 0; r < rows; r++) {
    for (let u0 = 0; u0 < units; u0 += 4) {
      const u = groupStart(u0, units);
      const unit = <usize>u << 2;
      const lane = <usize>(r * units + u) << 2;
      const d = v128.load(decay + unit);
      const theta = v128.load(threshold + unit);
      let v = initial ? v128.load(initial + lane) : splat(0);
      let current = currents + lane;
      let keep = scratch;
      for (let i = 0; i < inputs; i++) {
        const drive = v128.load(current);
        for (let k = 0; k < repeat; k++) {
          const s = one(f32x4.gt(v, theta));
          v = f32x4.add(f32x4.mul(f32x4.mul(d, v), f32x4.sub(splat(1), s)), drive);
          v128.store(keep, v);
          keep += 16;
        }
        current += slice;
      }
      // lambda: the gradient of the loss with respect to v after the tick at hand.
      let lambda = splat(0);
      const shared = mean ? f32x4.mul(v128.load(gradient + lane), share) : splat(0);
      let at = lane + <usize>(ticks - 1) * slice;
      let sink = dCurrents + lane + <usize>(inputs - 1) * slice;
      for (let i = 0; i < inputs; i++) {
        let sum = splat(0);
        for (let k = 0; k < repeat; k++) {
          keep -= 16;
          v = v128.load(keep);
          const s = one(f32x4.gt(v, theta));
          const fromNext = f32x4.mul(lambda, d);
          let onSpike = mean ? shared : v128.load(gradient + at);
          onSpike = f32x4.sub(onSpike, f32x4.mul(fromNext, v));
          lambda = f32x4.add(
            f32x4.mul(onSpike, surrogate(kind, f32x4.sub(v, theta), w, a)),
            f32x4.mul(fromNext, f32x4.sub(splat(1), s)),
          );
          sum = f32x4.add(sum, lambda);
          at -= slice;
        }
        v128.store(sink, sum);
        sink -= slice;
      }
    }
  }
}
