import { joinBytes } from "./join-bytes.ts";

/*
 * WebM (https://www.webmproject.org/docs/container/) as far as one silent video needs it: elements of Matroska, each an
 * id, a size and what is in it.
 */

export interface WebmFrame {
  readonly timeMs: number;
  readonly key: boolean;
  readonly bytes: Uint8Array;
}

export interface WebmVideo {
  readonly codec: "V_VP9" | "V_VP8";
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

/** A cluster's blocks count from its start in 16 bits; a new one begins well before they run out. */
const clusterMs = 10_000;

/** A file that seeks: its index stands before its clusters. Frames in the order of time, the first a key frame. */
export function makeWebm(video: WebmVideo, frames: readonly WebmFrame[]): Uint8Array<ArrayBuffer> {
  const { codec, width, height, framesPerSecond } = video;
  const frameMs = 1000 / framesPerSecond;
  const header = element(
    0x1a45dfa3,
    number(0x4286, 1),
    number(0x42f7, 1),
    number(0x42f2, 4),
    number(0x42f3, 8),
    text(0x4282, "webm"),
    number(0x4287, 4),
    number(0x4285, 2),
  );
  const info = element(
    0x1549a966,
    number(0x2ad7b1, 1_000_000), // ns in a unit of time: ms
    float(0x4489, (frames.at(-1)?.timeMs ?? 0) + frameMs),
    text(0x4d80, "spikegym"),
    text(0x5741, "spikegym"),
  );
  const tracks = element(
    0x1654ae6b,
    element(
      0xae,
      number(0xd7, 1),
      number(0x73c5, 1),
      number(0x83, 1), // video
      number(0x9c, 0),
      text(0x86, codec),
      number(0x23e383, Math.round(1e6 * frameMs)),
      element(0xe0, number(0xb0, width), number(0xba, height)),
    ),
  );
  const clusters = clustersOf(frames);
  const cuesOf = (first: number) => {
    let at = first;
    const points = clusters.map(({ timeMs, bytes }) => {
      const place = element(0xb7, number(0xf7, 1), number(0xf1, at));
      at += bytes.length;
      return element(0xbb, number(0xb3, timeMs), place);
    });
    return element(0x1c53bb6b, ...points);
  };
  const before = info.length + tracks.length;
  // Numbers have a fixed width, so the index is as long whatever it holds.
  const cues = cuesOf(before + cuesOf(0).length);
  const segment = element(0x18538067, info, tracks, cues, ...clusters.map(({ bytes }) => bytes));
  return joinBytes([header, segment]);
}

/** Runs of frames, each from a key frame on. */
function clustersOf(frames: readonly WebmFrame[]): { timeMs: number; bytes: Uint8Array }[] {
  const clusters: { timeMs: number; blocks: Uint8Array[] }[] = [];
  for (const { timeMs, key, bytes } of frames) {
    const at = Math.round(timeMs);
    const last = clusters.at(-1);
    if (last === undefined || (key && at > last.timeMs) || at - last.timeMs > clusterMs) {
      clusters.push({ timeMs: at, blocks: [] });
    }
    const cluster = clusters.at(-1)!;
    const since = at - cluster.timeMs;
    const head = Uint8Array.of(0x81, since >> 8, since & 255, key ? 0x80 : 0);
    cluster.blocks.push(element(0xa3, head, bytes));
  }
  return clusters.map(({ timeMs, blocks }) => ({
    timeMs,
    bytes: element(0x1f43b675, number(0xe7, timeMs), ...blocks),
  }));
}

function element(id: number, ...content: readonly Uint8Array[]): Uint8Array {
  const size = content.reduce((sum, piece) => sum + piece.length, 0);
  return joinBytes([idBytes(id), sizeBytes(size), ...content]);
}

function idBytes(id: number): Uint8Array {
  const length = id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;
  return Uint8Array.from({ length }, (_, i) => (id >>> (8 * (length - 1 - i))) & 255);
}

/** Always eight bytes: a marker, then 56 bits. */
function sizeBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(size) | (1n << 56n));
  return bytes;
}

function number(id: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return element(id, bytes);
}

function float(id: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return element(id, bytes);
}

function text(id: number, value: string): Uint8Array {
  return element(id, new TextEncoder().encode(value));
}
