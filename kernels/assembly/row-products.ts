import { madd, splat } from "./lanes";

// Products too small for the register tile of gemm.ts.

/** One row times an unpacked [K, N]: 32 columns at a time, so that a single action never pays for packing. */
export function rowTimesMatrix(a: usize, b: usize, n: i32, k: i32, c: usize, accumulate: bool): void {
  const stride = <usize>n << 2;
  let j = 0;
  for (; j + 32 <= n; j += 32) {
    let source = b + (<usize>j << 2);
    const out = c + (<usize>j << 2);
    let s0 = i32x4.splat(0);
    let s1 = i32x4.splat(0);
    let s2 = i32x4.splat(0);
    let s3 = i32x4.splat(0);
    let s4 = i32x4.splat(0);
    let s5 = i32x4.splat(0);
    let s6 = i32x4.splat(0);
    let s7 = i32x4.splat(0);
    if (accumulate) {
      s0 = v128.load(out);
      s1 = v128.load(out, 16);
      s2 = v128.load(out, 32);
      s3 = v128.load(out, 48);
      s4 = v128.load(out, 64);
      s5 = v128.load(out, 80);
      s6 = v128.load(out, 96);
      s7 = v128.load(out, 112);
    }
    for (let p = 0; p < k; p++) {
      const x = v128.load32_splat(a + (<usize>p << 2));
      s0 = madd(x, v128.load(source), s0);
      s1 = madd(x, v128.load(source, 16), s1);
      s2 = madd(x, v128.load(source, 32), s2);
      s3 = madd(x, v128.load(source, 48), s3);
      s4 = madd(x, v128.load(source, 64), s4);
      s5 = madd(x, v128.load(source, 80), s5);
      s6 = madd(x, v128.load(source, 96), s6);
      s7 = madd(x, v128.load(source, 112), s7);
      source += stride;
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
    v128.store(out, s4, 64);
    v128.store(out, s5, 80);
    v128.store(out, s6, 96);
    v128.store(out, s7, 112);
  }
  // With the tiles' own multiply-add, so that a row's result does not depend on how many rows come with it.
  for (; j < n; j++) {
    let sum = accumulate ? v128.load32_zero(c + (<usize>j << 2)) : i32x4.splat(0);
    let source = b + (<usize>j << 2);
    for (let p = 0; p < k; p++) {
      sum = madd(v128.load32_zero(a + (<usize>p << 2)), v128.load32_zero(source), sum);
      source += stride;
    }
    f32.store(c + (<usize>j << 2), f32x4.extract_lane(sum, 0));
  }
}

/** The scalar product of every row of A[M, K] with a vector of K. */
export function rowsTimesVector(a: usize, b: usize, m: i32, k: i32, c: usize, accumulate: bool): void {
  for (let i = 0; i < m; i++) {
    let s0 = splat(0);
    let s1 = splat(0);
    let p = 0;
    for (; p + 8 <= k; p += 8) {
      const at = <usize>p << 2;
      s0 = madd(v128.load(a + at), v128.load(b + at), s0);
      s1 = madd(v128.load(a + at, 16), v128.load(b + at, 16), s1);
    }
    s0 = f32x4.add(s0, s1);
    let sum = f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1) + (f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3));
    for (; p < k; p++) sum += f32.load(a + (<usize>p << 2)) * f32.load(b + (<usize>p << 2));
    f32.store(c, accumulate ? f32.load(c) + sum : sum);
    a += <usize>k << 2;
    c += 4;
  }
}
