import { exp4 } from "./exp";
import { splat } from "./lanes";

/** The kind whose derivative is a constant under a mask. */
export const RECTANGLE = 0;

/**
 * The surrogate derivative of a spike, d spike / d v at distance x = v - threshold; `width` w in the unit of v,
 * `height` a is the value at x = 0. The numbering is shared with neurons/surrogate.ts.
 *
 *   0 rectangle              a [|x| < w]
 *   1 triangle               a max(0, 1 - |x| / w)
 *   2 sigmoid                a 4 s (1 - s), s = 1 / (1 + exp(-x / w))
 *   3 fast sigmoid           a / (1 + |x| / w)^2               (Zenke & Ganguli 2018, SuperSpike)
 *   4 arctangent             a / (1 + (x / w)^2)               (Fang et al. 2021)
 *   5 Gaussian               a exp(-(x / w)^2 / 2)
 *   6 piecewise exponential  a exp(-|x| / w)                   (Shrestha & Orchard 2018)
 */
// @ts-ignore: decorator
@inline
export function surrogate(kind: i32, x: v128, width: v128, height: v128): v128 {
  if (kind == RECTANGLE) return v128.and(f32x4.lt(f32x4.abs(x), width), height);
  const r = f32x4.div(f32x4.abs(x), width);
  if (kind == 1) return f32x4.mul(height, f32x4.max(splat(0), f32x4.sub(splat(1), r)));
  if (kind == 2) {
    const s = f32x4.div(splat(1), f32x4.add(splat(1), exp4(r)));
    return f32x4.mul(f32x4.mul(height, splat(4)), f32x4.mul(s, f32x4.sub(splat(1), s)));
  }
  if (kind == 3) {
    const d = f32x4.add(splat(1), r);
    return f32x4.div(height, f32x4.mul(d, d));
  }
  if (kind == 4) return f32x4.div(height, f32x4.add(splat(1), f32x4.mul(r, r)));
  if (kind == 5) return f32x4.mul(height, exp4(f32x4.mul(f32x4.mul(r, r), splat(-0.5))));
  return f32x4.mul(height, exp4(f32x4.neg(r)));
}
