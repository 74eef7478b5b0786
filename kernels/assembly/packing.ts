import { transpose4 } from "./transpose";

// What a matrix product reads again and again, laid out in the order it is read in.

/** Right-hand side [K, N] (row stride ldb) into [ceil(N/8)][K][8], zero-padded. */
export function packRows(b: usize, ldb: i32, k: i32, n: i32, out: usize): void {
  const stride = <usize>ldb << 2;
  for (let j = 0; j < n; j += 8) {
    const width = min(8, n - j);
    let source = b + (<usize>j << 2);
    if (width == 8) {
      for (let p = 0; p < k; p++) {
        v128.store(out, v128.load(source));
        v128.store(out, v128.load(source, 16), 16);
        out += 32;
        source += stride;
      }
    } else {
      for (let p = 0; p < k; p++) {
        v128.store(out, i32x4.splat(0));
        v128.store(out, i32x4.splat(0), 16);
        for (let c = 0; c < width; c++) {
          f32.store(out + (<usize>c << 2), f32.load(source + (<usize>c << 2)));
        }
        out += 32;
        source += stride;
      }
    }
  }
}

/** The transpose of [N, K] (row stride ldb) into [ceil(N/8)][K][8], zero-padded. */
export function packColumns(b: usize, ldb: i32, k: i32, n: i32, out: usize): void {
  const stride = <usize>ldb << 2;
  for (let j = 0; j < n; j += 8) {
    const width = min(8, n - j);
    const first = b + <usize>j * stride;
    if (width == 8) {
      let p = 0;
      for (; p + 4 <= k; p += 4) {
        transpose4(first + (<usize>p << 2), stride, out, 32);
        transpose4(first + (stride << 2) + (<usize>p << 2), stride, out + 16, 32);
        out += 128;
      }
      for (; p < k; p++) {
        for (let c = 0; c < 8; c++) {
          f32.store(out + (<usize>c << 2), f32.load(first + <usize>c * stride + (<usize>p << 2)));
        }
        out += 32;
      }
    } else {
      for (let p = 0; p < k; p++) {
        v128.store(out, i32x4.splat(0));
        v128.store(out, i32x4.splat(0), 16);
        for (let c = 0; c < width; c++) {
          f32.store(out + (<usize>c << 2), f32.load(first + <usize>c * stride + (<usize>p << 2)));
        }
        out += 32;
      }
    }
  }
}

/** Four columns of [K, M] side by side, [M/4][K][4]; M a multiple of four. */
export function packLeft(a: usize, m: i32, k: i32, out: usize): void {
  const stride = <usize>m << 2;
  for (let i = 0; i < m; i += 4) {
    let source = a + (<usize>i << 2);
    for (let p = 0; p < k; p++) {
      v128.store(out, v128.load(source));
      out += 16;
      source += stride;
    }
  }
}
