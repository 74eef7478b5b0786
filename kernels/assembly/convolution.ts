import { packRows, storeTile } from "./gemm";
import { madd, splat } from "./lanes";

// 3 x 3 convolution (stride 1, a border of zeros) and 2 x 2 average pooling, channels last: an image is [height, width,
// channels], so that what one row of the 3 x 3 sees of a pixel's surroundings is one run of 3 channels in memory, and the
// runs of neighbouring pixels overlap. Once the border is written out, a convolution is a matrix product whose left side
// needs no copy: rows of the image, one pixel apart. What is shown to a layer behind neurons is mostly zero (few spike,
// and where nothing is drawn none do), so four inputs that are all zero are passed over.

/** An image [height, width, channels] with its border of zeros: [height + 2, width + 2, channels]. */
export function padImage(image: usize, height: i32, width: i32, channels: i32, out: usize): void {
  const pixel = <usize>channels << 2;
  const line = <usize>width * pixel;
  const padded = line + 2 * pixel;
  memory.fill(out, 0, padded + pixel);
  out += padded + pixel;
  for (let y = 0; y < height; y++) {
    memory.copy(out, image, line);
    memory.fill(out + line, 0, 2 * pixel);
    image += line;
    out += padded;
  }
  memory.fill(out, 0, padded - pixel);
}

/** Weights [9 * inChannels, outChannels] as `convolveImage` reads them: ceil(out / 8) panels of 8 columns, zero-padded. */
export function packWeights(weights: usize, inChannels: i32, outChannels: i32, out: usize): void {
  packRows(weights, outChannels, 9 * inChannels, outChannels, out);
}

/**
 * One image. `padded` as padImage left it, with 64 bytes to spare behind it; `packed` as packWeights left it; `bias` may
 * be read up to 28 bytes past its end.
 */
export function convolveImage(padded: usize, height: i32, width: i32, inChannels: i32, packed: usize, outChannels: i32, bias: usize, out: usize): void {
  const pixel = <usize>inChannels << 2;
  const line = <usize>(width + 2) * pixel;
  const ldc = <usize>outChannels << 2;
  const run = 3 * inChannels;
  const panel = <usize>(9 * inChannels) << 5;
  const rows = min(4, width);
  for (let y = 0; y < height; y++) {
    const above = padded + <usize>y * line;
    const target = out + <usize>(y * width) * ldc;
    for (let j = 0; j < outChannels; j += 8) {
      const left = outChannels - j;
      const b = packed + <usize>(j >> 3) * panel;
      const column = <usize>j << 2;
      for (let x0 = 0; x0 < width; x0 += 4) {
        // The last group reaches back over pixels already done: writing them again is harmless.
        const x = max(0, min(x0, width - 4));
        const a = above + <usize>x * pixel;
        const c = target + <usize>x * ldc + column;
        if (left > 4) wideTile(a, pixel, line, run, b, bias + column, c, ldc, rows, left);
        else narrowTile(a, pixel, line, run, b, bias + column, c, ldc, rows, left);
      }
    }
  }
}

/** Adds one image's part to the weight gradient `out` [9 * inChannels, outChannels]. */
export function addWeightGradient(padded: usize, height: i32, width: i32, inChannels: i32, gradient: usize, outChannels: i32, out: usize): void {
  const pixel = <usize>inChannels << 2;
  const line = <usize>(width + 2) * pixel;
  const ldc = <usize>outChannels << 2;
  const run = 3 * inChannels;
  for (let ky = 0; ky < 3; ky++) {
    const above = padded + <usize>ky * line;
    for (let k = 0; k < run; k += 4) {
      const rows = min(4, run - k);
      const a = above + (<usize>k << 2);
      const c = out + <usize>(ky * run + k) * ldc;
      for (let j = 0; j < outChannels; j += 8) {
        const left = outChannels - j;
        const column = <usize>j << 2;
        if (left > 4) wideSlope(a, pixel, line, height, width, gradient + column, ldc, c + column, ldc, rows, left);
        else narrowSlope(a, pixel, line, height, width, gradient + column, ldc, c + column, ldc, rows, left);
      }
    }
  }
}

