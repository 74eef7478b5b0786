import { splat } from "./lanes";
import { NeuronCall, sliceBytes, tickShare } from "./neuron-call";

// The backward pass of s-lif2hh where the fourth compartment is nowhere near its threshold: the rectangle's derivative is then
// zero at each of its ticks and no gradient reaches it, neither its inner weights nor, by way of them, the other three. Those
// are three leaky neurons side by side, whose adjoint is one product and one sum a tick (lif-training.ts). In training this is
// nine groups of units in ten.

/** Scratch of a tick: K and the mask of the ticks near the threshold, three times. */
const TICK: usize = 96;

// @ts-ignore: decorator
@inline
function near(x: v128, theta: v128, width: v128): v128 {
  return f32x4.lt(f32x4.abs(f32x4.sub(x, theta)), width);
}

/** d x' / d x: the leak, and what the reset does to it within the rectangle; `height` is 0 where the reset is detached. */
// @ts-ignore: decorator
@inline
function step(kept: v128, fired: v128, by: v128, d: v128, height: v128): v128 {
  return f32x4.sub(v128.andnot(d, fired), v128.and(f32x4.mul(kept, height), by));
}

/**
 * The gradient in the currents of one group of four units, from rest, with a rectangle for the surrogate.
 *
 * @param lane bytes from the start of a row of units to the group
 * @returns false, with nothing written, where the fourth compartment comes near its threshold
 */
// @ts-ignore: decorator
@inline
export function quietBackward(call: NeuronCall, r: i32, lane: usize, mean: bool): bool {
  const slice = sliceBytes(call);
  const row = <usize>call.units << 2;
  const inputs = call.inputs;
  const repeat = call.repeat;
  const width = splat(call.width);
  const height = splat(call.detachReset ? 0 : call.height);
  const constants = call.constants + lane;
  const d = v128.load(constants);
  const theta = v128.load(constants + row);
  const w1 = v128.load(constants + row * 2);
  const w2 = v128.load(constants + row * 3);
  const w3 = v128.load(constants + row * 4);
  const b = v128.load(constants + row * 5);
  let x1 = splat(0);
  let x2 = splat(0);
  let x3 = splat(0);
  let kept1 = splat(0);
  let kept2 = splat(0);
  let kept3 = splat(0);
  let kept4 = splat(0);
  const fires = f32x4.gt(splat(0), theta);
  let fired1 = fires;
  let fired2 = fires;
  let fired3 = fires;
  let fired4 = fires;
  let awake = splat(0);
  let keep = call.scratch;
  let current = call.currents + <usize>r * row * 3 + lane;
  for (let i = 0; i < inputs; i++) {
    const drive1 = v128.load(current);
    const drive2 = v128.load(current + row);
    const drive3 = v128.load(current + row * 2);
    for (let k = 0; k < repeat; k++) {
      const fed = f32x4.add(f32x4.add(f32x4.add(f32x4.mul(w1, x1), f32x4.mul(w2, x2)), f32x4.mul(w3, x3)), b);
      x1 = f32x4.add(v128.andnot(kept1, fired1), drive1);
      x2 = f32x4.add(v128.andnot(kept2, fired2), drive2);
      x3 = f32x4.add(v128.andnot(kept3, fired3), drive3);
      const x4 = f32x4.add(v128.andnot(kept4, fired4), fed);
      fired1 = f32x4.gt(x1, theta);
      fired2 = f32x4.gt(x2, theta);
      fired3 = f32x4.gt(x3, theta);
      fired4 = f32x4.gt(x4, theta);
      kept1 = f32x4.mul(d, x1);
      kept2 = f32x4.mul(d, x2);
      kept3 = f32x4.mul(d, x3);
      kept4 = f32x4.mul(d, x4);
      awake = v128.or(awake, near(x4, theta, width));
      const near1 = near(x1, theta, width);
      const near2 = near(x2, theta, width);
      const near3 = near(x3, theta, width);
      v128.store(keep, step(kept1, fired1, near1, d, height));
      v128.store(keep, near1, 16);
      v128.store(keep, step(kept2, fired2, near2, d, height), 32);
      v128.store(keep, near2, 48);
      v128.store(keep, step(kept3, fired3, near3, d, height), 64);
      v128.store(keep, near3, 80);
      keep += TICK;
    }
    current += slice * 3;
  }
  if (v128.any_true(awake)) return false;

  const scale = f32x4.mul(mean ? tickShare(call) : splat(1), splat(call.height));
  let gradient = call.gradient + <usize>r * row * 4 + lane;
  if (!mean) gradient += <usize>(inputs * repeat - 1) * slice * 4;
  let on1 = f32x4.mul(v128.load(gradient), scale);
  let on2 = f32x4.mul(v128.load(gradient + row), scale);
  let on3 = f32x4.mul(v128.load(gradient + row * 2), scale);
  let lambda1 = splat(0);
  let lambda2 = splat(0);
  let lambda3 = splat(0);
  let sink = call.dCurrents + <usize>(inputs - 1) * slice * 3 + <usize>r * row * 3 + lane;
  for (let i = 0; i < inputs; i++) {
    let sum1 = splat(0);
    let sum2 = splat(0);
    let sum3 = splat(0);
    for (let k = 0; k < repeat; k++) {
      keep -= TICK;
      if (!mean) {
        on1 = f32x4.mul(v128.load(gradient), scale);
        on2 = f32x4.mul(v128.load(gradient + row), scale);
        on3 = f32x4.mul(v128.load(gradient + row * 2), scale);
        gradient -= slice * 4;
      }
      // K of a tick is that of the step after it; there is none after the last.
      lambda1 = f32x4.add(f32x4.mul(lambda1, v128.load(keep)), v128.and(v128.load(keep, 16), on1));
      lambda2 = f32x4.add(f32x4.mul(lambda2, v128.load(keep, 32)), v128.and(v128.load(keep, 48), on2));
      lambda3 = f32x4.add(f32x4.mul(lambda3, v128.load(keep, 64)), v128.and(v128.load(keep, 80), on3));
      sum1 = f32x4.add(sum1, lambda1);
      sum2 = f32x4.add(sum2, lambda2);
      sum3 = f32x4.add(sum3, lambda3);
    }
    v128.store(sink, sum1);
    v128.store(sink + row, sum2);
    v128.store(sink + row * 2, sum3);
    sink -= slice * 3;
  }
  return true;
}
