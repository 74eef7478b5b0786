import type { SceneImage } from "../scene.ts";
import { encodeFoxglove, timestamp } from "./foxglove-schema.ts";
import { decodeMessage } from "./message-codec.ts";
import type { MessageTable } from "./messages.ts";

/*
 * What a classifier looks at, as `foxglove.RawImage` messages of one byte a pixel: nothing has to be unpacked, so a
 * hostile picture can be no larger than its bytes.
 */

export const imageTopic = "/image";
export const imageSchemaName = "foxglove.RawImage";

const encoding = "mono8";

/** The fields that this project's reader looks at. */
const rawImage = {
  name: "RawImage",
  fields: {
    width: [2, "fixed32"],
    height: [3, "fixed32"],
    encoding: [4, "string"],
    step: [5, "fixed32"],
    data: [6, "bytes"],
  },
} as const satisfies MessageTable;

/** The picture of one decision: `pixels` [heightPx, widthPx], 0 black, 255 white. */
export function encodeImage({ widthPx, heightPx }: SceneImage, pixels: Uint8Array, time: number): Uint8Array {
  return encodeFoxglove(imageSchemaName, {
    timestamp: timestamp(time),
    width: widthPx,
    height: heightPx,
    encoding,
    step: widthPx,
    data: pixels,
    frame_id: "image",
  });
}

/** The pixels [heightPx, widthPx] of a message; throws when they are not what the header says. */
export function decodeImage({ widthPx, heightPx }: SceneImage, bytes: Uint8Array): Uint8Array {
  const message = decodeMessage(rawImage, bytes);
  const { width, height, step, data } = message;
  if (width !== widthPx || height !== heightPx || step !== widthPx || message.encoding !== encoding) {
    throw new Error(
      `an image is ${width} x ${height} "${message.encoding.slice(0, 20)}", rows of ${step} bytes, ` +
        `expected ${widthPx} x ${heightPx} "${encoding}"`,
    );
  }
  if (data.length !== widthPx * heightPx) {
    throw new Error(`an image of ${width} x ${height} has ${data.length} pixels`);
  }
  return data;
}