/** Four neighbouring pixels times up to eight output channels, all nine taps. */
function wideTile(a: usize, pixel: usize, line: usize, run: i32, b: usize, bias: usize, out: usize, ldc: usize, rows: i32, width: i32): void {
  let c00 = v128.load(bias);
  let c01 = v128.load(bias, 16);
  let c10 = c00;
  let c11 = c01;
  let c20 = c00;
  let c21 = c01;
  let c30 = c00;
  let c31 = c01;
  for (let ky = 0; ky < 3; ky++) {
    let a0 = a;
    let a1 = a0 + pixel;
    let a2 = a1 + pixel;
    let a3 = a2 + pixel;
    let p = run;
    for (; p >= 4; p -= 4) {
      const x0 = v128.load(a0);
      const x1 = v128.load(a1);
      const x2 = v128.load(a2);
      const x3 = v128.load(a3);
      if (v128.any_true(v128.or(v128.or(x0, x1), v128.or(x2, x3)))) {
        const b00 = v128.load(b, 0);
        const b01 = v128.load(b, 16);
        const s00 = v128.shuffle<f32>(x0, x0, 0, 0, 0, 0);
        c00 = madd(s00, b00, c00);
        c01 = madd(s00, b01, c01);
        const s10 = v128.shuffle<f32>(x1, x1, 0, 0, 0, 0);
        c10 = madd(s10, b00, c10);
        c11 = madd(s10, b01, c11);
        const s20 = v128.shuffle<f32>(x2, x2, 0, 0, 0, 0);
        c20 = madd(s20, b00, c20);
        c21 = madd(s20, b01, c21);
        const s30 = v128.shuffle<f32>(x3, x3, 0, 0, 0, 0);
        c30 = madd(s30, b00, c30);
        c31 = madd(s30, b01, c31);
        const b10 = v128.load(b, 32);
        const b11 = v128.load(b, 48);
        const s01 = v128.shuffle<f32>(x0, x0, 1, 1, 1, 1);
        c00 = madd(s01, b10, c00);
        c01 = madd(s01, b11, c01);
        const s11 = v128.shuffle<f32>(x1, x1, 1, 1, 1, 1);
        c10 = madd(s11, b10, c10);
        c11 = madd(s11, b11, c11);
        const s21 = v128.shuffle<f32>(x2, x2, 1, 1, 1, 1);
        c20 = madd(s21, b10, c20);
        c21 = madd(s21, b11, c21);
        const s31 = v128.shuffle<f32>(x3, x3, 1, 1, 1, 1);
        c30 = madd(s31, b10, c30);
        c31 = madd(s31, b11, c31);
        const b20 = v128.load(b, 64);
        const b21 = v128.load(b, 80);
        const s02 = v128.shuffle<f32>(x0, x0, 2, 2, 2, 2);
        c00 = madd(s02, b20, c00);
        c01 = madd(s02, b21, c01);
        const s12 = v128.shuffle<f32>(x1, x1, 2, 2, 2, 2);
        c10 = madd(s12, b20, c10);
        c11 = madd(s12, b21, c11);
        const s22 = v128.shuffle<f32>(x2, x2, 2, 2, 2, 2);
        c20 = madd(s22, b20, c20);
        c21 = madd(s22, b21, c21);
        const s32 = v128.shuffle<f32>(x3, x3, 2, 2, 2, 2);
        c30 = madd(s32, b20, c30);
        c31 = madd(s32, b21, c31);
        const b30 = v128.load(b, 96);
        const b31 = v128.load(b, 112);
        const s03 = v128.shuffle<f32>(x0, x0, 3, 3, 3, 3);
        c00 = madd(s03, b30, c00);
        c01 = madd(s03, b31, c01);
        const s13 = v128.shuffle<f32>(x1, x1, 3, 3, 3, 3);
        c10 = madd(s13, b30, c10);
        c11 = madd(s13, b31, c11);
        const s23 = v128.shuffle<f32>(x2, x2, 3, 3, 3, 3);
        c20 = madd(s23, b30, c20);
        c21 = madd(s23, b31, c21);
        const s33 = v128.shuffle<f32>(x3, x3, 3, 3, 3, 3);
        c30 = madd(s33, b30, c30);
        c31 = madd(s33, b31, c31);
      }
      b += 128;
      a0 += 16;
      a1 += 16;
      a2 += 16;
      a3 += 16;
    }
    for (; p > 0; p--) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(a0);
      c00 = madd(x0, b0, c00);
      c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(a1);
      c10 = madd(x1, b0, c10);
      c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(a2);
      c20 = madd(x2, b0, c20);
      c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(a3);
      c30 = madd(x3, b0, c30);
      c31 = madd(x3, b1, c31);
      b += 32;
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
    }
    a += line;
  }
  storeTile(out + ldc * 0, c00, c01, width, false);
  if (rows > 1) storeTile(out + ldc * 1, c10, c11, width, false);
  if (rows > 2) storeTile(out + ldc * 2, c20, c21, width, false);
  if (rows > 3) storeTile(out + ldc * 3, c30, c31, width, false);
}

