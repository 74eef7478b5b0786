import { crc32, deflateSync } from "node:zlib";

/** An image of 8-bit red, green, blue. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3]. */
  readonly values: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** A PNG file (ISO/IEC 15948), each of its pixels shown as `zoom` x `zoom` of the file's. */
export function encodePng({ width, height, values }: RgbImage, zoom = 1): Uint8Array[] {
  const [w, h] = [width * zoom, height * zoom];
  const rows = new Uint8Array(h * (1 + 3 * w));
  for (let y = 0; y < h; y++) {
    // Each row begins with the number of its filter: 0, none.
    const at = y * (1 + 3 * w) + 1;
    for (let x = 0; x < w; x++) {
      const from = (Math.floor(y / zoom) * width + Math.floor(x / zoom)) * 3;
      rows.set(values.subarray(from, from + 3), at + 3 * x);
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, w);
  view.setUint32(4, h);
  header.set([8, 2, 0, 0, 0], 8);
  return [
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array()),
  ];
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(Buffer.from(type, "latin1"), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
