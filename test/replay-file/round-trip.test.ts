import { McapIndexedReader } from "@mcap/core";
import fc from "fast-check";
import protobuf from "protobufjs";
import "protobufjs/ext/descriptor.js";
import { expect, test } from "vitest";
import { loadReplay } from "../../core/replay-file/load-replay.ts";
import { spikedAt, tracedValue } from "../../core/replay-file/replay.ts";
import { ReplayWriter } from "../../core/replay-file/writer.ts";
import { anyReplay, MemorySink, writeReplay } from "./random-replay.ts";
import { writeSampleReplay } from "./sample-replay.ts";

test("whatever is written is read back to the bit, from bytes and from a Blob", async () => {
  await fc.assert(
    fc.asyncProperty(anyReplay, async (written) => {
      const sink = new MemorySink();
      await writeReplay(written, sink);
      expect(sink.closed).toBe(true);
      const bytes = sink.bytes();
      const replay = await loadReplay(bytes, "x.mcap");
      expect(await loadReplay(new Blob([bytes as Uint8Array<ArrayBuffer>]), "x.mcap")).toEqual(replay);
      expect(replay.whole).toBe(true);
      expect(replay.notices).toEqual([]);
      expect(replay.header).toEqual(written.header);
      expect(replay.episodes.map((e) => e.label)).toEqual(written.episodes.map((e) => e.label));

      const { frames } = replay;
      let frame = 0;
      let decision = 0;
      let start = 0;
      for (const [e, episode] of written.episodes.entries()) {
        const states = [...episode.steps, episode.end];
        for (const [k, state] of states.entries()) {
          expect(frames.times[frame]).toBeCloseTo(start + k * 0.05, 12);
          expect(frames.episodes[frame]).toBe(e);
          expect(frames.steps[frame]).toBe(k);
          for (const [column, values] of [
            [frames.poses, state.poses],
            [frames.qpos, state.qpos],
            [frames.qvel, state.qvel],
            [frames.observations, state.observation],
          ] as const) {
            const row = column.subarray(frame * values.length, (frame + 1) * values.length);
            expect(Array.from(row)).toEqual(Array.from(values));
          }
          const step = episode.steps[k];
          expect(frames.final[frame]).toBe(step === undefined ? 1 : 0);
          expect(frames.decisions[frame]).toBe(step === undefined ? -1 : decision);
          if (step !== undefined) {
            const n = step.action.length;
            expect(Array.from(frames.actions.subarray(frame * n, (frame + 1) * n))).toEqual(step.action);
            expect(frames.forcesN[frame]).toBe(step.forceN);
            expect(frames.rewards[frame]).toBe(step.reward);
            expect(frames.values[frame]).toBe(step.value);
            for (const track of replay.layers) {
              const { ticks, units, tracedNeurons, variables } = track.layer;
              const activity = step.layers[track.layer.id]!;
              for (let t = 0; t < ticks; t++) {
                for (let u = 0; u < units; u++) {
                  expect(spikedAt(track, decision, t, u)).toBe(activity.spikes[t * units + u] === 1);
                }
                for (let n = 0; n < tracedNeurons.length; n++) {
                  for (let v = 0; v < variables.length; v++) {
                    const i = (t * tracedNeurons.length + n) * variables.length + v;
                    expect(tracedValue(track, decision, t, n, v)).toBe(activity.traces![i]);
                  }
                }
              }
            }
            decision++;
          }
          frame++;
        }
        start += (states.length - 1) * 0.05 + 0.05;
      }
      expect(frames.count).toBe(frame);
    }),
    { numRuns: 40 },
  );
});

test("protobufjs decodes every message by the schema embedded in the file", async () => {
  const [written] = fc.sample(anyReplay, { numRuns: 1, seed: 5 });
  const sink = new MemorySink();
  await writeReplay(written!, sink);
  const bytes = sink.bytes();
  const reader = await McapIndexedReader.Initialize({
    readable: {
      size: async () => BigInt(bytes.length),
      read: async (offset, size) => bytes.subarray(Number(offset), Number(offset + size)),
    },
  });
  const types = new Map<number, protobuf.Type>();
  for (const schema of reader.schemasById.values()) {
    expect(schema.encoding).toBe("protobuf");
    types.set(schema.id, protobuf.Root.fromDescriptor(schema.data).lookupType(schema.name));
  }
  const steps: Record<string, unknown>[] = [];
  const topics = new Set<string>();
  for await (const record of reader.readMessages()) {
    const channel = reader.channelsById.get(record.channelId)!;
    const decoded = types.get(channel.schemaId)!.decode(record.data);
    topics.add(channel.topic);
    if (channel.topic === "/step") steps.push(decoded as unknown as Record<string, unknown>);
  }
  const states = written!.episodes.flatMap((e) => [...e.steps, e.end]);
  expect(steps.map((s) => s.qpos)).toEqual(states.map((s) => s.qpos));
  expect(topics).toContain("/event");
  expect(topics).toContain("/spikes/layer-0");
});

