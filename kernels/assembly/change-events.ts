import { madd, splat } from "./lanes";

// 3 x 3 convolution over the ticks of one image, event by event. A constant image drives most neurons to spike at every
// tick or at none, so from tick to tick few of the (pooled) spikes change. A convolution is linear: what changes is all
// that has to be added to the tick before,
//
//   y[t] = y[t - 1] + W (x[t] - x[t - 1])
//
// and, with the changes d[t] = x[t] - x[t - 1], the weights' gradient is the sum over t of d[t] (g[t] + g[t + 1] + ...).
// An event is one changed input (pixel, channel). It meets the three rows of the 3 x 3 in three runs of
// 3 x outChannels neighbouring numbers of an image with a border; runs are worked on in blocks of 32.

/** Floats of a run of 3 x outChannels, up to whole blocks. */
// @ts-ignore: decorator
@inline
function runFloats(outChannels: i32): i32 {
  return (3 * outChannels + 31) & ~31;
}

/**
 * Weights [3, 3, inChannels, outChannels] as runs [inChannels, 3, runFloats]: what an input adds to the three pixels of
 * each row around it, so turned by half a circle. Zeros behind each run.
 */
export function packRuns(weights: usize, inChannels: i32, outChannels: i32, out: usize): void {
  const run = <usize>runFloats(outChannels) << 2;
  const bytes = <usize>outChannels << 2;
  for (let c = 0; c < inChannels; c++) {
    for (let r = 0; r < 3; r++) {
      memory.fill(out, 0, run);
      for (let s = 0; s < 3; s++) {
        const tap = (2 - r) * 3 + (2 - s);
        memory.copy(out + <usize>s * bytes, weights + <usize>(tap * inChannels + c) * bytes, bytes);
      }
      out += run;
    }
  }
}

/** Adds runs to the gradient they belong to: the adjoint of `packRuns`. */
export function addRuns(runs: usize, inChannels: i32, outChannels: i32, gradient: usize): void {
  const run = <usize>runFloats(outChannels) << 2;
  const bytes = <usize>outChannels << 2;
  for (let c = 0; c < inChannels; c++) {
    for (let r = 0; r < 3; r++) {
      for (let s = 0; s < 3; s++) {
        const tap = (2 - r) * 3 + (2 - s);
        const to = gradient + <usize>(tap * inChannels + c) * bytes;
        const from = runs + <usize>s * bytes;
        for (let o: usize = 0; o < bytes; o += 4) f32.store(to + o, f32.load(to + o) + f32.load(from + o));
      }
      runs += run;
    }
  }
}

/**
 * Adds what changed to `sums`, an image [height + 2, width + 2, outChannels] with 31 floats to spare behind it.
 *
 * @param before the image of the tick before; 0 for none
 * @param list scratch of 8 inChannels + 8 bytes
 */
export function addChanges(now: usize, before: usize, height: i32, width: i32, inChannels: i32, runs: usize, outChannels: i32, list: usize, sums: usize): void {
  const floats = runFloats(outChannels);
  const run = <usize>floats << 2;
  const pixel = <usize>outChannels << 2;
  const line = <usize>(width + 2) * pixel;
  for (let y = 0; y < height; y++) {
    let at = sums + <usize>y * line;
    for (let x = 0; x < width; x++) {
      const end = pixelChanges(now, before, inChannels, 3 * run, list);
      now += <usize>inChannels << 2;
      if (before != 0) before += <usize>inChannels << 2;
      if (end != list) {
        for (let r = 0; r < 3; r++) {
          const target = at + <usize>r * line;
          for (let block: usize = 0; block < run; block += 128) {
            addBlock(list, end, runs + <usize>r * run + block, target + block);
          }
        }
      }
      at += pixel;
    }
  }
}

