import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Scene, SceneBody } from "../core/scene.ts";
import type { AnyEnv } from "../envs/definition.ts";
import { environments, make } from "../envs/index.ts";

/** Where the pictures belong, beside docs/environments.md. */
export const PICTURE_FOLDER = "images/environments";

const WIDTH = 720;
const MARGIN_PX = 28;
/** Room below for the scale, px. */
const FOOT_PX = 34;
/** How far the drawn pose is from that of a start without noise, so that every angle can be seen. */
const SHOWN = { placeM: 0.12, firstRad: 0.16, furtherRad: -0.3 } as const;
/** Radius of the angles' arcs as a share of their pole. */
const ARC_SHARE = 0.62;

/** From a pole's edge to the middle of its angle's name. */
const LABEL_PX = 15;

/** Legible on white and on black pages; the colours change with the reader's scheme. */
const STYLE = `
  .panel { fill: #ffffff; stroke: #d8dee6 }
  .rail { stroke: #8a94a3; stroke-width: 3 }
  .stop { fill: #8a94a3 }
  .cart { fill: #34495e }
  .pole { stroke: #c2571a }
  .pin { fill: #ffffff }
  .goal { stroke: #c2571a; opacity: 0.22 }
  .guide { stroke: #8a94a3; stroke-width: 1; stroke-dasharray: 4 4; fill: none }
  .arc { stroke: #34495e; stroke-width: 1.5; fill: none }
  .force { stroke: #1f6fb2; stroke-width: 3; fill: none }
  .head { fill: #1f6fb2 }
  text { font: 15px system-ui, sans-serif; fill: #34495e }
  .small { font-size: 13px }
  .push { fill: #1f6fb2 }
  @media (prefers-color-scheme: dark) {
    .panel { fill: #12171e; stroke: #2b3440 }
    .rail { stroke: #6d7887 }
    .stop { fill: #6d7887 }
    .cart { fill: #a9b8c9 }
    .pole { stroke: #f0914f }
    .pin { fill: #12171e }
    .goal { stroke: #f0914f; opacity: 0.28 }
    .guide { stroke: #6d7887 }
    .arc { stroke: #c9d4e0 }
    .force { stroke: #5fb0f0 }
    .head { fill: #5fb0f0 }
    text { fill: #c9d4e0 }
    .push { fill: #5fb0f0 }
  }`;

export function picturePath(id: string): string {
  return `${PICTURE_FOLDER}/${id}.svg`;
}

export function pictureFile(id: string): string {
  return join(fileURLToPath(new URL("../docs", import.meta.url)), picturePath(id));
}

/**
 * A picture of an environment, drawn from its scene: bodies to scale near where an episode starts, with the angles and the
 * push that its observation and action are about; faintly where the poles should be.
 */