test("any MCAP program finds the bodies as a Foxglove scene, rods standing on their hinges", async () => {
  const sink = new MemorySink();
  await writeSampleReplay(sink, 3);
  const bytes = sink.bytes();
  const reader = await McapIndexedReader.Initialize({
    readable: {
      size: async () => BigInt(bytes.length),
      read: async (offset, size) => bytes.subarray(Number(offset), Number(offset + size)),
    },
  });
  const schema = [...reader.schemasById.values()].find(({ name }) => name === "foxglove.SceneUpdate")!;
  const type = protobuf.Root.fromDescriptor(schema.data).lookupType(schema.name);
  const { frames, header } = await loadReplay(bytes, "x.mcap");
  let frame = 0;
  for await (const record of reader.readMessages({ topics: ["/scene"] })) {
    const { entities } = type.toObject(type.decode(record.data), { defaults: true }) as {
      entities: { cubes: Placed[]; cylinders: Placed[] }[];
    };
    const [{ cubes, cylinders }] = entities as [{ cubes: Placed[]; cylinders: Placed[] }];
    const poses = frames.poses.subarray(frame * 9, frame * 9 + 9);
    expect(cubes[0]!.pose.position).toMatchObject({ x: poses[0], z: poses[1] });
    const rod = header.scene.bodies[2]!.shape as { lengthM: number; radiusM: number };
    const [x, y, angle] = [poses[6]!, poses[7]!, poses[8]!];
    const { position, orientation } = cylinders[1]!.pose;
    expect(position.x).toBeCloseTo(x + (rod.lengthM / 2) * Math.sin(angle), 12);
    expect(position.z).toBeCloseTo(y + (rod.lengthM / 2) * Math.cos(angle), 12);
    expect(2 * Math.atan2(orientation.y, orientation.w)).toBeCloseTo(angle, 12);
    expect(cylinders[1]!.size).toEqual({ x: 2 * rod.radiusM, y: 2 * rod.radiusM, z: rod.lengthM });
    frame++;
  }
  expect(frame).toBe(frames.count);
});

interface Placed {
  readonly pose: {
    readonly position: { readonly x: number; readonly z: number };
    readonly orientation: { readonly y: number; readonly w: number };
  };
  readonly size: { readonly x: number; readonly y: number; readonly z: number };
}

test("buffers may be reused as soon as the call returns, awaited or not", async () => {
  const [written] = fc.sample(anyReplay, { numRuns: 1, seed: 9 });
  const sink = new MemorySink();
  const writer = await ReplayWriter.open(sink, written!.header);
  const step = written!.episodes[0]!.steps[0]!;
  const qpos = Float64Array.of(1, 2);
  const calls = [writer.beginEpisode("a"), writer.step({ ...step, qpos })];
  qpos.fill(99);
  calls.push(writer.step({ ...step, qpos }), writer.endEpisode({ ...step, qpos }));
  qpos.fill(-1);
  calls.push(writer.close());
  await Promise.all(calls);
  const replay = await loadReplay(sink.bytes(), "x.mcap");
  expect(Array.from(replay.frames.qpos)).toEqual([1, 2, 99, 99, 99, 99]);
});

test("terminated and truncated become failure and end marks at the last frame", async () => {
  const [written] = fc.sample(anyReplay, { numRuns: 1, seed: 9 });
  const step = written!.episodes[0]!.steps[0]!;
  const end = written!.episodes[0]!.end;
  const sink = new MemorySink();
  await writeReplay(
    {
      header: written!.header,
      episodes: [
        { label: "a", steps: [step, { ...step, terminated: true }], end },
        { label: "b", steps: [{ ...step, truncated: true }], end },
      ],
    },
    sink,
  );
  const { events, frames, episodes } = await loadReplay(sink.bytes(), "x.mcap");
  expect(events.map((e) => [e.kind, Math.round(e.time * 1000)])).toEqual([
    ["reset", 0],
    ["failure", 100],
    ["reset", 150],
    ["end", 200],
  ]);
  expect(Array.from(frames.times, (t) => Math.round(t * 1000))).toEqual([0, 50, 100, 150, 200]);
  expect(episodes.map((e) => [e.steps, e.terminated, e.truncated])).toEqual([
    [2, true, false],
    [1, false, true],
  ]);
});
