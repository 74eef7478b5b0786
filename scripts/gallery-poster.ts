import type { Replay } from "../core/replay-file/replay.ts";

const width = 540;
const height = 132;
const side = 22;
/** Height of the cart on the paper, and of a metre. */
const ground = 112;
const metre = 78;
/** Between two exposures, s. */
const every = 0.15;

/** Colours that read on a dark page and on a light one (Okabe and Ito's). */
const colours = { pole: "#8b95a3", push: "#cc79a7", fall: "#d55e00" };

/**
 * A replay as one picture, an SVG: the poles as many exposures side by side, time to the right, with the pushes below and
 * the fall, if there is one, in red.
 */
export function drawPoster({ name, frames, header, events, durationSeconds }: Replay): string {
  const { bodies } = header.scene;
  const room = width - 2 * side;
  const placeOf = (time: number) => side + (time / Math.max(durationSeconds, 6)) * room;
  const fixed = (value: number) => value.toFixed(1);
  const parts: string[] = [];
  const stride = Math.max(1, Math.round(every / header.stepSeconds));
  for (let frame = 0; frame < frames.count; frame += stride) {
    const time = frames.times[frame]!;
    const over = frames.times[Math.min(frames.count - 1, frame + stride)]! >= durationSeconds - 1e-9;
    const fallen = over && frames.terminated[frames.count - 1] === 1;
    const cart = frames.poses[frame * 3 * bodies.length]!;
    const points = bodies.flatMap(({ shape }, i) => {
      const at = 3 * (frame * bodies.length + i);
      const [x, y, angle] = [frames.poses[at]!, frames.poses[at + 1]!, frames.poses[at + 2]!];
      const length = shape.kind === "rod" ? shape.lengthM : 0;
      return [[x - cart + length * Math.sin(angle), y + length * Math.cos(angle)] as const];
    });
    const line = points
      .map(([x, y]) => `${fixed(placeOf(time) + metre * x)},${fixed(ground - metre * y)}`)
      .join(" ");
    parts.push(
      `<polyline points="${line}" stroke="${fallen ? colours.fall : colours.pole}" stroke-opacity="${fallen ? 1 : 0.65}"/>`,
    );
  }
  for (const { kind, time, value } of events) {
    if (kind !== "push") continue;
    const x = placeOf(time);
    parts.push(
      `<path d="M${fixed(x - 5)} 128l5-9 5 9z" fill="${colours.push}" stroke="none"/>`,
      `<text x="${fixed(x + 9)}" y="128" fill="${colours.push}" stroke="none">${value.toFixed(0).replace("-", "\u2212")} N</text>`,
    );
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${name.replace(/[<&]/g, "")}: the poles over time</title>`,
    `<path d="M${side} ${ground}H${width - side}" stroke="${colours.pole}" stroke-opacity="0.4" stroke-width="1"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}
