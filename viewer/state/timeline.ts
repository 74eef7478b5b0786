import {
  type Episode,
  type EpisodeOutline,
  frameAt,
  type LayerTrack,
  type Replay,
} from "../../core/replay-file/replay.ts";

/** Times within a nanosecond are one instant: steps and ticks are sums of decimal fractions. */
const sameInstant = 1e-9;

/** Where a time lies in one layer's ticks. */
export interface TickPlace {
  readonly decision: number;
  readonly tick: number;
}

/** Translates between seconds, frames and ticks of one replay. Ticks are spread evenly over their step. */
export class Timeline {
  readonly replay: Replay;
  readonly start: number;
  /** End of the clock, s. */
  readonly duration: number;
  readonly stepSeconds: number;
  /** Times one may jump to, increasing. */
  readonly eventTimes: readonly number[];

  constructor(replay: Replay) {
    this.replay = replay;
    this.start = replay.startSeconds;
    this.duration = replay.durationSeconds;
    this.stepSeconds = replay.header.stepSeconds;
    this.eventTimes = [...new Set(replay.events.map((event) => event.time))].sort((a, b) => a - b);
  }

  clamp(time: number): number {
    return Math.min(this.duration, Math.max(this.start, time));
  }

  /** All episodes of the file, whether in memory or not. */
  get episodes(): readonly EpisodeOutline[] {
    return this.replay.outline?.episodes ?? this.replay.episodes;
  }

  /** Place in `episodes` of the one under way at a time. */
  episodeNumberAt(time: number): number {
    const { episodes } = this;
    let number = 0;
    while (number + 1 < episodes.length && episodes[number + 1]!.startSeconds <= time + sameInstant) number++;
    return number;
  }

  frameAt(time: number): number {
    return frameAt(this.replay.frames, time + sameInstant);
  }

  /** The episode of the frame in memory that is nearest to a time. */
  episodeAt(time: number): Episode {
    const index = this.replay.frames.episodes[this.frameAt(time)]!;
    return this.replay.episodes.find((episode) => episode.index === index)!;
  }

  /** The tick of a layer that is under way at a time; undefined between episodes. */
  tickAt(time: number, track: LayerTrack): TickPlace | undefined {
    const frame = this.frameAt(time);
    const decision = this.replay.frames.decisions[frame]!;
    if (decision < 0) return undefined;
    const { ticks } = track.layer;
    const into = (time + sameInstant - this.replay.frames.times[frame]!) / this.stepSeconds;
    return { decision, tick: Math.min(ticks - 1, Math.max(0, Math.floor(into * ticks))) };
  }

  /** Start of the next (`direction` 1) or previous (-1) frame. */
  stepFrom(time: number, direction: 1 | -1): number {
    const { times, count } = this.replay.frames;
    const frame = this.frameAt(time);
    if (direction === 1) return frame + 1 < count ? times[frame + 1]! : this.duration;
    const start = times[frame]!;
    return time > start + sameInstant ? start : times[Math.max(0, frame - 1)]!;
  }

  /** Start of the next or previous tick of a layer, through the ends of steps. */
  tickFrom(time: number, direction: 1 | -1, track: LayerTrack | undefined): number {
    if (track === undefined) return this.stepFrom(time, direction);
    const length = this.stepSeconds / track.layer.ticks;
    const start = this.replay.frames.times[this.frameAt(time)]!;
    const into = (time - start) / length;
    const whole = Math.round(into);
    const onTick = Math.abs(into - whole) < 1e-6;
    const target =
      direction === 1 ? (onTick ? whole + 1 : Math.ceil(into)) : onTick ? whole - 1 : Math.floor(into);
    return this.clamp(start + target * length);
  }

  eventFrom(time: number, direction: 1 | -1): number | undefined {
    return direction === 1
      ? this.eventTimes.find((at) => at > time + 1e-6)
      : this.eventTimes.findLast((at) => at < time - 1e-6);
  }
}
