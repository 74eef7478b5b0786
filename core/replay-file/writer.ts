import { McapWriter } from "@mcap/core";
import { ShapeError, SpikegymError } from "../errors.ts";
import { encodeImage, imageSchemaName, imageTopic } from "./foxglove-image.ts";
import { encodeScene, sceneSchemaName, sceneTopic } from "./foxglove-scene.ts";
import { describeFoxglove } from "./foxglove-schema.ts";
import { checkHeader, encodeHeader, headerKey, headerRecordName, type ReplayHeader } from "./header.ts";
import { describeMessage, encodeMessage } from "./message-codec.ts";
import {
  eventMessage,
  eventTopic,
  type MessageOf,
  type MessageTable,
  spikesMessage,
  spikesTopic,
  stepMessage,
  stepTopic,
  tracesMessage,
  tracesTopic,
} from "./messages.ts";
import { OutlineWriter, outlineKey, outlineRecordName } from "./outline.ts";
import type { ByteSink, DecisionRecord, EventRecord, FrameState } from "./recording.ts";
import { packBits } from "./spike-bits.ts";

interface Channel<T extends MessageTable> {
  readonly id: number;
  readonly table: T;
}

interface LayerChannels {
  readonly layer: ReplayHeader["layers"][number];
  readonly spikes: Channel<typeof spikesMessage>;
  readonly traces: Channel<typeof tracesMessage> | undefined;
}

/**
 * Writes a replay file (docs/replay-files.md) to a sink, episode after episode:
 *
 *     const writer = await ReplayWriter.open(sink, header);
 *     await writer.beginEpisode("seed 3");
 *     while (...) await writer.step({ ...before, action, forceN, reward, terminated, truncated, layers });
 *     await writer.endEpisode(stateAfterTheLastStep);
 *     await writer.close();
 *
 * Arrays are copied during the call, so buffers may be reused at once. Calls are queued: one that is not awaited cannot
 * damage the file, its error then surfaces at the next awaited call. A file whose writer was not closed has no index but
 * can be read up to its last whole chunk.
 */
export class ReplayWriter {
  readonly header: ReplayHeader;
  readonly #sink: ByteSink;
  readonly #mcap: McapWriter;
  readonly #step: Channel<typeof stepMessage>;
  readonly #event: Channel<typeof eventMessage>;
  readonly #layers: readonly LayerChannels[];
  readonly #sceneId: number;
  readonly #imageId: number | undefined;
  readonly #outline = new OutlineWriter();
  #queue: Promise<void> = Promise.resolve();
  #frame = 0;
  #episode = -1;
  #episodeStep = 0;
  /** Time of the current episode's first frame, s. */
  #episodeStart = 0;
  #inEpisode = false;
  #closed = false;
  #ended: EventRecord | undefined;
  #sizes: { qpos: number; qvel: number } | undefined;

  private constructor(
    header: ReplayHeader,
    sink: ByteSink,
    mcap: McapWriter,
    channels: {
      step: Channel<typeof stepMessage>;
      event: Channel<typeof eventMessage>;
      layers: readonly LayerChannels[];
      sceneId: number;
      imageId: number | undefined;
    },
  ) {
    this.header = header;
    this.#sink = sink;
    this.#mcap = mcap;
    this.#step = channels.step;
    this.#event = channels.event;
    this.#layers = channels.layers;
    this.#sceneId = channels.sceneId;
    this.#imageId = channels.imageId;
  }

