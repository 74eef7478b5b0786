// What surrounds a matrix product in a dense layer, as passes of their own.

/** y[r, :] += bias, then max(0, .) if `relu`. */
export function addBias(y: usize, bias: usize, rows: i32, columns: i32, relu: bool): void {
  const zero = f32x4.splat(0);
  for (let r = 0; r < rows; r++) {
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      let x = f32x4.add(v128.load(y), v128.load(bias + (<usize>j << 2)));
      if (relu) x = f32x4.max(x, zero);
      v128.store(y, x);
      y += 16;
    }
    for (; j < columns; j++) {
      let x = f32.load(y) + f32.load(bias + (<usize>j << 2));
      if (relu) x = max<f32>(x, 0);
      f32.store(y, x);
      y += 4;
    }
  }
}

/** y = max(0, x); n floats. */
export function rectify(x: usize, n: i32, y: usize): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(y, f32x4.max(v128.load(x), zero));
    x += 16;
    y += 16;
  }
  for (; i < n; i++) {
    f32.store(y, max<f32>(f32.load(x), 0));
    x += 4;
    y += 4;
  }
}

/** out = delta, but 0 where the ReLU's output was 0; n floats. `out` may be `delta`. */
export function maskByRelu(delta: usize, activation: usize, n: i32, out: usize): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(out, v128.and(v128.load(delta), f32x4.gt(v128.load(activation), zero)));
    delta += 16;
    activation += 16;
    out += 16;
  }
  for (; i < n; i++) {
    f32.store(out, f32.load(activation) > 0 ? f32.load(delta) : 0);
    delta += 4;
    activation += 4;
    out += 4;
  }
}

/** out[j] = sum over rows of x[r, j]: bias gradients. */
export function sumRows(x: usize, rows: i32, columns: i32, out: usize): void {
  memory.fill(out, 0, <usize>columns << 2);
  for (let r = 0; r < rows; r++) {
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      const at = out + (<usize>j << 2);
      v128.store(at, f32x4.add(v128.load(at), v128.load(x)));
      x += 16;
    }
    for (; j < columns; j++) {
      const at = out + (<usize>j << 2);
      f32.store(at, f32.load(at) + f32.load(x));
      x += 4;
    }
  }
}
