/**
 * A line with as many points as can be seen: in each of `columns` equal stretches of x the first, lowest, highest and last
 * point are kept, so that no peak is lost however narrow. Short lines come back as they are.
 *
 * @param x rising
 * @param y as many; NaN is a gap, which stays one
 */
export function thinLine(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  columns: number,
): readonly (readonly [x: number, y: number])[] {
  const count = x.length;
  if (count <= 4 * columns) return Array.from({ length: count }, (_, i) => [x[i]!, y[i]!] as const);
  const first = x[0]!;
  const scale = columns / (x[count - 1]! - first || 1);
  const points: (readonly [number, number])[] = [];
  for (let start = 0; start < count; ) {
    const column = Math.floor((x[start]! - first) * scale);
    let low = start;
    let high = start;
    let end = start;
    let gap = -1;
    for (; end < count && Math.floor((x[end]! - first) * scale) === column; end++) {
      if (Number.isNaN(y[end]!)) gap = end;
      if (!(y[low]! <= y[end]!)) low = end;
      if (!(y[high]! >= y[end]!)) high = end;
    }
    const kept = new Set([start, low, high, end - 1, ...(gap < 0 ? [] : [gap])]);
    for (const i of [...kept].sort((a, b) => a - b)) points.push([x[i]!, y[i]!]);
    start = end;
  }
  return points;
}
