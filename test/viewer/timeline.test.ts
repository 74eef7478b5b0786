import { beforeAll, expect, test } from "vitest";
import { loadReplay } from "../../core/replay-file/load-replay.ts";
import type { Replay } from "../../core/replay-file/replay.ts";
import { Timeline } from "../../viewer/state/timeline.ts";
import { ViewState } from "../../viewer/state/view-state.ts";
import { MemorySink } from "../replay-file/random-replay.ts";
import { writeSampleReplay } from "../replay-file/sample-replay.ts";

let replay: Replay;
let timeline: Timeline;

beforeAll(async () => {
  const sink = new MemorySink();
  await writeSampleReplay(sink, 60);
  replay = await loadReplay(sink.bytes(), "sample.mcap");
  timeline = new Timeline(replay);
});

test("stepping visits every frame once, forwards and backwards", () => {
  const { times, count } = replay.frames;
  let time = 0;
  for (let frame = 1; frame < count; frame++) {
    time = timeline.stepFrom(time, 1);
    expect(time).toBe(times[frame]);
  }
  for (let frame = count - 2; frame >= 0; frame--) {
    time = timeline.stepFrom(time, -1);
    expect(time).toBe(times[frame]);
  }
});

test("tick after tick visits every tick of a step, and the step after it", () => {
  const track = replay.layers[0]!;
  let time = replay.frames.times[7]!;
  for (let i = 0; i < 60; i++) {
    const tick = i % 25;
    expect(timeline.tickAt(time, track)).toEqual({ decision: 7 + Math.floor(i / 25), tick });
    time = timeline.tickFrom(time, 1, track);
  }
  for (let i = 59; i >= 0; i--) {
    time = timeline.tickFrom(time, -1, track);
    expect(timeline.tickAt(time, track)).toEqual({ decision: 7 + Math.floor(i / 25), tick: i % 25 });
  }
});

test("the frame an episode ends in belongs to no tick", () => {
  const end = replay.frames.times[replay.episodes[0]!.endFrame - 1]!;
  expect(timeline.tickAt(end, replay.layers[0]!)).toBeUndefined();
  expect(timeline.tickAt(end - 1e-4, replay.layers[0]!)).toEqual({ decision: 59, tick: 24 });
});

test("a loop keeps time between its marks, and the end stops it", () => {
  const state = new ViewState();
  state.show(replay);
  state.setLoop("B", 1);
  state.setLoop("A", 1.5);
  expect([state.fields.loopA, state.fields.loopB]).toEqual([1, 1.5]);
  state.seek(1.4);
  state.togglePlay();
  for (let i = 0; i < 100; i++) {
    state.advance(0.07);
    expect(state.fields.time).toBeGreaterThanOrEqual(1);
    expect(state.fields.time).toBeLessThan(1.5);
  }
  state.update({ loopA: null, loopB: null, speed: 10 });
  for (let i = 0; i < 100; i++) state.advance(0.25);
  expect(state.fields.time).toBe(timeline.duration);
  expect(state.fields.playing).toBe(false);
});

test("the window stays in the file and follows the cursor", () => {
  const state = new ViewState();
  state.show(replay);
  state.update({ window: { start: 0, end: 1 } });
  state.pan(-5);
  expect(state.fields.window).toEqual({ start: 0, end: 1 });
  state.seek(3);
  const { start, end } = state.fields.window;
  expect(start).toBeLessThan(3);
  expect(end).toBeGreaterThan(3);
  expect(end - start).toBeCloseTo(1, 9);
  state.zoom(1e9, 3);
  expect(state.fields.window).toEqual({ start: 0, end: timeline.duration });
  state.zoom(1e-9, 3);
  expect(state.fields.window.end - state.fields.window.start).toBeCloseTo(timeline.stepSeconds / 2, 9);
});

test("four neurons can be picked; a fifth takes the oldest one's place", () => {
  const state = new ViewState();
  state.show(replay);
  state.update({ picks: [] });
  for (const unit of [1, 2, 3, 4, 5]) state.togglePick(unit);
  expect(state.fields.picks).toEqual([2, 3, 4, 5]);
  state.togglePick(3);
  expect(state.fields.picks).toEqual([2, 4, 5]);
});
