import { splat } from "./lanes";

/**
 * Adam (Kingma & Ba 2015, algorithm 1) over n flat float32 parameters, in place; n a multiple of four.
 *
 *   m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  p <- p - stepSize m / (sqrt(v) * inverseSqrtC2 + epsilon)
 *
 * where g is the gradient plus decay times p (Adam with an L2 penalty), with stepSize = rate / (1 - b1^t) and inverseSqrtC2 = 1 / sqrt(1 - b2^t), worked out by the caller in float64,
 * like 1 - b1 and 1 - b2 (in float32 the latter would be off by 1e-5).
 */
export function adam(p: usize, g: usize, m: usize, v: usize, n: i32, stepSize: f32, b1: f32, oneMinusB1: f32, b2: f32, oneMinusB2: f32, inverseSqrtC2: f32, epsilon: f32, decay: f32): void {
  const vB1 = splat(b1);
  const vB2 = splat(b2);
  const vC1 = splat(oneMinusB1);
  const vC2 = splat(oneMinusB2);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const gradient = f32x4.add(v128.load(g + at), f32x4.mul(splat(decay), v128.load(p + at)));
    const m1 = f32x4.add(f32x4.mul(vB1, v128.load(m + at)), f32x4.mul(vC1, gradient));
    const v1 = f32x4.add(f32x4.mul(vB2, v128.load(v + at)), f32x4.mul(vC2, f32x4.mul(gradient, gradient)));
    const d = f32x4.add(f32x4.mul(f32x4.sqrt(v1), splat(inverseSqrtC2)), splat(epsilon));
    v128.store(m + at, m1);
    v128.store(v + at, v1);
    v128.store(p + at, f32x4.sub(v128.load(p + at), f32x4.div(f32x4.mul(splat(stepSize), m1), d)));
  }
}

/** Polyak averaging: target <- (1 - tau) target + tau source, in place; n a multiple of four. */
export function polyak(target: usize, source: usize, n: i32, tau: f32): void {
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    v128.store(
      target + at,
      f32x4.add(f32x4.mul(splat(1 - tau), v128.load(target + at)), f32x4.mul(splat(tau), v128.load(source + at))),
    );
  }
}
