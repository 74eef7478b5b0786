import type { ReplayHeader } from "../../core/replay-file/header.ts";
import type { FrameState } from "../../core/replay-file/recording.ts";
import type { Episode, Replay, ReplayEvent } from "../../core/replay-file/replay.ts";
import { packBits } from "../../core/replay-file/spike-bits.ts";
import type { LiveStep } from "./live-session.ts";

/**
 * The last seconds of something that goes on, as a replay. Rows lie in arrays of twice the length: when these are full,
 * the later half moves to the front, so that a step costs a few copies and no memory.
 */
export class RollingReplay {
  #header: ReplayHeader;
  readonly #kept: number;
  readonly #columns: ReturnType<typeof makeColumns>;
  #events: ReplayEvent[] = [];
  #episodeStarts: { index: number; label: string; time: number }[] = [];
  #count = 0;
  #time = 0;

  constructor(header: ReplayHeader, seconds: number) {
    this.#header = header;
    this.#kept = Math.ceil(seconds / header.stepSeconds);
    this.#columns = makeColumns(header, 2 * this.#kept);
  }

  add(step: LiveStep): void {
    for (const event of step.events) {
      const value = event.value ?? Number.NaN;
      this.#events.push({
        time: this.#time,
        episode: step.episode,
        kind: event.kind,
        label: event.label,
        value,
      });
      if (event.kind === "reset") {
        this.#episodeStarts.push({ index: step.episode, label: event.label, time: this.#time });
      }
    }
    this.#append(step.before, step);
    if (step.end !== undefined) this.#append(step.end, { ...step, step: step.step + 1, end: step.end }, true);
  }

  /** Poles that have grown, a cart of another size: what is drawn from now on. */
  setScene(scene: ReplayHeader["scene"]): void {
    this.#header = { ...this.#header, scene };
  }

  #append(state: FrameState, step: LiveStep, final = false): void {
    const c = this.#columns;
    if (this.#count === 2 * this.#kept) {
      for (const { array, size } of c.all) array.copyWithin(0, this.#kept * size, 2 * this.#kept * size);
      this.#count = this.#kept;
    }
    const row = this.#count++;
    c.times.array[row] = this.#time;
    c.episodes.array[row] = step.episode;
    c.steps.array[row] = step.step;
    c.final.array[row] = final ? 1 : 0;
    c.terminated.array[row] = step.terminated ? 1 : 0;
    c.forcesN.array[row] = final ? 0 : step.forceN;
    c.rewards.array[row] = final ? Number.NaN : step.reward;
    c.values.array[row] = final ? Number.NaN : step.value;
    c.poses.array.set(Array.from(state.poses), row * c.poses.size);
    c.qpos.array.set(Array.from(state.qpos), row * c.qpos.size);
    c.qvel.array.set(Array.from(state.qvel), row * c.qvel.size);
    c.observations.array.set(Array.from(state.observation), row * c.observations.size);
    const actions = c.actions.array.subarray(row * c.actions.size, (row + 1) * c.actions.size);
    if (final) actions.fill(Number.NaN);
    else actions.set(step.action);
    if (final) c.spikes.array.fill(0, row * c.spikes.size, (row + 1) * c.spikes.size);
    else {
      c.spikes.array.set(packBits(step.spikes), row * c.spikes.size);
      c.traces.array.set(step.traces, row * c.traces.size);
    }
    this.#time += this.#header.stepSeconds;
  }

  /** What is kept now; the arrays are views that the next steps go on filling. */
  replay(name: string): Replay {
    const c = this.#columns;
    const first = Math.max(0, this.#count - this.#kept);
    const count = this.#count - first;
    const view = <A extends Column["array"]>({ array, size }: { array: A; size: number }): A =>
      array.subarray(first * size, this.#count * size) as A;
    const startSeconds = c.times.array[first]!;
    this.#events = this.#events.filter((event) => event.time >= startSeconds - 1e-9);
    const final = view(c.final);
    const layer = this.#header.layers[0]!;
    return {
      name,
      header: this.#header,
      frames: {
        count,
        times: view(c.times),
        episodes: view(c.episodes),
        steps: view(c.steps),
        final,
        poses: view(c.poses),
        qpos: view(c.qpos),
        qvel: view(c.qvel),
        qposSize: c.qpos.size,
        qvelSize: c.qvel.size,
        observations: view(c.observations),
        actions: view(c.actions),
        forcesN: view(c.forcesN),
        rewards: view(c.rewards),
        terminated: view(c.terminated),
        truncated: new Uint8Array(count),
        values: view(c.values),
        decisions: Int32Array.from({ length: count }, (_, i) => (final[i] === 1 ? -1 : i)),
      },
      layers: [
        { layer, count, spikeBits: view(c.spikes), bytesPerDecision: c.spikes.size, traces: view(c.traces) },
      ],
      events: this.#events,
      episodes: this.#episodes(first),
      startSeconds,
      durationSeconds: this.#time,
      whole: true,
      notices: [],
    };
  }

  #episodes(first: number): Episode[] {
    const { episodes, times, rewards, final, terminated } = this.#columns;
    const list: Episode[] = [];
    for (let row = first; row < this.#count; ) {
      const index = episodes.array[row]!;
      let end = row;
      let steps = 0;
      let sum = 0;
      for (; end < this.#count && episodes.array[end] === index; end++) {
        if (final.array[end] === 1) continue;
        steps++;
        sum += rewards.array[end]!;
      }
      const start = this.#episodeStarts.findLast((candidate) => candidate.index === index);
      list.push({
        index,
        label: start?.label ?? `episode ${index + 1}`,
        startSeconds: times.array[row]!,
        firstFrame: row - first,
        endFrame: end - first,
        steps,
        return: sum,
        terminated: terminated.array[end - 1] === 1,
        truncated: false,
      });
      row = end;
    }
    this.#episodeStarts = this.#episodeStarts.filter(({ index }) => index >= (list[0]?.index ?? 0));
    return list;
  }
}

interface Column {
  readonly array: Float64Array | Float32Array | Int32Array | Uint8Array;
  /** Numbers in a row. */
  readonly size: number;
}

function makeColumns({ scene, observationLabels, actionLabels, layers }: ReplayHeader, rows: number) {
  const doubles = (size: number) => ({ array: new Float64Array(rows * size), size });
  const floats = (size: number) => ({ array: new Float32Array(rows * size), size });
  const integers = () => ({ array: new Int32Array(rows), size: 1 });
  const flags = (size = 1) => ({ array: new Uint8Array(rows * size), size });
  const { ticks, units, tracedNeurons, variables } = layers[0]!;
  // A cart chain: one joint a body.
  const joints = scene.bodies.length;
  const columns = {
    times: doubles(1),
    episodes: integers(),
    steps: integers(),
    final: flags(),
    terminated: flags(),
    forcesN: doubles(1),
    rewards: doubles(1),
    values: doubles(1),
    poses: doubles(3 * joints),
    qpos: doubles(joints),
    qvel: doubles(joints),
    observations: floats(observationLabels.length),
    actions: floats(actionLabels.length),
    spikes: flags((ticks * units + 7) >> 3),
    traces: floats(ticks * tracedNeurons.length * variables.length),
  };
  return { ...columns, all: Object.values(columns) as Column[] };
}
