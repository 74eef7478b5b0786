import type { Scene, SceneBody } from "../../core/scene.ts";
import { colours, darkColours } from "../plots/theme.ts";

const WIDTH_PX = 560;
const MARGIN_PX = 14;

/** The bodies at one instant, [bodies, 3]: x m, y m, angle rad. */
type Poses = ArrayLike<number>;

/**
 * Draws bodies to scale as SVG: where they are, and behind it, fainter the older, where they were.
 *
 * @param before earlier instants, oldest first
 * @param description for readers who cannot see it
 */
export function drawScene(scene: Scene, now: Poses, before: readonly Poses[], description: string): string {
  const { xMin, xMax } = scene.view;
  const { yMin, yMax } = heightsOf(scene, [now, ...before]);
  const scale = (WIDTH_PX - 2 * MARGIN_PX) / (xMax - xMin);
  const height = Math.round((yMax - yMin) * scale + 2 * MARGIN_PX);
  const place = {
    x: (metres: number) => MARGIN_PX + scale * (metres - xMin),
    y: (metres: number) => MARGIN_PX + scale * (yMax - metres),
    scale,
  };
  const ghosts = before.map((poses, i) => {
    const opacity = (0.08 + (0.22 * (i + 1)) / before.length).toFixed(3);
    return `<g opacity="${opacity}">${drawBodies(scene, poses, place)}</g>`;
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" class="spikegym-scene" role="img" width="${WIDTH_PX}" height="${height}" viewBox="0 0 ${WIDTH_PX} ${height}">`,
    `<title>${description.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</title>`,
    `<style>@media (prefers-color-scheme:dark){${darkRules()}}</style>`,
    `<rect width="${WIDTH_PX}" height="${height}" fill="${colours.background}"/>`,
    ...drawRail(scene, place),
    ...ghosts,
    drawBodies(scene, now, place),
    "</svg>",
  ].join("\n")}\n`;
}

/** The part of the view's height that something is in. */
function heightsOf(scene: Scene, instants: readonly Poses[]): { yMin: number; yMax: number } {
  const heights = instants.flatMap((poses) =>
    scene.bodies.flatMap(({ shape }, i) => {
      const y = poses[3 * i + 1]!;
      const angle = poses[3 * i + 2]!;
      if (shape.kind === "box") return [y - shape.heightM / 2, y + shape.heightM / 2];
      const end = y + shape.lengthM * Math.cos(angle);
      return [Math.min(y, end) - shape.radiusM, Math.max(y, end) + shape.radiusM];
    }),
  );
  return { yMin: Math.min(...heights), yMax: Math.max(...heights) };
}

interface Place {
  readonly scale: number;
  x(metres: number): number;
  y(metres: number): number;
}

function drawRail({ rail, view }: Scene, place: Place): string[] {
  const y = fixed(place.y(rail?.y ?? 0));
  const [from, to] = [rail?.xMin ?? view.xMin, rail?.xMax ?? view.xMax].map((x) => fixed(place.x(x)));
  const line = `<path d="M${from} ${y}H${to}" stroke="${colours.grey}" stroke-width="2"/>`;
  if (rail === undefined) return [line];
  const stop = (x: string | undefined) =>
    `<path d="M${x} ${Number(y) - 8}v16" stroke="${colours.grey}" stroke-width="3"/>`;
  return [line, stop(from), stop(to)];
}

function drawBodies(scene: Scene, poses: Poses, place: Place): string {
  return scene.bodies
    .map((body, i) => drawBody(body, [poses[3 * i]!, poses[3 * i + 1]!, poses[3 * i + 2]!], place))
    .join("");
}

function drawBody(
  { shape }: SceneBody,
  [x, y, angle]: readonly [number, number, number],
  place: Place,
): string {
  // A pose turns clockwise, as SVG does.
  const at = `transform="translate(${fixed(place.x(x))} ${fixed(place.y(y))}) rotate(${((angle * 180) / Math.PI).toFixed(2)})"`;
  const edge = `stroke="${colours.background}" stroke-width="1.5"`;
  if (shape.kind === "box") {
    const [w, h] = [shape.widthM * place.scale, shape.heightM * place.scale];
    return `<rect ${at} x="${fixed(-w / 2)}" y="${fixed(-h / 2)}" width="${fixed(w)}" height="${fixed(h)}" rx="${fixed(Math.min(6, h / 4))}" fill="${colours.ink}" ${edge}/>`;
  }
  const r = Math.max(2, shape.radiusM * place.scale);
  const length = shape.lengthM * place.scale;
  const hinge = fixed(Math.max(1.5, 0.45 * r));
  return `<g ${at}><rect x="${fixed(-r)}" y="${fixed(-length - r)}" width="${fixed(2 * r)}" height="${fixed(length + 2 * r)}" rx="${fixed(r)}" fill="${colours.blue}" ${edge}/><circle r="${hinge}" fill="${colours.background}"/></g>`;
}

/** A rule is stronger than the attribute it looks for. */
function darkRules(): string {
  return [colours.background, colours.grey, colours.ink, colours.blue]
    .map((light) => {
      const dark = darkColours[light];
      return `.spikegym-scene [fill="${light}"]{fill:${dark}}.spikegym-scene [stroke="${light}"]{stroke:${dark}}`;
    })
    .join("");
}

function fixed(x: number): string {
  return String(Number(x.toFixed(2)));
}
