import { FileError } from "../errors.ts";
import type { SceneImage } from "../scene.ts";
import { decodeImage, imageTopic } from "./foxglove-image.ts";
import { GrowingColumn } from "./growing-column.ts";
import { decodeHeader, headerKey, headerRecordName, type ReplayHeader } from "./header.ts";
import { LayerAssembly } from "./layer-assembly.ts";
import { type ByteSource, openIndexed, sourceOf, visitRecords } from "./mcap-source.ts";
import { decodeMessage } from "./message-codec.ts";
import {
  type EventKind,
  eventKinds,
  eventMessage,
  eventTopic,
  type StepMessage,
  spikesTopic,
  stepMessage,
  stepTopic,
  tracesTopic,
} from "./messages.ts";
import { decodeOutline, outlineKey, outlineRecordName } from "./outline.ts";
import type { Episode, Frames, Replay, ReplayEvent, ReplayOutline } from "./replay.ts";

/**
 * Reads a replay file whole into columns. Everything in the file is taken as hostile: sizes are checked against the
 * header, and memory grows only with bytes that are really there.
 *
 * @param data the file's bytes, or anything that can read them piecewise
 * @param name how errors call the file
 * @throws FileError one line: foreign, cut off before the first step, damaged, or of another version
 */
export async function loadReplay(data: Blob | Uint8Array | ByteSource, name: string): Promise<Replay> {
  const source = data instanceof Uint8Array || data instanceof Blob ? sourceOf(data) : data;
  let assembly: Assembly | undefined;
  const { whole } = await visitRecords(source, name, {
    metadata(record, entries) {
      if (record !== headerRecordName) return;
      if (assembly !== undefined) throw new FileError(`${name} has two headers; record the episode again`);
      assembly = new Assembly(name, decodeHeader(entries.get(headerKey) ?? "", name));
    },
    message(topic, bytes) {
      if (assembly === undefined) {
        throw new FileError(
          `${name} is an MCAP file without a spikegym header; expected a spikegym replay file`,
        );
      }
      assembly.add(topic, bytes);
    },
  });
  if (assembly === undefined) {
    throw new FileError(
      whole
        ? `${name} is an MCAP file without a spikegym header; expected a spikegym replay file`
        : `${name} is cut off within its header; record the episode again`,
    );
  }
  return assembly.finish(whole);
}

/** A replay to look at: whole, or, of a large file, the part around an instant. */
export interface OpenedReplay {
  readonly replay: Replay;
  /** Reads the part around another instant; absent where the replay is whole. */
  around?(time: number): Promise<Replay>;
  /**
   * Reads all of it, bit by bit; absent where the replay is whole or too large to be held.
   *
   * @param pause awaited now and then, so that the reading does not hold everything else up
   */
  whole?(pause: () => Promise<void>): Promise<Replay>;
}

export interface OpenOptions {
  /** Files up to this size are read whole. */
  readonly wholeBytes?: number;
  /** Files up to this size can be read whole afterwards. */
  readonly heldBytes?: number;
  /** How much of a larger one is read at a time. */
  readonly partBytes?: number;
  /** The instant a part is first read around, s. */
  readonly at?: number;
}

/**
 * Opens a replay file of any size: a small one is read whole; of a large one its index, its header and its outline, then
 * the part around an instant. A large file without index or outline is read whole too.
 *
 * @throws FileError as loadReplay
 */