  /** Writes the file's start. Throws a UsageError for an impossible header. */
  static async open(sink: ByteSink, header: ReplayHeader): Promise<ReplayWriter> {
    const checked = checkHeader(header);
    let written = 0n;
    const mcap = new McapWriter({
      writable: {
        position: () => written,
        write: async (bytes) => {
          await sink.write(bytes);
          written += BigInt(bytes.length);
        },
      },
      chunkSize: 256 * 1024,
    });
    await mcap.start({ profile: "spikegym", library: "spikegym" });
    await mcap.addMetadata({
      name: headerRecordName,
      metadata: new Map([[headerKey, encodeHeader(checked)]]),
    });
    const schemas = new Map<string, number>();
    const channel = async <T extends MessageTable>(table: T, topic: string): Promise<Channel<T>> => {
      let schemaId = schemas.get(table.name);
      if (schemaId === undefined) {
        schemaId = await mcap.registerSchema({
          name: `spikegym.${table.name}`,
          encoding: "protobuf",
          data: describeMessage(table),
        });
        schemas.set(table.name, schemaId);
      }
      const id = await mcap.registerChannel({
        topic,
        schemaId,
        messageEncoding: "protobuf",
        metadata: new Map(),
      });
      return { id, table };
    };
    const step = await channel(stepMessage, stepTopic);
    const event = await channel(eventMessage, eventTopic);
    const layers: LayerChannels[] = [];
    for (const layer of checked.layers) {
      const traced = layer.tracedNeurons.length > 0 && layer.variables.length > 0;
      layers.push({
        layer,
        spikes: await channel(spikesMessage, spikesTopic(layer.id)),
        traces: traced ? await channel(tracesMessage, tracesTopic(layer.id)) : undefined,
      });
    }
    const foxglove = async (name: string, topic: string) =>
      mcap.registerChannel({
        topic,
        schemaId: await mcap.registerSchema({ name, encoding: "protobuf", data: describeFoxglove() }),
        messageEncoding: "protobuf",
        metadata: new Map(),
      });
    const sceneId = await foxglove(sceneSchemaName, sceneTopic);
    const imageId =
      checked.scene.image === undefined ? undefined : await foxglove(imageSchemaName, imageTopic);
    return new ReplayWriter(checked, sink, mcap, { step, event, layers, sceneId, imageId });
  }

  /** Starts an episode; `label` is shown at its mark, e.g. `seed 3`. */
  async beginEpisode(label: string): Promise<void> {
    this.#mustBeOpen("beginEpisode");
    if (this.#inEpisode) this.#fail("beginEpisode", "the last episode has not been ended");
    // The last frame of an episode stands for one step, so that no two frames share an instant.
    if (this.#frame > 0) this.#episodeStart = this.#time + this.header.stepSeconds;
    this.#episode++;
    this.#episodeStep = 0;
    this.#inEpisode = true;
    this.#ended = undefined;
    await this.#writeEvent({ kind: "reset", label });
  }

  /** Writes one decision of the current episode. Throws a ShapeError when a size is not the header's. */
  async step(record: DecisionRecord): Promise<void> {
    this.#mustBeInEpisode("step");
    const action = this.#array("action", record.action, this.header.actionLabels.length);
    const activity = this.#layers.map((channels) => this.#encodeActivity(channels, record));
    const image = this.#encodeImage(record);
    const frame = this.#frameMessage(record, {
      final: false,
      action: Float32Array.from(action),
      forceN: record.forceN,
      reward: record.reward,
      terminated: record.terminated,
      truncated: record.truncated,
      value: record.value ?? Number.NaN,
    });
    if (record.terminated) this.#ended = { kind: "failure", label: "terminated" };
    else if (record.truncated) this.#ended = { kind: "end", label: "time limit" };
    this.#outline.step(frame.time, frame.reward);
    const written = this.#addFrame(frame);
    if (image !== undefined) written.push(this.#addBytes(this.#imageId!, frame.time, image));
    for (const add of activity) written.push(...add(frame.time));
    this.#advance();
    await Promise.all(written);
  }

  /** Ends the episode with the state after its last step. */
  async endEpisode(state: FrameState): Promise<void> {
    this.#mustBeInEpisode("endEpisode");
    const frame = this.#frameMessage(state, {
      final: true,
      action: new Float32Array(),
      forceN: 0,
      reward: 0,
      terminated: this.#ended?.kind === "failure",
      truncated: this.#ended?.kind === "end",
      value: Number.NaN,
    });
    const written = this.#addFrame(frame);
    this.#outline.endEpisode(frame.terminated, frame.truncated);
    if (this.#ended !== undefined) written.push(this.#writeEvent(this.#ended));
    this.#frame++;
    this.#inEpisode = false;
    await Promise.all(written);
  }

  /** Marks the instant of the next frame: call it before the step it belongs to. */
  async event(record: EventRecord): Promise<void> {
    this.#mustBeInEpisode("event");
    await this.#writeEvent(record);
  }

