import type { z } from "zod";

/**
 * When a parameter of a living environment may change.
 *
 * - `any time`: in the middle of an episode too, by `setParameters`;
 * - `between episodes`: by `reset({ parameters })`, or `setParameters` where no episode is running;
 * - `never`: the spaces depend on it.
 */
export type ChangeTime = "any time" | "between episodes" | "never";

const KEY = "changes";

/** For `schema.meta(...)`; a parameter without it may change at any time. */
export const BETWEEN_EPISODES = { [KEY]: "between episodes" } as const;
export const NEVER = { [KEY]: "never" } as const;

export function changeTimeOf(schema: z.ZodType): ChangeTime {
  return (schema.meta()?.[KEY] as ChangeTime | undefined) ?? "any time";
}
