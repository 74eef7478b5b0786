// What a spike does to the membrane of the integrate-and-fire neurons.

export const HARD = 0;
export const SOFT = 1;
// 2: nothing.

/**
 * What of v a tick takes over; `fired` is the mask of the last tick's spikes:
 *
 *   hard   d v (1 - s);   soft   d v - theta s;   none   d v
 */
// @ts-ignore: decorator
@inline
export function carried(v: v128, fired: v128, d: v128, theta: v128, reset: i32): v128 {
  return afterSpike(f32x4.mul(d, v), fired, theta, reset);
}

/** The same from `kept` = d v. */
// @ts-ignore: decorator
@inline
export function afterSpike(kept: v128, fired: v128, theta: v128, reset: i32): v128 {
  if (reset == HARD) return v128.andnot(kept, fired);
  if (reset == SOFT) return f32x4.sub(kept, v128.and(theta, fired));
  return kept;
}
