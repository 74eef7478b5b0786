import { matmul } from "./gemm";

// A 3 x 3 convolution (stride 1, a border of zeros) by Winograd's minimal filtering F(2 x 2, 3 x 3) (Lavin & Gray, CVPR
// 2016): each block of 2 x 2 outputs comes of a block of 4 x 4 inputs in 16 instead of 36 multiplications a channel,
//
//   Y = A' [ sum over channels of (G g G') * (B' d B) ] A
//
// so that a layer is 16 matrix products [blocks, in] x [in, out]. Channels lie in groups of four, the last one padded
// with zeros.

// @ts-ignore: decorator
@inline
function padded4(n: i32): i32 {
  return (n + 3) & ~3;
}

/**
 * G g G' of the weights that lead a gradient back through a convolution: those of `weights` [3, 3, inChannels,
 * outChannels] turned by half a circle, from outChannels to inChannels. out [16, padded4(outChannels), padded4(inChannels)].
 */
export function turnedFilters(weights: usize, inChannels: i32, outChannels: i32, out: usize): void {
  const n = padded4(inChannels);
  const plane = <usize>(padded4(outChannels) * n) << 2;
  memory.fill(out, 0, 16 * plane);
  const tap = <usize>(inChannels * outChannels) << 2;
  for (let c = 0; c < inChannels; c++) {
    for (let o = 0; o < outChannels; o++) {
      const w = weights + (<usize>(c * outChannels + o) << 2);
      const at = out + (<usize>(o * n + c) << 2);
      // Column by column G g, then row by row times G'; the taps from last to first.
      for (let i = 0; i < 4; i++) {
        const a = filterRow(w + 8 * tap, 3 * tap, i);
        const b = filterRow(w + 7 * tap, 3 * tap, i);
        const d = filterRow(w + 6 * tap, 3 * tap, i);
        const row = at + <usize>(4 * i) * plane;
        f32.store(row, a);
        f32.store(row + plane, <f32>0.5 * (a + b + d));
        f32.store(row + 2 * plane, <f32>0.5 * (a - b + d));
        f32.store(row + 3 * plane, d);
      }
    }
  }
}

/** Row i of G times three numbers, each `step` before the one before it. */
// @ts-ignore: decorator
@inline
function filterRow(last: usize, step: usize, i: i32): f32 {
  const a = f32.load(last);
  const b = f32.load(last - step);
  const c = f32.load(last - 2 * step);
  if (i == 0) return a;
  if (i == 1) return <f32>0.5 * (a + b + c);
  if (i == 2) return <f32>0.5 * (a - b + c);
  return c;
}

/**
 * One image [height, width, channels] with the filters of `turnedFilters`, out [height, width, outChannels].
 *
 * @param scratch 4 (image + 16 blocks (k + n) + k round8(n)) bytes, with blocks = ceil(height / 2) ceil(width / 2), image =
 *   (2 ceil(height / 2) + 2) (2 ceil(width / 2) + 2) k, and k, n the padded numbers of channels
 */
export function convolveBlocks(image: usize, height: i32, width: i32, channels: i32, filters: usize, outChannels: i32, scratch: usize, out: usize): void {
  const k = padded4(channels);
  const n = padded4(outChannels);
  const down = (height + 1) >> 1;
  const across = (width + 1) >> 1;
  const blocks = down * across;
  const inputs = scratch + (<usize>((2 * down + 2) * (2 * across + 2) * k) << 2);
  const outputs = inputs + (<usize>(16 * blocks * k) << 2);
  const panels = outputs + (<usize>(16 * blocks * n) << 2);
  widenImage(image, height, width, channels, scratch);
  transformInputs(scratch, down, across, k, inputs);
  for (let i = 0; i < 16; i++) {
    const a = inputs + (<usize>(i * blocks * k) << 2);
    const b = filters + (<usize>(i * k * n) << 2);
    matmul(a, b, outputs + (<usize>(i * blocks * n) << 2), blocks, n, k, false, panels);
  }
  transformOutputs(outputs, height, width, outChannels, out);
}

/** The image with a border of zeros, whole blocks, and its channels padded. */
function widenImage(image: usize, height: i32, width: i32, channels: i32, out: usize): void {
  const pixel = <usize>channels << 2;
  const wide = <usize>padded4(channels) << 2;
  const line = <usize>(2 * ((width + 1) >> 1) + 2) * wide;
  memory.fill(out, 0, <usize>(2 * ((height + 1) >> 1) + 2) * line);
  for (let y = 0; y < height; y++) {
    let to = out + <usize>(y + 1) * line + wide;
    if (wide == pixel) {
      memory.copy(to, image, <usize>width * pixel);
      image += <usize>width * pixel;
      continue;
    }
    for (let x = 0; x < width; x++) {
      for (let c: usize = 0; c < pixel; c += 4) f32.store(to + c, f32.load(image + c));
      image += pixel;
      to += wide;
    }
  }
}

