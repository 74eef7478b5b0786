import type { LayerTrack, Replay } from "../../core/replay-file/replay.ts";
import { Rival } from "./rival.ts";
import { Timeline } from "./timeline.ts";
import { orderUnits, type UnitOrder } from "./unit-order.ts";

export const speeds = [0.1, 0.2, 0.5, 1, 2, 5, 10] as const;
export const maxPicks = 4;

/** Seconds shown by the raster and the strips. */
export interface TimeWindow {
  readonly start: number;
  readonly end: number;
}

interface Fields {
  time: number;
  /** The instant under the pointer, in whichever panel it is. */
  hoverTime: number | null;
  playing: boolean;
  speed: number;
  /** A-B marks; playing goes back to A at B when both are set. */
  loopA: number | null;
  loopB: number | null;
  window: TimeWindow;
  /** Span of the traces, s, around the cursor. */
  traceSpan: number;
  layerIndex: number;
  picks: readonly number[];
  hoverUnit: number | null;
  order: UnitOrder;
  observation: number;
}

const initial: Fields = {
  time: 0,
  hoverTime: null,
  playing: false,
  speed: 1,
  loopA: null,
  loopB: null,
  window: { start: 0, end: 1 },
  traceSpan: 0.4,
  layerIndex: 0,
  picks: [],
  hoverUnit: null,
  order: "index",
  observation: 0,
};

/**
 * Everything the panels show, in one place: one cursor, one hover, one selection. Panels read it and draw; controls
 * call `update`; listeners hear of a change once, with nothing to compute themselves.
 */
export class ViewState {
  #fields: Fields = { ...initial };
  #timeline: Timeline | undefined;
  #order: Uint32Array = new Uint32Array();
  #rivals: readonly Rival[] = [];
  #live = false;
  #revision = 0;
  readonly #listeners: (() => void)[] = [];

  get fields(): Readonly<Fields> {
    return this.#fields;
  }

  get timeline(): Timeline | undefined {
    return this.#timeline;
  }

  get replay(): Replay | undefined {
    return this.#timeline?.replay;
  }

  /** Replays shown beside the first one, on its clock. */
  get rivals(): readonly Rival[] {
    return this.#rivals;
  }

