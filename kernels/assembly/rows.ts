/** Rows of the batch that a training pass works on side by side. */
export const ROWS = 4;

/** Where the four rows that hold row `r` start: as with groups of units, the last ones reach back over rows already done. */
// @ts-ignore: decorator
@inline
export function rowStart(r: i32, rows: i32): i32 {
  return min(r, rows - ROWS);
}