  /** Writes the index and closes the sink. */
  async close(): Promise<void> {
    this.#mustBeOpen("close");
    this.#closed = true;
    const outline = this.#outline.encode(this.#frame, this.#time);
    await this.#enqueue(async () => {
      await this.#mcap.addMetadata({
        name: outlineRecordName,
        metadata: new Map([[outlineKey, outline]]),
      });
      await this.#mcap.end();
      await this.#sink.close();
    });
  }

  #frameMessage(
    state: FrameState,
    rest: Pick<
      MessageOf<typeof stepMessage>,
      "final" | "action" | "forceN" | "reward" | "terminated" | "truncated" | "value"
    >,
  ): MessageOf<typeof stepMessage> {
    this.#sizes ??= { qpos: state.qpos.length, qvel: state.qvel.length };
    return {
      frame: this.#frame,
      episode: this.#episode,
      step: this.#episodeStep,
      time: this.#time,
      poses: Float64Array.from(this.#array("poses", state.poses, 3 * this.header.scene.bodies.length)),
      qpos: Float64Array.from(this.#array("qpos", state.qpos, this.#sizes.qpos)),
      qvel: Float64Array.from(this.#array("qvel", state.qvel, this.#sizes.qvel)),
      observation: Float32Array.from(
        this.#array("observation", state.observation, this.header.observationLabels.length),
      ),
      ...rest,
    };
  }

  #encodeImage({ image }: DecisionRecord): Uint8Array | undefined {
    const expected = this.header.scene.image;
    if (expected === undefined) return undefined;
    const { widthPx, heightPx } = expected;
    this.#array("image", image ?? [], widthPx * heightPx);
    return encodeImage(expected, image!, this.#time);
  }

  /** Copies a layer's activity now; the returned function queues it under the frame's time. */
  #encodeActivity({ layer, spikes, traces }: LayerChannels, record: DecisionRecord) {
    const { ticks, units } = layer;
    const activity = record.layers[layer.id];
    if (activity === undefined) this.#fail("step", `layer "${layer.id}" of the header has no activity`);
    const frame = this.#frame;
    const bits = packBits(this.#array(`${layer.id} spikes`, activity.spikes, ticks * units));
    const neurons = layer.tracedNeurons.length;
    const variables = layer.variables.length;
    const values =
      traces &&
      Float32Array.from(
        this.#array(`${layer.id} traces`, activity.traces ?? [], ticks * neurons * variables),
      );
    return (time: number): Promise<void>[] => {
      const written = [this.#add(spikes, time, { frame, ticks, units, bits })];
      if (traces !== undefined && values !== undefined) {
        written.push(this.#add(traces, time, { frame, ticks, neurons, variables, values }));
      }
      return written;
    };
  }

  #array(name: string, values: ArrayLike<number>, length: number): ArrayLike<number> {
    if (values.length !== length) {
      throw new ShapeError(`replay file: ${name}`, [values.length], `[${length}]`, "check the replay header");
    }
    return values;
  }

  #writeEvent(record: EventRecord): Promise<void> {
    const event = {
      time: this.#time,
      episode: this.#episode,
      kind: record.kind,
      label: record.label,
      value: record.value ?? Number.NaN,
    };
    this.#outline.event({ ...event, label: event.label.slice(0, 200) });
    return this.#add(this.#event, this.#time, event);
  }

  /** A frame for this project's reader, and the same as a scene for any other. */
  #addFrame(frame: MessageOf<typeof stepMessage>): Promise<void>[] {
    return [
      this.#add(this.#step, frame.time, frame),
      this.#addBytes(this.#sceneId, frame.time, encodeScene(this.header.scene, frame.poses, frame.time)),
    ];
  }

  #add<T extends MessageTable>(channel: Channel<T>, time: number, message: MessageOf<T>): Promise<void> {
    return this.#addBytes(channel.id, time, encodeMessage(channel.table, message));
  }

  #addBytes(channelId: number, time: number, data: Uint8Array): Promise<void> {
    const sequence = this.#frame;
    const logTime = BigInt(Math.round(time * 1e9));
    return this.#enqueue(() =>
      this.#mcap.addMessage({
        channelId,
        sequence,
        logTime,
        publishTime: logTime,
        data,
      }),
    );
  }

  /** MCAP's writer is damaged by a call made before the last one is done. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    const next = this.#queue.then(work);
    this.#queue = next;
    return next;
  }

  /** Time of the next frame, s. */
  get #time(): number {
    return this.#episodeStart + this.#episodeStep * this.header.stepSeconds;
  }

  #advance(): void {
    this.#frame++;
    this.#episodeStep++;
  }

  #mustBeOpen(call: string): void {
    if (this.#closed) this.#fail(call, "the writer is closed");
  }

  #mustBeInEpisode(call: string): void {
    this.#mustBeOpen(call);
    if (!this.#inEpisode) this.#fail(call, "no episode has begun; call beginEpisode first");
  }

  #fail(call: string, why: string): never {
    throw new SpikegymError(`replay file: ${call}: ${why}`);
  }
}