/** Four neighbouring pixels times up to four output channels, all nine taps. */
function narrowTile(a: usize, pixel: usize, line: usize, run: i32, b: usize, bias: usize, out: usize, ldc: usize, rows: i32, width: i32): void {
  let c00 = v128.load(bias);
  let c10 = c00;
  let c20 = c00;
  let c30 = c00;
  for (let ky = 0; ky < 3; ky++) {
    let a0 = a;
    let a1 = a0 + pixel;
    let a2 = a1 + pixel;
    let a3 = a2 + pixel;
    let p = run;
    for (; p >= 4; p -= 4) {
      const x0 = v128.load(a0);
      const x1 = v128.load(a1);
      const x2 = v128.load(a2);
      const x3 = v128.load(a3);
      if (v128.any_true(v128.or(v128.or(x0, x1), v128.or(x2, x3)))) {
        const b00 = v128.load(b, 0);
        const s00 = v128.shuffle<f32>(x0, x0, 0, 0, 0, 0);
        c00 = madd(s00, b00, c00);
        const s10 = v128.shuffle<f32>(x1, x1, 0, 0, 0, 0);
        c10 = madd(s10, b00, c10);
        const s20 = v128.shuffle<f32>(x2, x2, 0, 0, 0, 0);
        c20 = madd(s20, b00, c20);
        const s30 = v128.shuffle<f32>(x3, x3, 0, 0, 0, 0);
        c30 = madd(s30, b00, c30);
        const b10 = v128.load(b, 32);
        const s01 = v128.shuffle<f32>(x0, x0, 1, 1, 1, 1);
        c00 = madd(s01, b10, c00);
        const s11 = v128.shuffle<f32>(x1, x1, 1, 1, 1, 1);
        c10 = madd(s11, b10, c10);
        const s21 = v128.shuffle<f32>(x2, x2, 1, 1, 1, 1);
        c20 = madd(s21, b10, c20);
        const s31 = v128.shuffle<f32>(x3, x3, 1, 1, 1, 1);
        c30 = madd(s31, b10, c30);
        const b20 = v128.load(b, 64);
        const s02 = v128.shuffle<f32>(x0, x0, 2, 2, 2, 2);
        c00 = madd(s02, b20, c00);
        const s12 = v128.shuffle<f32>(x1, x1, 2, 2, 2, 2);
        c10 = madd(s12, b20, c10);
        const s22 = v128.shuffle<f32>(x2, x2, 2, 2, 2, 2);
        c20 = madd(s22, b20, c20);
        const s32 = v128.shuffle<f32>(x3, x3, 2, 2, 2, 2);
        c30 = madd(s32, b20, c30);
        const b30 = v128.load(b, 96);
        const s03 = v128.shuffle<f32>(x0, x0, 3, 3, 3, 3);
        c00 = madd(s03, b30, c00);
        const s13 = v128.shuffle<f32>(x1, x1, 3, 3, 3, 3);
        c10 = madd(s13, b30, c10);
        const s23 = v128.shuffle<f32>(x2, x2, 3, 3, 3, 3);
        c20 = madd(s23, b30, c20);
        const s33 = v128.shuffle<f32>(x3, x3, 3, 3, 3, 3);
        c30 = madd(s33, b30, c30);
      }
      b += 128;
      a0 += 16;
      a1 += 16;
      a2 += 16;
      a3 += 16;
    }
    for (; p > 0; p--) {
      const b0 = v128.load(b);
      const x0 = v128.load32_splat(a0);
      c00 = madd(x0, b0, c00);
      const x1 = v128.load32_splat(a1);
      c10 = madd(x1, b0, c10);
      const x2 = v128.load32_splat(a2);
      c20 = madd(x2, b0, c20);
      const x3 = v128.load32_splat(a3);
      c30 = madd(x3, b0, c30);
      b += 32;
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
    }
    a += line;
  }
  storeTile(out + ldc * 0, c00, c00, width, false);
  if (rows > 1) storeTile(out + ldc * 1, c10, c10, width, false);
  if (rows > 2) storeTile(out + ldc * 2, c20, c20, width, false);
  if (rows > 3) storeTile(out + ldc * 3, c30, c30, width, false);
}

/** Four neighbouring rows of a weight gradient times up to eight output channels, over all pixels. */
function wideSlope(a: usize, pixel: usize, line: usize, height: i32, width: i32, gradient: usize, ldg: usize, out: usize, ldc: usize, rows: i32, columns: i32): void {
  let c00 = splat(0);
  let c01 = splat(0);
  let c10 = splat(0);
  let c11 = splat(0);
  let c20 = splat(0);
  let c21 = splat(0);
  let c30 = splat(0);
  let c31 = splat(0);
  for (let y = 0; y < height; y++) {
    let source = a + <usize>y * line;
    for (let x = 0; x < width; x++) {
      const v = v128.load(source);
      if (v128.any_true(v)) {
        const g0 = v128.load(gradient);
        const g1 = v128.load(gradient, 16);
        const s0 = v128.shuffle<f32>(v, v, 0, 0, 0, 0);
        c00 = madd(s0, g0, c00);
        c01 = madd(s0, g1, c01);
        const s1 = v128.shuffle<f32>(v, v, 1, 1, 1, 1);
        c10 = madd(s1, g0, c10);
        c11 = madd(s1, g1, c11);
        const s2 = v128.shuffle<f32>(v, v, 2, 2, 2, 2);
        c20 = madd(s2, g0, c20);
        c21 = madd(s2, g1, c21);
        const s3 = v128.shuffle<f32>(v, v, 3, 3, 3, 3);
        c30 = madd(s3, g0, c30);
        c31 = madd(s3, g1, c31);
      }
      source += pixel;
      gradient += ldg;
    }
  }
  storeTile(out + ldc * 0, c00, c01, columns, true);
  if (rows > 1) storeTile(out + ldc * 1, c10, c11, columns, true);
  if (rows > 2) storeTile(out + ldc * 2, c20, c21, columns, true);
  if (rows > 3) storeTile(out + ldc * 3, c30, c31, columns, true);
}