export async function openReplay(
  data: Blob | Uint8Array | ByteSource,
  name: string,
  { wholeBytes = 12 * 2 ** 20, heldBytes = 192 * 2 ** 20, partBytes = 6 * 2 ** 20, at = 0 }: OpenOptions = {},
): Promise<OpenedReplay> {
  const source = data instanceof Uint8Array || data instanceof Blob ? sourceOf(data) : data;
  const indexed = source.size <= wholeBytes ? undefined : await openIndexed(source, name);
  const header = indexed?.metadata.get(headerRecordName)?.get(headerKey);
  const outline = decodeOutline(indexed?.metadata.get(outlineRecordName)?.get(outlineKey) ?? "");
  if (indexed === undefined || header === undefined || outline === undefined) {
    return { replay: await loadReplay(source, name) };
  }
  const decoded = decodeHeader(header, name);
  const around = async (time: number): Promise<Replay> => {
    const assembly = new Assembly(name, decoded, outline);
    await indexed.visit(indexed.around(time, partBytes), (topic, bytes) => assembly.add(topic, bytes));
    return assembly.finish(true);
  };
  const whole = async (pause: () => Promise<void>): Promise<Replay> => {
    const assembly = new Assembly(name, decoded);
    await indexed.visit(indexed.whole, (topic, bytes) => assembly.add(topic, bytes), pause);
    return assembly.finish(true);
  };
  const replay = await around(at);
  return source.size <= heldBytes ? { replay, around, whole } : { replay, around };
}

/** Collects messages and turns them into a Replay. */
class Assembly {
  readonly #name: string;
  readonly #header: ReplayHeader;
  /** Given for a part of a file, which may start anywhere. */
  readonly #outline: ReplayOutline | undefined;
  readonly #layers: readonly LayerAssembly[];
  readonly #byTopic = new Map<string, (bytes: Uint8Array) => void>();
  readonly #events: ReplayEvent[] = [];
  readonly #times = new GrowingColumn((n) => new Float64Array(n));
  readonly #episodes = new GrowingColumn((n) => new Int32Array(n));
  readonly #steps = new GrowingColumn((n) => new Int32Array(n));
  readonly #final = new GrowingColumn((n) => new Uint8Array(n));
  readonly #poses = new GrowingColumn((n) => new Float64Array(n));
  readonly #qpos = new GrowingColumn((n) => new Float64Array(n));
  readonly #qvel = new GrowingColumn((n) => new Float64Array(n));
  readonly #observations = new GrowingColumn((n) => new Float32Array(n));
  readonly #actions = new GrowingColumn((n) => new Float32Array(n));
  readonly #forcesN = new GrowingColumn((n) => new Float64Array(n));
  readonly #rewards = new GrowingColumn((n) => new Float64Array(n));
  readonly #terminated = new GrowingColumn((n) => new Uint8Array(n));
  readonly #truncated = new GrowingColumn((n) => new Uint8Array(n));
  readonly #values = new GrowingColumn((n) => new Float64Array(n));
  readonly #decisions = new GrowingColumn((n) => new Int32Array(n));
  readonly #pixels = new GrowingColumn((n) => new Uint8Array(n));
  #imageCount = 0;
  #decisionCount = 0;
  #firstFrame: number | undefined;
  #last: Pick<StepMessage, "time" | "episode" | "step" | "final"> | undefined;
  #sizes: { qpos: number; qvel: number } | undefined;

  constructor(name: string, header: ReplayHeader, outline?: ReplayOutline) {
    this.#name = name;
    this.#header = header;
    this.#outline = outline;
    this.#layers = header.layers.map((layer) => new LayerAssembly(layer, (why) => this.#damaged(why)));
    this.#byTopic.set(stepTopic, (bytes) => this.#addStep(bytes));
    this.#byTopic.set(eventTopic, (bytes) => this.#addEvent(bytes));
    const { image } = header.scene;
    if (image !== undefined) this.#byTopic.set(imageTopic, (bytes) => this.#addImage(image, bytes));
    for (const layer of this.#layers) {
      this.#byTopic.set(spikesTopic(layer.layer.id), (bytes) => layer.addSpikes(bytes));
      this.#byTopic.set(tracesTopic(layer.layer.id), (bytes) => layer.addTraces(bytes));
    }
  }

  /** Topics this version does not know are left to programs that do. */
  add(topic: string, bytes: Uint8Array): void {
    this.#byTopic.get(topic)?.(bytes);
  }

