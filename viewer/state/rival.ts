import type { Replay } from "../../core/replay-file/replay.ts";
import { Timeline } from "./timeline.ts";

/**
 * A replay beside the first one, on its clock: episode by episode, each from its own start, so that two runs from the
 * same seeds under the same pushes are compared at the same moment of the same episode, whichever fell earlier before.
 */
export class Rival {
  readonly replay: Replay;
  readonly timeline: Timeline;
  readonly #first: Timeline;

  constructor(replay: Replay, first: Timeline) {
    this.replay = replay;
    this.timeline = new Timeline(replay);
    this.#first = first;
  }

  /** This replay's own time at a time of the first one; undefined where its episode has ended, or there is none. */
  timeAt(time: number): number | undefined {
    const number = this.#first.episodeNumberAt(time);
    const shift = this.shiftOf(number);
    if (shift === undefined) return undefined;
    const episode = this.timeline.episodes[number]!;
    const own = time - shift;
    const end = episode.startSeconds + episode.steps * this.timeline.stepSeconds;
    return own <= end + 1e-9 ? own : undefined;
  }

  /** What to add to this replay's times within an episode to get the first one's; undefined: it has no such episode. */
  shiftOf(episode: number): number | undefined {
    const first = this.#first.episodes[episode];
    const own = this.timeline.episodes[episode];
    return first === undefined || own === undefined ? undefined : first.startSeconds - own.startSeconds;
  }

  /** Time of one of this replay's frames on the first one's clock; undefined where that has no such episode. */
  timeOfFrame(frame: number): number | undefined {
    const time = this.replay.frames.times[frame]!;
    const shift = this.shiftOf(this.timeline.episodeNumberAt(time));
    return shift === undefined ? undefined : time + shift;
  }
}
