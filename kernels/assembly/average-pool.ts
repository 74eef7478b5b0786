import { splat } from "./lanes";

// Average pooling over 2 x 2 pixels, channels last.

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