/** Writes (channel times stride, change) of each channel of a pixel that changed; returns the list's end. */
function pixelChanges(now: usize, before: usize, channels: i32, stride: usize, list: usize): usize {
  let c = 0;
  for (; c + 4 <= channels; c += 4) {
    let change = v128.load(now);
    if (before != 0) {
      change = f32x4.sub(change, v128.load(before));
      before += 16;
    }
    now += 16;
    // A zero's sign does not count.
    if (!v128.any_true(f32x4.ne(change, splat(0)))) continue;
    const first = <usize>c * stride;
    list = append(list, first, f32x4.extract_lane(change, 0));
    list = append(list, first + stride, f32x4.extract_lane(change, 1));
    list = append(list, first + 2 * stride, f32x4.extract_lane(change, 2));
    list = append(list, first + 3 * stride, f32x4.extract_lane(change, 3));
  }
  for (; c < channels; c++) {
    let change = f32.load(now);
    if (before != 0) {
      change -= f32.load(before);
      before += 4;
    }
    now += 4;
    list = append(list, <usize>c * stride, change);
  }
  return list;
}

/** Without a branch: what is zero is written over by the next. */
// @ts-ignore: decorator
@inline
function append(list: usize, offset: usize, change: f32): usize {
  store<u32>(list, <u32>offset);
  f32.store(list, change, 4);
  return list + (<usize>(change != 0) << 3);
}

