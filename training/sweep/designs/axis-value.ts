import type { AxisValues } from "../spec.ts";

/**
 * The value at a share of an axis: of a list the entry there, of a range the number there (evenly in its logarithm where
 * it says so).
 *
 * @param share in [0, 1)
 */
export function valueAt(values: AxisValues, share: number): unknown {
  if (Array.isArray(values)) return values[Math.min(values.length - 1, Math.floor(share * values.length))];
  const { from, to, scale, integer } = values;
  if (integer && scale === "linear") return Math.min(to, from + Math.floor(share * (to - from + 1)));
  const value = scale === "log" ? from * (to / from) ** share : from + share * (to - from);
  return integer ? Math.round(value) : value;
}