/** Four neighbouring rows of a weight gradient times up to four output channels, over all pixels. */
function narrowSlope(a: usize, pixel: usize, line: usize, height: i32, width: i32, gradient: usize, ldg: usize, out: usize, ldc: usize, rows: i32, columns: i32): void {
  let c00 = splat(0);
  let c10 = splat(0);
  let c20 = splat(0);
  let c30 = splat(0);
  for (let y = 0; y < height; y++) {
    let source = a + <usize>y * line;
    for (let x = 0; x < width; x++) {
      const v = v128.load(source);
      if (v128.any_true(v)) {
        const g0 = v128.load(gradient);
        const s0 = v128.shuffle<f32>(v, v, 0, 0, 0, 0);
        c00 = madd(s0, g0, c00);
        const s1 = v128.shuffle<f32>(v, v, 1, 1, 1, 1);
        c10 = madd(s1, g0, c10);
        const s2 = v128.shuffle<f32>(v, v, 2, 2, 2, 2);
        c20 = madd(s2, g0, c20);
        const s3 = v128.shuffle<f32>(v, v, 3, 3, 3, 3);
        c30 = madd(s3, g0, c30);
      }
      source += pixel;
      gradient += ldg;
    }
  }
  storeTile(out + ldc * 0, c00, c00, columns, true);
  if (rows > 1) storeTile(out + ldc * 1, c10, c10, columns, true);
  if (rows > 2) storeTile(out + ldc * 2, c20, c20, columns, true);
  if (rows > 3) storeTile(out + ldc * 3, c30, c30, columns, true);
}

/** Means of 2 x 2 pixels: [images, height, width, channels] into [images, height / 2, width / 2, channels]; even sizes. */
export function averagePool(x: usize, images: i32, height: i32, width: i32, channels: i32, out: usize): void {
  const pixel = <usize>channels << 2;
  const line = <usize>width * pixel;
  const quarter = splat(0.25);
  const lines = images * (height >> 1);
  for (let r = 0; r < lines; r++) {
    for (let j = 0; j < width; j += 2) {
      let c = 0;
      for (; c + 4 <= channels; c += 4) {
        const top = f32x4.add(v128.load(x), v128.load(x + pixel));
        const bottom = f32x4.add(v128.load(x + line), v128.load(x + line + pixel));
        v128.store(out, f32x4.mul(quarter, f32x4.add(top, bottom)));
        x += 16;
        out += 16;
      }
      for (; c < channels; c++) {
        const top = f32.load(x) + f32.load(x + pixel);
        f32.store(out, <f32>0.25 * (top + (f32.load(x + line) + f32.load(x + line + pixel))));
        x += 4;
        out += 4;
      }
      x += pixel;
    }
    x += line;
  }
}

/** The adjoint: every pixel of a 2 x 2 block is given a quarter of the block's gradient. */
export function spreadPool(gradient: usize, images: i32, height: i32, width: i32, channels: i32, out: usize): void {
  const pixel = <usize>channels << 2;
  const line = <usize>width * pixel;
  const quarter = splat(0.25);
  const lines = images * (height >> 1);
  for (let r = 0; r < lines; r++) {
    for (let j = 0; j < width; j += 2) {
      let c = 0;
      for (; c + 4 <= channels; c += 4) {
        const share = f32x4.mul(quarter, v128.load(gradient));
        v128.store(out, share);
        v128.store(out + pixel, share);
        v128.store(out + line, share);
        v128.store(out + line + pixel, share);
        gradient += 16;
        out += 16;
      }
      for (; c < channels; c++) {
        const share = <f32>0.25 * f32.load(gradient);
        f32.store(out, share);
        f32.store(out + pixel, share);
        f32.store(out + line, share);
        f32.store(out + line + pixel, share);
        gradient += 4;
        out += 4;
      }
      out += pixel;
    }
    out += line;
  }
}