  #addStep(bytes: Uint8Array): void {
    const message = decodeMessage(stepMessage, bytes);
    const { bodies } = this.#header.scene;
    const actions = this.#header.actionLabels.length;
    this.#firstFrame ??= this.#outline === undefined ? 0 : message.frame;
    const frame = this.#firstFrame + this.#times.length;
    if (message.frame !== frame) this.#damaged(`frame ${frame} is missing (found ${message.frame})`);
    const last = this.#last;
    if (!Number.isFinite(message.time) || (last !== undefined && message.time <= last.time)) {
      this.#damaged(`frame ${frame} is at ${message.time} s, expected a time after ${last?.time ?? 0} s`);
    }
    if (last !== undefined && message.episode === last.episode) {
      const due = last.time + this.#header.stepSeconds;
      if (Math.abs(message.time - due) > 1e-6 * this.#header.stepSeconds + 1e-12 * Math.abs(due)) {
        this.#damaged(`frame ${frame} is at ${message.time} s, expected ${due} s`);
      }
      if (message.step !== last.step + 1 || last.final) {
        this.#damaged(`frame ${frame} is step ${message.step} after ${last.final ? "the end" : last.step}`);
      }
    } else if (last === undefined && this.#outline !== undefined) {
      // A part starts wherever its first chunk does.
    } else if (message.step !== 0 || message.episode !== (last === undefined ? 0 : last.episode + 1)) {
      this.#damaged(
        `frame ${frame} is step ${message.step} of episode ${message.episode}, expected the first of the next`,
      );
    }
    const { time, episode, step, final } = message;
    this.#last = { time, episode, step, final };
    this.#sizes ??= { qpos: message.qpos.length, qvel: message.qvel.length };
    this.#expect(frame, "poses", message.poses.length, 3 * bodies.length);
    this.#expect(frame, "qpos", message.qpos.length, this.#sizes.qpos);
    this.#expect(frame, "qvel", message.qvel.length, this.#sizes.qvel);
    this.#expect(frame, "observation", message.observation.length, this.#header.observationLabels.length);
    if (!message.final) this.#expect(frame, "action", message.action.length, actions);
    this.#times.append(message.time);
    this.#episodes.append(message.episode);
    this.#steps.append(message.step);
    this.#final.append(message.final ? 1 : 0);
    this.#poses.appendAll(message.poses);
    this.#qpos.appendAll(message.qpos);
    this.#qvel.appendAll(message.qvel);
    this.#observations.appendAll(message.observation);
    this.#actions.appendAll(message.final ? new Float32Array(actions).fill(Number.NaN) : message.action);
    this.#forcesN.append(message.final ? 0 : message.forceN);
    this.#rewards.append(message.final ? Number.NaN : message.reward);
    this.#terminated.append(message.terminated ? 1 : 0);
    this.#truncated.append(message.truncated ? 1 : 0);
    this.#values.append(message.final ? Number.NaN : message.value);
    this.#decisions.append(message.final ? -1 : this.#decisionCount++);
    for (const layer of this.#layers) if (!message.final) layer.expectFrame(frame);
  }

  #addEvent(bytes: Uint8Array): void {
    const { time, episode, kind, label, value } = decodeMessage(eventMessage, bytes);
    if (!Number.isFinite(time)) this.#damaged(`an event is at ${time} s`);
    const known = (eventKinds as readonly string[]).includes(kind) ? (kind as EventKind) : "mark";
    this.#events.push({ time, episode, kind: known, label: label.slice(0, 200), value });
  }

  #addImage(image: SceneImage, bytes: Uint8Array): void {
    const pixels = decodeImage(image, bytes);
    if (++this.#imageCount > this.#decisionCount) this.#damaged("an image belongs to no decision");
    this.#pixels.appendAll(pixels);
  }

  finish(whole: boolean): Replay {
    const { image } = this.#header.scene;
    // A cut can fall between a step and its neurons: keep the decisions that everything is known of.
    const complete = Math.min(
      this.#decisionCount,
      image === undefined ? this.#decisionCount : this.#imageCount,
      ...this.#layers.map((layer) => layer.complete),
    );
    if (whole && complete < this.#decisionCount) {
      if (image !== undefined && complete === this.#imageCount) {
        this.#damaged(`it has ${complete} images for ${this.#decisionCount} decisions`);
      }
      const layer = this.#layers.find((candidate) => candidate.complete === complete);
      this.#damaged(`layer "${layer?.layer.id}" has ${complete} of ${this.#decisionCount} decisions`);
    }
    const decisions = this.#decisions.take(this.#decisions.length);
    let count = decisions.length;
    while (count > 0 && decisions[count - 1]! >= complete) count--;
    if (complete < this.#decisionCount) {
      const first = decisions.indexOf(complete);
      if (first >= 0) count = Math.min(count, first);
    }
    if (count === 0) {
      throw new FileError(
        `${this.#name} ${whole ? "holds no steps" : "is cut off before its first step"}; record the episode again`,
      );
    }
    const frames = this.#takeFrames(count, complete);
    const end = frames.times[count - 1]!;
    const closing = frames.final[count - 1] === 1 ? end : end + this.#header.stepSeconds;
    const events = this.#outline?.events ?? this.#events.filter((event) => event.time <= end);
    const notices = whole
      ? []
      : [
          `This file ends early: the program that wrote it did not close it. ${count} frames (${end.toFixed(2)} s) were read.`,
        ];
    return {
      name: this.#name,
      header: this.#header,
      frames,
      layers: this.#layers.map((layer) => layer.take(complete)),
      ...(image === undefined
        ? {}
        : {
            images: {
              widthPx: image.widthPx,
              heightPx: image.heightPx,
              pixels: this.#pixels.take(complete * image.widthPx * image.heightPx),
            },
          }),
      events,
      episodes: listEpisodes(frames, events),
      startSeconds: 0,
      durationSeconds: Math.max(closing, this.#outline?.durationSeconds ?? 0),
      ...(this.#outline === undefined ? {} : { outline: this.#outline }),
      whole,
      notices,
    };
  }

  #takeFrames(count: number, complete: number): Frames {
    const { qpos, qvel } = this.#sizes!;
    const { scene, observationLabels, actionLabels } = this.#header;
    const decisions = this.#decisions.take(count);
    for (let i = 0; i < count; i++) if (decisions[i]! >= complete) decisions[i] = -1;
    return {
      count,
      times: this.#times.take(count),
      episodes: this.#episodes.take(count),
      steps: this.#steps.take(count),
      final: this.#final.take(count),
      poses: this.#poses.take(count * 3 * scene.bodies.length),
      qpos: this.#qpos.take(count * qpos),
      qvel: this.#qvel.take(count * qvel),
      qposSize: qpos,
      qvelSize: qvel,
      observations: this.#observations.take(count * observationLabels.length),
      actions: this.#actions.take(count * actionLabels.length),
      forcesN: this.#forcesN.take(count),
      rewards: this.#rewards.take(count),
      terminated: this.#terminated.take(count),
      truncated: this.#truncated.take(count),
      values: this.#values.take(count),
      decisions,
    };
  }

  #expect(frame: number, what: string, got: number, expected: number): void {
    if (got !== expected) this.#damaged(`${what} of frame ${frame} has ${got} numbers, expected ${expected}`);
  }

  #damaged(why: string): never {
    throw new FileError(`${this.#name} is damaged: ${why}; record the episode again`);
  }
}

function listEpisodes(frames: Frames, events: readonly ReplayEvent[]): Episode[] {
  const episodes: Episode[] = [];
  for (let first = 0; first < frames.count; ) {
    const index = frames.episodes[first]!;
    let end = first;
    let steps = 0;
    let sum = 0;
    while (end < frames.count && frames.episodes[end] === index) {
      if (frames.final[end] === 0) {
        steps++;
        sum += frames.rewards[end]!;
      }
      end++;
    }
    const reset = events.find((event) => event.kind === "reset" && event.episode === index);
    episodes.push({
      index,
      label: reset?.label ?? `episode ${index + 1}`,
      startSeconds: frames.times[first]!,
      firstFrame: first,
      endFrame: end,
      steps,
      return: sum,
      terminated: frames.terminated[end - 1] === 1,
      truncated: frames.truncated[end - 1] === 1,
    });
    first = end;
  }
  return episodes;
}
