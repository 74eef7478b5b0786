import type { Timeline } from "../state/timeline.ts";

/**
 * Poses of all bodies at any instant: linear between the frames of an episode (angles the short way round), still
 * between episodes. With `exact` the last frame's pose stands until the next one, for those who asked for less motion.
 *
 * @param out [bodies, 3]: x m, y m, angle rad; returned
 */
export function posesAt(timeline: Timeline, time: number, exact: boolean, out: Float64Array): Float64Array {
  const { frames } = timeline.replay;
  const size = out.length;
  const frame = timeline.frameAt(time);
  const from = frame * size;
  const next = frame + 1;
  const connected = next < frames.count && frames.episodes[next] === frames.episodes[frame];
  const start = frames.times[frame]!;
  const share =
    connected && !exact ? Math.min(1, Math.max(0, (time - start) / (frames.times[next]! - start))) : 0;
  for (let i = 0; i < size; i++) {
    const a = frames.poses[from + i]!;
    if (share === 0) {
      out[i] = a;
      continue;
    }
    let change = frames.poses[from + size + i]! - a;
    if (i % 3 === 2) change -= 2 * Math.PI * Math.round(change / (2 * Math.PI));
    out[i] = a + share * change;
  }
  return out;
}
