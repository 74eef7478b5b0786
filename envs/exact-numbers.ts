/** Numbers that survive JSON to the bit: what JSON cannot write (-0, NaN, infinities) is held as text. */
export type ExactNumbers = readonly (number | string)[];

export function saveNumbers(values: ArrayLike<number>): ExactNumbers {
  return Array.from(values, (x) => (Object.is(x, -0) ? "-0" : Number.isFinite(x) ? x : String(x)));
}

export function loadNumbers(saved: ExactNumbers): number[] {
  return saved.map(Number);
}
