// Four float32 lanes at a time: the small vocabulary all kernels share.

/** a b + c. One rounding where the build has relaxed SIMD, two elsewhere; only matrix products use it. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/**
 * The number at a fixed address (`memory.data<f32>([x])`), on all lanes. In inner loops with many constants: V8 makes
 * three instructions of a literal vector and one of a load.
 */
// @ts-ignore: decorator
@inline
export function constant(at: usize): v128 {
  return v128.load32_splat(at);
}

/** 1 where the mask's lane is set, else 0. */
// @ts-ignore: decorator
@inline
export function one(mask: v128): v128 {
  return v128.and(mask, f32x4.splat(1));
}

/**
 * Where the group of four units that holds unit `u` starts. The last group of a row reaches back over lanes already
 * done instead of past the row's end: every kernel writes pure functions of its inputs, so writing twice is harmless.
 * Needs at least four units (the host pads fewer).
 */
// @ts-ignore: decorator
@inline
export function groupStart(u: i32, units: i32): i32 {
  return min(u, units - 4);
}

const NO_SIGN = memory.data<u32>([0x7fffffff]);

/** |x|. V8 makes three instructions of `f32x4.abs`. */
// @ts-ignore: decorator
@inline
export function magnitude(x: v128): v128 {
  return v128.and(x, v128.load32_splat(NO_SIGN));
}
