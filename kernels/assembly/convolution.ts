import { splat } from "./lanes";

// 3 x 3 convolution (stride 1, a border of zeros) and 2 x 2 average pooling, channels last: an image is [height, width,
// channels], so that what a kernel row sees is one run of 3 channels in memory.

/**
 * One image [height, width, channels] into its patches [height * width, 9 * channels], in the order kernel row, kernel
 * column, channel. Runs are copied in whole vectors, front to back, each covering the last one's overhang: the patches
 * need 12 bytes of slack at their end, and the image is read up to 12 bytes past its end.
 */
export function patches3x3(image: usize, height: i32, width: i32, channels: i32, out: usize): void {
  const pixel = <usize>channels << 2;
  const line = <usize>width * pixel;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let ky = -1; ky <= 1; ky++) {
        const row = y + ky;
        if (row < 0 || row >= height) {
          memory.fill(out, 0, 3 * pixel);
          out += 3 * pixel;
          continue;
        }
        let source = image + <usize>row * line + <usize>x * pixel;
        let target = out;
        let count = 3 * channels;
        out += 3 * pixel;
        if (x == 0) {
          memory.fill(target, 0, pixel);
          target += pixel;
          count -= channels;
        } else {
          source -= pixel;
        }
        if (x == width - 1) count -= channels;
        for (let i = 0; i < count; i += 4) {
          v128.store(target + (<usize>i << 2), v128.load(source + (<usize>i << 2)));
        }
        if (x == width - 1) memory.fill(target + (<usize>count << 2), 0, pixel);
      }
    }
  }
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
