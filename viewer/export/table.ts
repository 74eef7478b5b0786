import { type Replay, spikedAt, tracedValue } from "../../core/replay-file/replay.ts";
import type { TimeWindow } from "../state/view-state.ts";

/** A field of a CSV file (RFC 4180); a leading sign of a formula is no formula. */
function field(value: string | number): string {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const text = /^[=+@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function row(values: readonly (string | number)[]): string {
  return `${values.map(field).join(",")}\r\n`;
}

/** One row a step within the span: time, state, observation, action, force, reward, value, and spikes of each layer. */
export function stepTable(replay: Replay, { start, end }: TimeWindow): string {
  const { frames, header, layers } = replay;
  const { observationLabels, actionLabels } = header;
  let text = row([
    "time (s)",
    "episode",
    "step",
    ...Array.from({ length: frames.qposSize }, (_, i) => `qpos ${i}`),
    ...Array.from({ length: frames.qvelSize }, (_, i) => `qvel ${i}`),
    ...observationLabels.map((label) => `observation: ${label}`),
    ...actionLabels.map((label) => `action: ${label}`),
    "force (N)",
    "reward",
    "value",
    "terminated",
    "truncated",
    ...layers.map(({ layer }) => `spikes: ${layer.id}`),
  ]);
  for (let frame = 0; frame < frames.count; frame++) {
    const time = frames.times[frame]!;
    if (time < start - 1e-9 || time > end) continue;
    const part = (values: ArrayLike<number>, size: number) =>
      Array.from({ length: size }, (_, i) => values[frame * size + i]!);
    const decision = frames.decisions[frame]!;
    text += row([
      time,
      frames.episodes[frame]! + 1,
      frames.steps[frame]!,
      ...part(frames.qpos, frames.qposSize),
      ...part(frames.qvel, frames.qvelSize),
      ...part(frames.observations, observationLabels.length),
      ...part(frames.actions, actionLabels.length),
      frames.forcesN[frame]!,
      frames.rewards[frame]!,
      frames.values[frame]!,
      frames.terminated[frame]!,
      frames.truncated[frame]!,
      ...layers.map(({ spikeBits, bytesPerDecision }) =>
        decision < 0
          ? Number.NaN
          : countBits(spikeBits.subarray(decision * bytesPerDecision, (decision + 1) * bytesPerDecision)),
      ),
    ]);
  }
  return text;
}

/** One row a tick and neuron within the span: its spike, and its variables where they were recorded. */
export function neuronTable(
  replay: Replay,
  layerIndex: number,
  units: readonly number[],
  { start, end }: TimeWindow,
): string {
  const track = replay.layers[layerIndex];
  if (track === undefined) return row(["time (s)"]);
  const { frames, header } = replay;
  const { ticks, variables, tracedNeurons } = track.layer;
  let text = row([
    "time (s)",
    "episode",
    "step",
    "tick",
    "unit",
    "spike",
    ...variables.map(({ name, unit }) => (unit === "1" ? name : `${name} (${unit})`)),
  ]);
  for (let frame = 0; frame < frames.count; frame++) {
    const decision = frames.decisions[frame]!;
    if (decision < 0) continue;
    for (let tick = 0; tick < ticks; tick++) {
      const time = frames.times[frame]! + (tick * header.stepSeconds) / ticks;
      if (time < start - 1e-9 || time > end) continue;
      for (const unit of units) {
        const traced = tracedNeurons.indexOf(unit);
        text += row([
          time,
          frames.episodes[frame]! + 1,
          frames.steps[frame]!,
          tick,
          unit,
          spikedAt(track, decision, tick, unit) ? 1 : 0,
          ...variables.map((_, v) =>
            traced < 0 ? Number.NaN : tracedValue(track, decision, tick, traced, v),
          ),
        ]);
      }
    }
  }
  return text;
}

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (let byte of bytes) for (; byte !== 0; byte &= byte - 1) count++;
  return count;
}