  /** The layer shown in raster and traces. */
  get track(): LayerTrack | undefined {
    return this.replay?.layers[this.#fields.layerIndex];
  }

  /** Changes with the replay, for those who keep what they drew. */
  get revision(): number {
    return this.#revision;
  }

  /** Units of the shown layer from the raster's top to its foot. */
  get unitOrder(): Uint32Array {
    return this.#order;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Shows another replay from its start. */
  show(replay: Replay): void {
    this.#timeline = new Timeline(replay);
    this.#rivals = [];
    this.#live = false;
    this.#revision++;
    const { start, duration, stepSeconds } = this.#timeline;
    const angle = replay.header.observationLabels.findIndex((label) => /sin|theta|angle/i.test(label));
    this.#fields = {
      ...initial,
      time: start,
      speed: this.#fields.speed,
      order: this.#fields.order,
      window: { start, end: Math.min(duration, start + 120 * stepSeconds) },
      traceSpan: Math.min(duration - start, 8 * stepSeconds),
      observation: Math.max(0, angle),
    };
    this.#reorder();
    this.#fields.picks = this.#defaultPicks();
    this.#tell();
  }

  /** Goes on with another part of the same recording, or a longer one, and leaves everything else as it is. */
  replace(replay: Replay): void {
    if (this.#timeline === undefined) {
      this.show(replay);
      return;
    }
    this.#timeline = new Timeline(replay);
    this.#rivals = this.#rivals.map((rival) => new Rival(rival.replay, this.#timeline!));
    this.#revision++;
    this.#reorder();
    this.#tell();
  }

  /** The recording goes on while it is watched: playing then means to follow its end. */
  goLive(): void {
    this.#live = true;
  }

  get live(): boolean {
    return this.#live;
  }

  /** Shows other replays beside the first one. */
  compare(replays: readonly Replay[]): void {
    if (this.#timeline === undefined) return;
    this.#rivals = replays.map((replay) => new Rival(replay, this.#timeline!));
    this.#revision++;
    this.#tell();
  }

  update(patch: Partial<Fields>): void {
    const before = this.#fields;
    const after = { ...before, ...patch };
    if (patch.time !== undefined && this.#timeline) after.time = this.#timeline.clamp(patch.time);
    if (patch.window !== undefined) after.window = this.#clampWindow(patch.window);
    this.#fields = after;
    if (after.order !== before.order || after.layerIndex !== before.layerIndex) this.#reorder();
    if (after.layerIndex !== before.layerIndex) this.#fields.picks = this.#defaultPicks();
    this.#tell();
  }

  /** Moves the cursor and, when it leaves the window, the window with it. */
  seek(time: number): void {
    if (this.#timeline === undefined) return;
    const to = this.#timeline.clamp(time);
    this.update({ time: to, window: this.#windowWith(to) });
  }

  /** Lets `seconds` of wall time pass. */
  advance(seconds: number): void {
    const timeline = this.#timeline;
    if (timeline === undefined || !this.#fields.playing) return;
    if (this.#live) {
      this.#follow(seconds, timeline);
      return;
    }
    const { loopA, loopB, speed } = this.#fields;
    let time = this.#fields.time + seconds * speed;
    if (loopA !== null && loopB !== null && time >= loopB) {
      const length = loopB - loopA;
      time = length > 0 ? loopA + ((time - loopA) % length) : loopA;
    }
    if (time >= timeline.duration) {
      this.update({ playing: false });
      time = timeline.duration;
    }
    this.seek(time);
  }

  /** Keeps between the last two frames, so that what moves is drawn between them, and the window at the end. */
  #follow(seconds: number, { start: begin, duration, stepSeconds }: Timeline): void {
    const { time, speed, window } = this.#fields;
    const newest = duration - stepSeconds;
    const due = time + seconds * speed;
    const late = due < newest - 2.5 * stepSeconds;
    const to = late ? newest - stepSeconds : Math.min(newest, due);
    const span = window.end - window.start;
    // Until there is a window's worth, what is to come has its place at the end.
    const start = Math.max(begin, duration - span);
    this.update({ time: to, window: { start, end: start + span } });
  }

  togglePlay(): void {
    const timeline = this.#timeline;
    if (timeline === undefined) return;
    const { playing, time, loopA } = this.#fields;
    if (!playing && !this.#live && time >= timeline.duration) this.seek(loopA ?? timeline.start);
    this.update({ playing: !playing });
  }

  /** Picks a unit for the traces, or drops it; a fifth pick drops the oldest. */
  togglePick(unit: number): void {
    const { picks } = this.#fields;
    this.update({
      picks: picks.includes(unit) ? picks.filter((u) => u !== unit) : [...picks, unit].slice(-maxPicks),
    });
  }

  setLoop(mark: "A" | "B", time: number | null): void {
    let { loopA, loopB } = this.#fields;
    if (mark === "A") loopA = time;
    else loopB = time;
    if (loopA !== null && loopB !== null && loopA > loopB) [loopA, loopB] = [loopB, loopA];
    this.update({ loopA, loopB });
  }

  /** Zooms the window by a factor (below 1: closer) about an instant. */
  zoom(factor: number, about: number): void {
    const { start, end } = this.#fields.window;
    this.update({ window: { start: about + (start - about) * factor, end: about + (end - about) * factor } });
  }

  pan(seconds: number): void {
    const { start, end } = this.#fields.window;
    this.update({ window: { start: start + seconds, end: end + seconds } });
  }

  fitAll(): void {
    if (this.#timeline)
      this.update({ window: { start: this.#timeline.start, end: this.#timeline.duration } });
  }

  #windowWith(time: number): TimeWindow {
    const { start, end } = this.#fields.window;
    const span = end - start;
    if (time < start) return { start: time - 0.1 * span, end: time + 0.9 * span };
    // While time runs the cursor rests at four fifths, so that the past stays in view.
    const limit = this.#fields.playing ? start + 0.8 * span : end;
    if (time <= limit) return { start, end };
    const shift = time - (start + 0.8 * span);
    return { start: start + shift, end: end + shift };
  }

  #clampWindow({ start, end }: TimeWindow): TimeWindow {
    const timeline = this.#timeline;
    // What is still to come needs room too.
    if (timeline === undefined || this.#live) return { start, end };
    const whole = timeline.duration - timeline.start;
    const least = Math.min(whole, timeline.stepSeconds / 2);
    const span = Math.min(whole, Math.max(least, end - start));
    const from = Math.min(Math.max(timeline.start, start), timeline.duration - span);
    return { start: from, end: from + span };
  }

  #reorder(): void {
    this.#order = this.track === undefined ? new Uint32Array() : orderUnits(this.track, this.#fields.order);
  }

  /** The two traced units that spike most, for a start. */
  #defaultPicks(): number[] {
    const track = this.track;
    if (track === undefined) return [];
    const traced = new Set(track.layer.tracedNeurons);
    return [...orderUnits(track, "rate")].filter((unit) => traced.has(unit)).slice(0, 2);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