export function renderPicture(id: string): string {
  const env: AnyEnv = make(id, { engine: environments.get(id).engines[0]!, resetNoise: 0 });
  env.reset();
  const { qpos } = env.state();
  const shown = qpos.map((q, i) => {
    if (i === 0) return q + SHOWN.placeM;
    return q + (i === 1 ? SHOWN.firstRad : SHOWN.furtherRad);
  });
  const posesAt = (q: readonly number[]): Float64Array => {
    env.reset({ state: { qpos: q, qvel: q.map(() => 0) } });
    return env.poses(new Float64Array(3 * env.scene.bodies.length));
  };
  const goal = posesAt(qpos.map((_, i) => (i === 0 ? SHOWN.placeM : 0)));
  const poses = posesAt(shown);
  const frame = new Frame(env.scene, [poses, goal]);
  const { scene } = env;
  const parts = [
    ...drawRail(frame, scene),
    ...scene.bodies.flatMap((body, i) =>
      body.role === "pole" ? [drawPole(frame, body, goal, i, "goal")] : [],
    ),
    drawForce(frame, scene, poses),
    ...scene.bodies.flatMap((body, i) =>
      body.role === "pole" ? drawAngle(frame, body, poses, i, scene.bodies.length > 2) : [],
    ),
    ...scene.bodies.map((body, i) =>
      body.role === "pole" ? drawPole(frame, body, poses, i, "pole") : drawCart(frame, body, poses, i),
    ),
    ...scene.bodies.flatMap((body, i) => (body.role === "pole" ? [drawPin(frame, poses, i)] : [])),
    drawScale(frame),
  ];
  env.close();
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${frame.height}" role="img" aria-label="${id}">`,
    `<title>${id}: ${environments.get(id).summary}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="panel" x="0.5" y="0.5" width="${WIDTH - 1}" height="${frame.height - 1}" rx="10"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** Metres to pixels, y up to y down. */
class Frame {
  readonly pxPerM: number;
  readonly height: number;
  readonly #xMin: number;
  readonly #yMax: number;

  /** As wide as the scene's view, as high as what is drawn. */
  constructor(scene: Scene, drawn: readonly Float64Array[]) {
    const { xMin, xMax } = scene.view;
    let [low, high] = [-0.3, 0.3];
    for (const poses of drawn) {
      scene.bodies.forEach(({ shape }, i) => {
        const tip =
          poses[3 * i + 1]! + (shape.kind === "rod" ? shape.lengthM * Math.cos(poses[3 * i + 2]!) : 0);
        low = Math.min(low, tip - 0.12);
        high = Math.max(high, tip + 0.12);
      });
    }
    this.pxPerM = (WIDTH - 2 * MARGIN_PX) / (xMax - xMin);
    this.#xMin = xMin;
    this.#yMax = high;
    this.height = Math.ceil((high - low) * this.pxPerM) + 2 * MARGIN_PX + FOOT_PX;
  }

  x(m: number): string {
    return (MARGIN_PX + (m - this.#xMin) * this.pxPerM).toFixed(1);
  }

  y(m: number): string {
    return (MARGIN_PX + (this.#yMax - m) * this.pxPerM).toFixed(1);
  }

  px(m: number): string {
    return (m * this.pxPerM).toFixed(1);
  }
}

function drawRail(frame: Frame, { rail, view }: Scene): string[] {
  const y = frame.y(rail?.y ?? 0);
  const [from, to] = [rail?.xMin ?? view.xMin, rail?.xMax ?? view.xMax];
  const line = `<line class="rail" x1="${frame.x(from)}" y1="${y}" x2="${frame.x(to)}" y2="${y}"/>`;
  if (rail === undefined) return [line];
  const stops = [from, to].map(
    (x) =>
      `<rect class="stop" x="${(Number(frame.x(x)) - 3).toFixed(1)}" y="${(Number(y) - 14).toFixed(1)}" width="6" height="28" rx="2"/>`,
  );
  return [line, ...stops];
}

function drawCart(frame: Frame, { shape }: SceneBody, poses: Float64Array, i: number): string {
  if (shape.kind !== "box") return "";
  const x = frame.x(poses[3 * i]! - shape.widthM / 2);
  const y = frame.y(poses[3 * i + 1]! + shape.heightM / 2);
  return `<rect class="cart" x="${x}" y="${y}" width="${frame.px(shape.widthM)}" height="${frame.px(shape.heightM)}" rx="6"/>`;
}

function drawPole(frame: Frame, { shape }: SceneBody, poses: Float64Array, i: number, look: string): string {
  if (shape.kind !== "rod") return "";
  const [x, y, angle] = [poses[3 * i]!, poses[3 * i + 1]!, poses[3 * i + 2]!];
  const [tipX, tipY] = [x + shape.lengthM * Math.sin(angle), y + shape.lengthM * Math.cos(angle)];
  return `<line class="${look}" stroke-width="${frame.px(2 * shape.radiusM)}" stroke-linecap="round" x1="${frame.x(x)}" y1="${frame.y(y)}" x2="${frame.x(tipX)}" y2="${frame.y(tipY)}"/>`;
}

function drawPin(frame: Frame, poses: Float64Array, i: number): string {
  return `<circle class="pin" cx="${frame.x(poses[3 * i]!)}" cy="${frame.y(poses[3 * i + 1]!)}" r="3.5"/>`;
}

/** From the straight line on of what carries the pole (upright for the first) to the pole: the hinge's own angle. */
function drawAngle(
  frame: Frame,
  { shape }: SceneBody,
  poses: Float64Array,
  i: number,
  several: boolean,
): string[] {
  if (shape.kind !== "rod") return [];
  const [x, y, angle] = [poses[3 * i]!, poses[3 * i + 1]!, poses[3 * i + 2]!];
  const from = i === 1 ? 0 : poses[3 * i - 1]!;
  const radius = ARC_SHARE * shape.lengthM;
  const at = (a: number, r: number) => `${frame.x(x + r * Math.sin(a))} ${frame.y(y + r * Math.cos(a))}`;
  const long = Math.abs(angle - from) > Math.PI ? 1 : 0;
  const clockwise = angle > from ? 1 : 0;
  const name = several ? `θ${"₁₂₃"[i - 1]}` : "θ";
  // Beside the pole, on the side away from the straight line on.
  const aside = (angle > from ? 1 : -1) * (shape.radiusM + LABEL_PX / frame.pxPerM);
  const labelX = frame.x(x + radius * Math.sin(angle) + aside * Math.cos(angle));
  const labelY = frame.y(y + radius * Math.cos(angle) - aside * Math.sin(angle));
  const r = frame.px(radius);
  return [
    `<path class="guide" d="M ${at(from, 0)} L ${at(from, 1.1 * shape.lengthM)}"/>`,
    `<path class="arc" d="M ${at(from, radius)} A ${r} ${r} 0 ${long} ${clockwise} ${at(angle, radius)}"/>`,
    `<text x="${labelX}" y="${labelY}" text-anchor="middle" dominant-baseline="central">${name}</text>`,
  ];
}

function drawForce(frame: Frame, scene: Scene, poses: Float64Array): string {
  const cart = scene.bodies[scene.forceOn ?? 0]!;
  const halfWidth = cart.shape.kind === "box" ? cart.shape.widthM / 2 : 0;
  const y = Number(frame.y(poses[1]!));
  const from = Number(frame.x(poses[0]! + halfWidth)) + 6;
  const to = from + 58;
  return [
    `<line class="force" x1="${from.toFixed(1)}" y1="${y}" x2="${to.toFixed(1)}" y2="${y}"/>`,
    `<path class="head" d="M ${(to + 12).toFixed(1)} ${y} l -14 -7 v 14 z"/>`,
    `<text class="push" x="${(to + 18).toFixed(1)}" y="${(y - 9).toFixed(1)}">F</text>`,
    `<text x="${(Number(frame.x(poses[0]! - halfWidth)) - 12).toFixed(1)}" y="${(y - 9).toFixed(1)}" text-anchor="middle">x</text>`,
  ].join("\n");
}

/** Half a metre. */
function drawScale(frame: Frame): string {
  const y = frame.height - 22;
  const length = Number(frame.px(0.5));
  const end = MARGIN_PX + length;
  return [
    `<path class="arc" d="M ${MARGIN_PX} ${y - 5} v 10 m 0 -5 h ${length.toFixed(1)} m 0 -5 v 10"/>`,
    `<text class="small" x="${(end + 8).toFixed(1)}" y="${y + 5}">0.5 m</text>`,
  ].join("\n");
}
