import type { PerturbationDefinition } from "./definition.ts";

/**
 * The level of a normalised severity from 0 (none) to 5 (the worst of the scale), along straight lines between the
 * axis' five levels; whole where the axis takes whole numbers only.
 */
export function levelOfSeverity({ scale, integer }: PerturbationDefinition, severity: number): number {
  const points = [0, ...scale];
  const below = Math.min(4, Math.floor(severity));
  const level = points[below]! + (severity - below) * (points[below + 1]! - points[below]!);
  return integer ? Math.round(level) : level;
}

/** The severity that a level amounts to, by its size; above the scale's end it goes on along the last line. */
export function severityOfLevel({ scale }: PerturbationDefinition, level: number): number {
  const size = Math.abs(level);
  const points = [0, ...scale].map(Math.abs);
  let below = 0;
  while (below < 4 && size > points[below + 1]!) below++;
  return below + (size - points[below]!) / (points[below + 1]! - points[below]!);
}
