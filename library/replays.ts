/**
 * `spikegym/replays`: replay files, read and written; nothing here needs Node.
 *
 * @module spikegym/replays
 */
export type { ReplayHeader, ReplayLayer } from "../core/replay-file/header.ts";
export { loadReplay, openReplay } from "../core/replay-file/load-replay.ts";
export type { ByteSink, DecisionRecord, EventRecord, FrameState } from "../core/replay-file/recording.ts";
export {
  type Episode,
  frameAt,
  type LayerTrack,
  type Replay,
  spikedAt,
  tracedValue,
} from "../core/replay-file/replay.ts";
export { ReplayWriter } from "../core/replay-file/writer.ts";
