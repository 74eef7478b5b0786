import type { Estimate } from "./statistics/bootstrap.ts";

/** A number as short as three digits after it begin to matter. */
export function round(x: number): string {
  return String(Number(x.toPrecision(3)));
}

/**
 * "9210 [8900, 9360]"; of a single run the number alone.
 *
 * @param single whether it is of one run; told by an interval without width, if left out
 */
export function formatEstimate(
  { value, ci95: [low, high] }: Estimate,
  format: (x: number) => string = round,
  single = low === high,
): string {
  return single ? format(value) : `${format(value)} [${format(low)}, ${format(high)}]`;
}

/** A return to so many decimals; "none" where nothing was evaluated. */
export function formatReturn(value: number | null, decimals = 1): string {
  return value === null ? "none" : value.toFixed(decimals);
}

/** The same of several runs together. */
export function formatReturns(estimate: Estimate | null): string {
  return estimate === null ? "none" : formatEstimate(estimate, formatReturn);
}
