import type { Replay } from "../../core/replay-file/replay.ts";
import type { Palette } from "../plots/palette.ts";
import type { Rival } from "../state/rival.ts";
import type { Timeline } from "../state/timeline.ts";

/** One line of numbers over frames. */
export interface Curve {
  readonly name: string;
  readonly values: Float32Array | Float64Array;
  readonly stride: number;
  readonly offset: number;
  readonly colour: string;
  /** Drawn behind and not read out. */
  readonly faint: boolean;
  /** Whose frames the values are; absent: the first replay's. */
  readonly rival?: Rival;
}

export interface Strip {
  readonly title: string;
  readonly curves: readonly Curve[];
  /** Actions and rewards hold for a step, observations are instants. */
  readonly held: boolean;
}

/** What the strips show: observation, action, reward, value; with rivals theirs too, and how far apart they are. */
export function makeStrips(
  timeline: Timeline,
  rivals: readonly Rival[],
  shown: number,
  palette: Palette,
): Strip[] {
  const { replay } = timeline;
  const { frames, header } = replay;
  const one = { stride: 1, offset: 0, faint: false };
  const actions = header.actionLabels.length;
  const label = header.observationLabels[shown];
  const faint = rivals.length > 0 ? [] : header.observationLabels.map((_, i) => i).filter((i) => i !== shown);
  const observed = label === undefined ? undefined : observation(replay, label, palette.text);
  const beside = (of: (rival: Rival) => Omit<Curve, "rival" | "colour"> | undefined): Curve[] =>
    rivals.flatMap((rival, i) => {
      const curve = of(rival);
      return curve === undefined
        ? []
        : [{ ...curve, rival, colour: palette.rivals[i % palette.rivals.length]! }];
    });
  const strips: Strip[] = [
    {
      title: label ?? "observation",
      curves: [
        ...(observed === undefined ? [] : [observed]),
        ...faint.map((offset) => ({
          ...observation(replay, header.observationLabels[offset]!, palette.muted)!,
          faint: true,
        })),
        ...beside((rival) => (label === undefined ? undefined : observation(rival.replay, label, ""))),
      ],
      // A true class holds as long as its picture is shown.
      held: header.scene.image !== undefined,
    },
  ];
  const [first] = rivals;
  if (first !== undefined && observed !== undefined && label !== undefined) {
    const values = difference(timeline, first, label);
    if (values !== undefined) {
      const curve = { ...one, name: "difference", values, colour: palette.alarm };
      strips.push({ title: "difference", curves: [curve], held: false });
    }
  }
  strips.push(
    {
      title: "action",
      curves: [
        ...header.actionLabels.map((name, offset) => ({
          name,
          values: frames.actions,
          stride: actions,
          offset,
          colour: palette.action,
          faint: offset > 0,
        })),
        ...beside(({ replay: { frames, header } }) => {
          const stride = header.actionLabels.length;
          return stride === 0 ? undefined : { ...one, name: "action", values: frames.actions, stride };
        }),
      ],
      held: true,
    },
    {
      title: "reward",
      curves: [
        { ...one, name: "reward", values: frames.rewards, colour: palette.reward },
        ...beside(({ replay: { frames } }) => ({ ...one, name: "reward", values: frames.rewards })),
      ],
      held: true,
    },
  );
  if (hasValues(replay)) {
    strips.push({
      title: "value",
      curves: [
        { ...one, name: "value", values: frames.values, colour: palette.reward },
        ...beside((rival) =>
          hasValues(rival.replay) ? { ...one, name: "value", values: rival.replay.frames.values } : undefined,
        ),
      ],
      held: true,
    });
  }
  return strips.filter((strip) => strip.curves.length > 0);
}

function observation({ frames, header }: Replay, name: string, colour: string): Curve | undefined {
  const offset = header.observationLabels.indexOf(name);
  const stride = header.observationLabels.length;
  return offset < 0 ? undefined : { name, values: frames.observations, stride, offset, colour, faint: false };
}

const valued = new WeakMap<Replay, boolean>();

/** Whether a critic's value was recorded. */
function hasValues(replay: Replay): boolean {
  let has = valued.get(replay);
  if (has === undefined) {
    has = replay.frames.values.some(Number.isFinite);
    valued.set(replay, has);
  }
  return has;
}

const differences = new WeakMap<Rival, Map<string, Float64Array>>();

/** The first replay's observation less the rival's at every frame of the first; NaN where the rival has none. */
function difference(timeline: Timeline, rival: Rival, label: string): Float64Array | undefined {
  const mine = observation(timeline.replay, label, "");
  const theirs = observation(rival.replay, label, "");
  if (mine === undefined || theirs === undefined) return undefined;
  let known = differences.get(rival);
  if (known === undefined) {
    known = new Map();
    differences.set(rival, known);
  }
  let values = known.get(label);
  if (values === undefined) {
    const { frames } = timeline.replay;
    values = Float64Array.from({ length: frames.count }, (_, frame) => {
      const time = rival.timeAt(frames.times[frame]!);
      if (time === undefined) return Number.NaN;
      const other = rival.timeline.frameAt(time);
      return (
        mine.values[frame * mine.stride + mine.offset]! -
        theirs.values[other * theirs.stride + theirs.offset]!
      );
    });
    known.set(label, values);
  }
  return values;
}
