/** Four rows of four numbers, `stride` bytes apart, as four rows `outStride` bytes apart of their columns. */
// @ts-ignore: decorator
@inline
export function transpose4(source: usize, stride: usize, out: usize, outStride: usize): void {
  const r0 = v128.load(source);
  const r1 = v128.load(source + stride);
  const r2 = v128.load(source + stride * 2);
  const r3 = v128.load(source + stride * 3);
  const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const b = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const c = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f32>(a, c, 0, 1, 4, 5));
  v128.store(out + outStride, v128.shuffle<f32>(a, c, 2, 3, 6, 7));
  v128.store(out + outStride * 2, v128.shuffle<f32>(b, d, 0, 1, 4, 5));
  v128.store(out + outStride * 3, v128.shuffle<f32>(b, d, 2, 3, 6, 7));
}

/** [rows, columns] into [columns, rows]; both multiples of four. */
export function transpose(source: usize, rows: i32, columns: i32, out: usize): void {
  const stride = <usize>columns << 2;
  const outStride = <usize>rows << 2;
  for (let i = 0; i < rows; i += 4) {
    for (let j = 0; j < columns; j += 4) {
      transpose4(source + (<usize>j << 2), stride, out + <usize>j * outStride + (<usize>i << 2), outStride);
    }
    source += stride << 2;
  }
}
