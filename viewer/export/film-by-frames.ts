import { SpikegymError } from "../../core/errors.ts";
import type { TimeWindow, ViewState } from "../state/view-state.ts";
import { drawPage } from "./picture.ts";
import { makeWebm, type WebmFrame, type WebmVideo } from "./webm.ts";

const framesPerSecond = 30;
/** Pictures that may wait for the encoder. */
const mostWaiting = 4;
/** From here one can seek, s. */
const keyEverySeconds = 2;

const codecs = [
  { codec: "V_VP9", name: "vp09.00.40.08" },
  { codec: "V_VP8", name: "vp8" },
] as const;

/** How this browser encodes pictures one by one; undefined where it does not (WebCodecs, on a secure page). */
export async function findEncoder(
  width: number,
  height: number,
): Promise<
  | {
      readonly codec: WebmVideo["codec"];
      readonly config: VideoEncoderConfig;
    }
  | undefined
> {
  if (typeof VideoEncoder === "undefined") return undefined;
  for (const { codec, name } of codecs) {
    const config = { codec: name, width, height, bitrate: 8e6, framerate: framesPerSecond };
    const answer = await VideoEncoder.isConfigSupported(config).catch(() => undefined);
    if (answer?.supported) return { codec, config };
  }
  return undefined;
}

/**
 * Films a span picture by picture: each waits for the page to draw and for the encoder, so that none is missing however
 * slow the machine is, and a slow-motion film need not be sat through.
 *
 * @param onProgress share done, 0 to 1
 */
export async function filmByFrames(
  root: HTMLElement,
  state: ViewState,
  { start, end }: TimeWindow,
  encoder: NonNullable<Awaited<ReturnType<typeof findEncoder>>>,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Blob> {
  const { codec, config } = encoder;
  const frames: WebmFrame[] = [];
  let failure: Error | undefined;
  const video = new VideoEncoder({
    output(chunk) {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      frames.push({ timeMs: chunk.timestamp / 1000, key: chunk.type === "key", bytes });
    },
    error(error) {
      failure = error;
    },
  });
  video.configure(config);
  const page = document.createElement("canvas");
  const picture = document.createElement("canvas");
  picture.width = config.width;
  picture.height = config.height;
  const context = picture.getContext("2d")!;
  const { speed, loopA, loopB, time } = state.fields;
  state.update({ loopA: null, loopB: null, hoverTime: null, playing: false });
  const count = Math.max(1, Math.round(((end - start) / speed) * framesPerSecond));
  try {
    for (let i = 0; i < count; i++) {
      signal.throwIfAborted();
      if (failure !== undefined) throw failure;
      state.seek(start + (i * speed) / framesPerSecond);
      // The panels draw in the frame that the change asked for; this comes after them.
      await new Promise(requestAnimationFrame);
      drawPage(root, page, 1);
      context.drawImage(page, 0, 0);
      const frame = new VideoFrame(picture, { timestamp: Math.round((1e6 * i) / framesPerSecond) });
      video.encode(frame, { keyFrame: i % (keyEverySeconds * framesPerSecond) === 0 });
      frame.close();
      while (video.encodeQueueSize > mostWaiting && failure === undefined) {
        await new Promise((done) => setTimeout(done, 2));
      }
      onProgress((i + 1) / count);
    }
    await video.flush();
    if (failure !== undefined) throw failure;
  } finally {
    if (video.state !== "closed") video.close();
    state.update({ loopA, loopB });
    state.seek(time);
  }
  if (frames.length === 0) throw new SpikegymError("the browser encoded no picture; try a longer span");
  const { width, height } = config;
  return new Blob([makeWebm({ codec, width, height, framesPerSecond }, frames)], { type: "video/webm" });
}
