import { z } from "zod";
import { eventKinds } from "./messages.ts";
import type { EpisodeOutline, ReplayEvent, ReplayOutline } from "./replay.ts";

/** The outline is an MCAP metadata record, written when the file is closed: one key, whose value is JSON. */
export const outlineRecordName = "spikegym.outline";
export const outlineKey = "json";

/** Equal spans of time for which the reward's extremes are kept. */
const spans = 1024;

const text = z.string().max(200);
const count = z.int().nonnegative();
const bounds = z.array(z.number().nullable()).max(spans);

const outlineSchema = z.object({
  durationSeconds: z.number().nonnegative(),
  frames: count,
  episodes: z
    .array(
      z.object({
        index: count,
        label: text,
        startSeconds: z.number(),
        steps: count,
        return: z.number().nullable(),
        terminated: z.boolean(),
        truncated: z.boolean(),
      }),
    )
    .max(1_000_000),
  events: z
    .array(
      z.object({
        time: z.number(),
        episode: count,
        kind: z.enum(eventKinds),
        label: text,
        value: z.number().nullable(),
      }),
    )
    .max(1_000_000),
  reward: z.object({ low: bounds, high: bounds }),
});

/** Parses an outline as hostile input; undefined when it is none, and the file then has to be read whole. */
export function decodeOutline(json: string): ReplayOutline | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  const parsed = outlineSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { episodes, events, reward } = parsed.data;
  if (reward.low.length !== reward.high.length) return undefined;
  return {
    ...parsed.data,
    episodes: episodes.map((episode) => ({ ...episode, return: episode.return ?? Number.NaN })),
    events: events.map((event) => ({ ...event, value: event.value ?? Number.NaN })),
  };
}

/** Collects the outline while a file is written. */
export class OutlineWriter {
  readonly #episodes: EpisodeOutline[] = [];
  readonly #events: ReplayEvent[] = [];
  readonly #times: number[] = [];
  readonly #rewards: number[] = [];

  event(event: ReplayEvent): void {
    this.#events.push(event);
    if (event.kind !== "reset") return;
    this.#episodes.push({
      index: event.episode,
      label: event.label,
      startSeconds: event.time,
      steps: 0,
      return: 0,
      terminated: false,
      truncated: false,
    });
  }

  step(time: number, reward: number): void {
    this.#times.push(time);
    this.#rewards.push(reward);
    const last = this.#episodes.length - 1;
    const episode = this.#episodes[last]!;
    this.#episodes[last] = { ...episode, steps: episode.steps + 1, return: episode.return + reward };
  }

  endEpisode(terminated: boolean, truncated: boolean): void {
    const last = this.#episodes.length - 1;
    this.#episodes[last] = { ...this.#episodes[last]!, terminated, truncated };
  }

  encode(frames: number, durationSeconds: number): string {
    const low = new Array<number | null>(spans).fill(null);
    const high = new Array<number | null>(spans).fill(null);
    for (const [i, reward] of this.#rewards.entries()) {
      const span = Math.min(spans - 1, Math.floor((spans * this.#times[i]!) / durationSeconds));
      if (!Number.isFinite(reward)) continue;
      low[span] = Math.min(low[span] ?? reward, reward);
      high[span] = Math.max(high[span] ?? reward, reward);
    }
    // JSON has no NaN: it becomes null, and null NaN again.
    const outline = { durationSeconds, frames, episodes: this.#episodes, events: this.#events };
    return JSON.stringify({ ...outline, reward: { low, high } });
  }
}
