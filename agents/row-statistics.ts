/** Mean of all; NaN of none. */
export function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The place of the largest of `count` numbers in a row; the first of equal ones. */
export function argmax(rows: Float32Array, row: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (rows[row * count + k]! > rows[row * count + best]!) best = k;
  return best;
}
