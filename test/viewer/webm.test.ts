import { expect, test } from "vitest";
import { makeWebm, type WebmFrame } from "../../viewer/export/webm.ts";

const video = { codec: "V_VP9", width: 640, height: 480, framesPerSecond: 30 } as const;
const frames = Array.from(
  { length: 700 },
  (_, i): WebmFrame => ({ timeMs: (1000 * i) / 30, key: i % 400 === 0, bytes: Uint8Array.of(i & 255, 7) }),
);

/** Elements of Matroska between two places: [id, start of content, end]. */
function elements(bytes: Uint8Array, from: number, to: number): [id: number, start: number, end: number][] {
  const list: [number, number, number][] = [];
  for (let at = from; at < to; ) {
    const length = Math.clz32(bytes[at]!) - 23;
    let id = 0;
    for (let i = 0; i < length; i++) id = id * 256 + bytes[at + i]!;
    const size = Number(new DataView(bytes.buffer, at + length).getBigUint64(0) & ((1n << 56n) - 1n));
    list.push([id, at + length + 8, at + length + 8 + size]);
    at += length + 8 + size;
  }
  return list;
}

test("every frame is in the file once, at its time, and the index points at the clusters", () => {
  const bytes = makeWebm(video, frames);
  const [header, segment] = elements(bytes, 0, bytes.length);
  expect(header![0]).toBe(0x1a45dfa3);
  expect(segment![0]).toBe(0x18538067);
  expect(segment![2]).toBe(bytes.length);
  const parts = elements(bytes, segment![1], segment![2]);
  const view = new DataView(bytes.buffer);
  const valueAt = (at: number) => Number(view.getBigUint64(at));
  const found: [time: number, key: boolean, first: number][] = [];
  const clusterPlaces: number[] = [];
  for (const [id, start, end] of parts) {
    if (id !== 0x1f43b675) continue;
    clusterPlaces.push(start - 12 - segment![1]);
    const [time, ...blocks] = elements(bytes, start, end);
    const base = valueAt(time![1]);
    for (const [, at] of blocks) {
      found.push([base + view.getInt16(at + 1), bytes[at + 3] === 0x80, bytes[at + 4]!]);
    }
  }
  expect(found).toEqual(frames.map(({ timeMs, key, bytes: [b] }) => [Math.round(timeMs), key, b]));
  // Two key frames, and a cluster ends at ten seconds.
  expect(clusterPlaces.length).toBe(3);
  const [, cues, cuesEnd] = parts.find(([id]) => id === 0x1c53bb6b)!;
  const pointed = elements(bytes, cues, cuesEnd).map(([, start, end]) => {
    const [, positions] = elements(bytes, start, end);
    const [, position] = elements(bytes, positions![1], positions![2]);
    return valueAt(position![1]);
  });
  expect(pointed).toEqual(clusterPlaces);
});
