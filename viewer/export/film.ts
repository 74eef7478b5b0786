import { SpikegymError } from "../../core/errors.ts";
import type { TimeWindow, ViewState } from "../state/view-state.ts";
import { drawPage } from "./picture.ts";

const framesPerSecond = 30;
/** The last picture is held so long, ms: an encoder that is behind then still gets it. */
const holdMs = 400;

/**
 * Plays a span at the chosen speed and films what the page shows, in real time, as WebM.
 *
 * @param onProgress share done, 0 to 1
 * @throws SpikegymError where the browser cannot record
 */
export async function film(
  root: HTMLElement,
  state: ViewState,
  { start, end }: TimeWindow,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Blob> {
  const type = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm"].find(
    (candidate) => typeof MediaRecorder !== "undefined" && MediaRecorder.isTypeSupported(candidate),
  );
  if (type === undefined) throw new SpikegymError("this browser records no WebM; Chromium and Firefox do");
  const canvas = document.createElement("canvas");
  drawPage(root, canvas, 1);
  const stream = canvas.captureStream(framesPerSecond);
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 8e6 });
  const pieces: Blob[] = [];
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  const stopped = new Promise<void>((done) =>
    recorder.addEventListener("stop", () => done(), { once: true }),
  );
  const { loopA, loopB, time } = state.fields;
  state.update({ loopA: null, loopB: null, hoverTime: null, playing: false });
  state.seek(start);
  recorder.start(1000);
  state.update({ playing: true });
  try {
    await new Promise<void>((done) => {
      const next = () => {
        drawPage(root, canvas, 1);
        const { time: now, playing } = state.fields;
        onProgress(Math.min(1, (now - start) / (end - start)));
        if (signal.aborted || !playing || now >= end) done();
        else requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    });
    await new Promise((done) => setTimeout(done, holdMs));
  } finally {
    recorder.stop();
    state.update({ playing: false, loopA, loopB });
    state.seek(time);
    await stopped;
    for (const track of stream.getTracks()) track.stop();
  }
  signal.throwIfAborted();
  const blob = new Blob(pieces, { type: "video/webm" });
  if (blob.size === 0) throw new SpikegymError("the browser recorded no picture; try a longer span");
  return blob;
}