/** sums[0 .. 32) += each change times the 32 numbers at its offset from `base`: its weights, or the slopes it meets. */
function addBlock(event: usize, end: usize, base: usize, sums: usize): void {
  let s0 = v128.load(sums);
  let s1 = v128.load(sums, 16);
  let s2 = v128.load(sums, 32);
  let s3 = v128.load(sums, 48);
  let s4 = v128.load(sums, 64);
  let s5 = v128.load(sums, 80);
  let s6 = v128.load(sums, 96);
  let s7 = v128.load(sums, 112);
  for (; event < end; event += 8) {
    const w = base + <usize>load<u32>(event);
    const change = v128.load32_splat(event, 4);
    s0 = madd(change, v128.load(w), s0);
    s1 = madd(change, v128.load(w, 16), s1);
    s2 = madd(change, v128.load(w, 32), s2);
    s3 = madd(change, v128.load(w, 48), s3);
    s4 = madd(change, v128.load(w, 64), s4);
    s5 = madd(change, v128.load(w, 80), s5);
    s6 = madd(change, v128.load(w, 96), s6);
    s7 = madd(change, v128.load(w, 112), s7);
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
  v128.store(sums, s4, 64);
  v128.store(sums, s5, 80);
  v128.store(sums, s6, 96);
  v128.store(sums, s7, 112);
}

/**
 * Adds one tick's part to the weights' gradient, as `runs`.
 *
 * @param slopes the gradients from this tick on, added up: [height + 2, width + 2, outChannels], its border zero, with
 *   31 floats to spare behind it
 * @param lists scratch of inChannels x (8 height width + 12) bytes
 */
export function addChangesGradient(now: usize, before: usize, height: i32, width: i32, inChannels: i32, slopes: usize, outChannels: i32, lists: usize, runs: usize): void {
  const run = <usize>runFloats(outChannels) << 2;
  const pixel = <usize>outChannels << 2;
  const line = <usize>(width + 2) * pixel;
  const capacity = (<usize>(height * width) << 3) + 8;
  const ends = lists + <usize>inChannels * capacity;
  for (let c = 0; c < inChannels; c++) store<u32>(ends + (<usize>c << 2), <u32>(lists + <usize>c * capacity));
  for (let y = 0; y < height; y++) {
    let at = slopes + <usize>y * line;
    for (let x = 0; x < width; x++) {
      sortChanges(now, before, inChannels, at, ends);
      now += <usize>inChannels << 2;
      if (before != 0) before += <usize>inChannels << 2;
      at += pixel;
    }
  }
  for (let c = 0; c < inChannels; c++) {
    const first = lists + <usize>c * capacity;
    const end = <usize>load<u32>(ends + (<usize>c << 2));
    if (end == first) {
      runs += 3 * run;
      continue;
    }
    for (let r = 0; r < 3; r++) {
      for (let block: usize = 0; block < run; block += 128) {
        addBlock(first, end, <usize>r * line + block, runs + block);
      }
      runs += run;
    }
  }
}

/** Puts (place, change) of each channel of a pixel that changed at the end of the channel's list. */
function sortChanges(now: usize, before: usize, channels: i32, place: usize, ends: usize): void {
  let c = 0;
  for (; c + 4 <= channels; c += 4) {
    let change = v128.load(now);
    if (before != 0) {
      change = f32x4.sub(change, v128.load(before));
      before += 16;
    }
    now += 16;
    if (v128.any_true(f32x4.ne(change, splat(0)))) {
      appendTo(ends, place, f32x4.extract_lane(change, 0));
      appendTo(ends + 4, place, f32x4.extract_lane(change, 1));
      appendTo(ends + 8, place, f32x4.extract_lane(change, 2));
      appendTo(ends + 12, place, f32x4.extract_lane(change, 3));
    }
    ends += 16;
  }
  for (; c < channels; c++) {
    let change = f32.load(now);
    if (before != 0) {
      change -= f32.load(before);
      before += 4;
    }
    now += 4;
    appendTo(ends, place, change);
    ends += 4;
  }
}

// @ts-ignore: decorator
@inline
function appendTo(end: usize, place: usize, change: f32): void {
  store<u32>(end, <u32>append(<usize>load<u32>(end), place, change));
}

/** An image [height + 2, width + 2, channels] whose every pixel is `bias` [channels]. */
export function fillPixels(bias: usize, pixels: i32, channels: i32, out: usize): void {
  // Twice as much at each copy: a copy of a few bytes costs as much as one of some hundred.
  const all = <usize>(pixels * channels) << 2;
  let done = <usize>channels << 2;
  memory.copy(out, bias, done);
  while (done < all) {
    const more = min(done, all - done);
    memory.copy(out + done, out, more);
    done += more;
  }
}

/** out[c] += the sum over pixels of x[p, c], pixel after pixel. */
export function addPixels(x: usize, pixels: i32, channels: i32, out: usize): void {
  const pixel = <usize>channels << 2;
  let c = 0;
  for (; c + 4 <= channels; c += 4) {
    const to = out + (<usize>c << 2);
    let from = x + (<usize>c << 2);
    let sum = v128.load(to);
    for (let p = 0; p < pixels; p++) {
      sum = f32x4.add(sum, v128.load(from));
      from += pixel;
    }
    v128.store(to, sum);
  }
  for (; c < channels; c++) {
    const to = out + (<usize>c << 2);
    let from = x + (<usize>c << 2);
    let sum = f32.load(to);
    for (let p = 0; p < pixels; p++) {
      sum += f32.load(from);
      from += pixel;
    }
    f32.store(to, sum);
  }
}

/** The inside of an image with a border. */
export function cutBorder(padded: usize, height: i32, width: i32, channels: i32, out: usize): void {
  const pixel = <usize>channels << 2;
  const line = <usize>width * pixel;
  padded += line + 3 * pixel;
  for (let y = 0; y < height; y++) {
    memory.copy(out, padded, line);
    padded += line + 2 * pixel;
    out += line;
  }
}

/** Adds an image to the inside of one with a border. */
export function addInside(image: usize, height: i32, width: i32, channels: i32, padded: usize): void {
  const pixel = <usize>channels << 2;
  const n = width * channels;
  padded += <usize>(width + 3) * pixel;
  for (let y = 0; y < height; y++) {
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      v128.store(padded, f32x4.add(v128.load(padded), v128.load(image)));
      padded += 16;
      image += 16;
    }
    for (; i < n; i++) {
      f32.store(padded, f32.load(padded) + f32.load(image));
      padded += 4;
      image += 4;
    }
    padded += 2 * pixel;
  }
}
