import { z } from "zod";

/** A number, or one that changes over the run. */
export const scheduleSchema = z.union(
  [
    z.number().min(0),
    z
      .strictObject({
        from: z.number().min(0).describe("value at the start, or after the warm-up"),
        to: z.number().min(0).describe("value once the share `over` of the run is done, and from then on"),
        over: z.number().gt(0).max(1).default(1).describe("share of the run's steps until it has changed"),
        warmUp: z
          .number()
          .min(0)
          .lt(1)
          .default(0)
          .describe("share of the run's steps in which it first rises from 0, in a straight line"),
        shape: z.enum(["linear", "cosine", "exponential"]).default("linear").describe("how it changes"),
      })
      .refine(({ over, warmUp }) => warmUp < over, { error: "expected warmUp below over" }),
  ],
  {
    error:
      'expected a number of at least 0, or {"from": number, "to": number} with, if wanted, over (share of the run), warmUp (below over) and shape (linear, cosine, exponential)',
  },
);

export type Schedule = z.output<typeof scheduleSchema>;

/** The value of a schedule when the share `progress` of the run is done. */
export function valueAt(schedule: Schedule, progress: number): number {
  if (typeof schedule === "number") return schedule;
  const { from, to, over, warmUp, shape } = schedule;
  if (progress < warmUp) return (from * Math.max(0, progress)) / warmUp;
  const share = Math.min(1, Math.max(0, (progress - warmUp) / (over - warmUp)));
  switch (shape) {
    case "linear":
      return from + (to - from) * share;
    case "cosine":
      return to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
    case "exponential":
      return from === 0 || to === 0 ? from + (to - from) * share : from * (to / from) ** share;
  }
}