/** B' d B of every block: out [16, blocks, k]. */
function transformInputs(image: usize, down: i32, across: i32, k: i32, out: usize): void {
  const pixel = <usize>k << 2;
  const line = <usize>(2 * across + 2) * pixel;
  const plane = <usize>(down * across) * pixel;
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      let at = image + <usize>(2 * y) * line + <usize>(2 * x) * pixel;
      for (let c = 0; c < k; c += 4) {
        const second = at + line;
        const third = second + line;
        blockRow(at, third, true, pixel, out, plane);
        blockRow(second, third, false, pixel, out + 4 * plane, plane);
        blockRow(third, second, true, pixel, out + 8 * plane, plane);
        blockRow(second, third + line, true, pixel, out + 12 * plane, plane);
        at += 16;
        out += 16;
      }
    }
  }
}

/** A row of B' d, the difference or the sum of two rows of the block, times B. */
// @ts-ignore: decorator
@inline
function blockRow(a: usize, b: usize, minus: bool, pixel: usize, out: usize, plane: usize): void {
  const d0 = combine(a, b, minus);
  const d1 = combine(a + pixel, b + pixel, minus);
  const d2 = combine(a + 2 * pixel, b + 2 * pixel, minus);
  const d3 = combine(a + 3 * pixel, b + 3 * pixel, minus);
  v128.store(out, f32x4.sub(d0, d2));
  v128.store(out + plane, f32x4.add(d1, d2));
  v128.store(out + 2 * plane, f32x4.sub(d2, d1));
  v128.store(out + 3 * plane, f32x4.sub(d1, d3));
}

// @ts-ignore: decorator
@inline
function combine(a: usize, b: usize, minus: bool): v128 {
  return minus ? f32x4.sub(v128.load(a), v128.load(b)) : f32x4.add(v128.load(a), v128.load(b));
}

/** A' m A of every block: out [height, width, channels]. */
function transformOutputs(products: usize, height: i32, width: i32, channels: i32, out: usize): void {
  const pixel = <usize>channels << 2;
  const line = <usize>width * pixel;
  const blocks = ((height + 1) >> 1) * ((width + 1) >> 1);
  const plane = <usize>(blocks * padded4(channels)) << 2;
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const at = out + <usize>y * line + <usize>x * pixel;
      for (let c = 0; c < channels; c += 4) {
        const row1 = products + 4 * plane;
        const row2 = products + 8 * plane;
        const row3 = products + 12 * plane;
        const l1 = leftOf(row1, plane);
        const l2 = leftOf(row2, plane);
        const r1 = rightOf(row1, plane);
        const r2 = rightOf(row2, plane);
        const s0 = f32x4.add(f32x4.add(leftOf(products, plane), l1), l2);
        const s1 = f32x4.add(f32x4.add(rightOf(products, plane), r1), r2);
        const t0 = f32x4.sub(f32x4.sub(l1, l2), leftOf(row3, plane));
        const t1 = f32x4.sub(f32x4.sub(r1, r2), rightOf(row3, plane));
        const left = channels - c;
        const to = at + (<usize>c << 2);
        const isWide = x + 1 < width;
        storeLanes(to, s0, left);
        if (isWide) storeLanes(to + pixel, s1, left);
        if (y + 1 < height) {
          storeLanes(to + line, t0, left);
          if (isWide) storeLanes(to + line + pixel, t1, left);
        }
        products += 16;
      }
    }
  }
}

/** The first column of a row of m A. */
// @ts-ignore: decorator
@inline
function leftOf(row: usize, plane: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(row), v128.load(row + plane)), v128.load(row + 2 * plane));
}

/** The second. */
// @ts-ignore: decorator
@inline
function rightOf(row: usize, plane: usize): v128 {
  return f32x4.sub(f32x4.sub(v128.load(row + plane), v128.load(row + 2 * plane)), v128.load(row + 3 * plane));
}

// @ts-ignore: decorator
@inline
function storeLanes(to: usize, x: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, x);
    return;
  }
  f32.store(to, f32x4.extract_lane(x, 0));
  if (count > 1) f32.store(to, f32x4.extract_lane(x, 1), 4);
  if (count > 2) f32.store(to, f32x4.extract_lane(x, 2), 8);
}
