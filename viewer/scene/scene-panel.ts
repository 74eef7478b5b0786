import type { Replay } from "../../core/replay-file/replay.ts";
import { formatNumber } from "../plots/axis.ts";
import type { Palette } from "../plots/palette.ts";
import { PlotCanvas } from "../plots/plot-canvas.ts";
import type { Panel } from "../shell/panel.ts";
import type { Timeline } from "../state/timeline.ts";
import type { ViewState } from "../state/view-state.ts";
import { drawBackdrop } from "./backdrop.ts";
import { drawBodies, outlineBodies } from "./body-shapes.ts";
import { Camera } from "./camera.ts";
import { drawForce, drawGhost } from "./motion-marks.ts";
import { PictureView } from "./picture-view.ts";
import { posesAt } from "./pose-track.ts";
import { visitedView } from "./visited.ts";

/** How long an event's name stays in the scene, s. */
const eventSeconds = 0.6;
/** Room for the words above a picture, CSS px. */
const readoutHeight = 30;

/** The machine, to scale, or the picture, at the cursor: what stands still on one canvas, what moves on another above it. */
export class ScenePanel implements Panel {
  readonly #state: ViewState;
  readonly #backdrop: PlotCanvas;
  readonly #plot: PlotCanvas;
  readonly #readout: HTMLElement;
  readonly #forceLabel: HTMLElement;
  readonly #eventLabel: HTMLElement;
  readonly #stillness = matchMedia("(prefers-reduced-motion: reduce)");
  readonly #picture = new PictureView();
  #poses = new Float64Array();
  #hoverPoses = new Float64Array();
  #camera: Camera | undefined;
  /** Draws over the scene; told where everything is. */
  decorate: ((context: CanvasRenderingContext2D, camera: Camera, palette: Palette) => void) | undefined;
  #largestN = 1;
  #decorations = 0;
  #built: { replay: Replay; width: number; height: number } | undefined;

  constructor(host: HTMLElement, state: ViewState, invalidate: () => void) {
    this.#state = state;
    this.#backdrop = new PlotCanvas(host, "Scene: grid and rail", invalidate);
    this.#plot = new PlotCanvas(host, "Scene: the body or the picture at the cursor", invalidate);
    this.#readout = addLabel(host, "readout");
    this.#forceLabel = addLabel(host, "force-label");
    this.#eventLabel = addLabel(host, "event-label");
  }

  /** What decorates has changed. */
  redecorate(): void {
    this.#decorations++;
  }

  /** Where the scene's metres lie on its canvas; undefined before anything is shown. */
  get camera(): Camera | undefined {
    return this.#camera;
  }

  get element(): HTMLCanvasElement {
    return this.#plot.element;
  }

  draw(palette: Palette): void {
    const { replay, timeline } = this.#state;
    if (replay === undefined || timeline === undefined || this.#plot.folded) return;
    const camera = this.#build(replay, palette);
    const { time, hoverTime } = this.#state.fields;
    const still = this.#stillness.matches;
    const content = [time, hoverTime, still, this.#decorations, this.#state.revision, palette.theme].join();
    if (!this.#plot.begin(palette.font, content)) return;
    const { context, width } = this.#plot;
    const { scene } = replay.header;
    if (scene.image !== undefined) {
      const frame = timeline.frameAt(hoverTime ?? time);
      this.#picture.draw(context, replay, frame, this.#plot, readoutHeight, palette);
      this.#forceLabel.hidden = true;
      setText(this.#readout, nameOfPicture(timeline, hoverTime ?? time));
      this.#eventLabel.hidden = true;
      return;
    }
    const poses = posesAt(timeline, time, still, this.#poses);
    drawGhost(context, timeline, time, camera, palette);
    drawBodies(context, scene, poses, camera, palette);
    if (hoverTime !== null) {
      const hovered = posesAt(timeline, hoverTime, still, this.#hoverPoses);
      outlineBodies(context, scene, hovered, camera, palette.cursor);
    }
    for (const [i, rival] of this.#state.rivals.entries()) {
      const at = rival.timeAt(time);
      if (at === undefined) continue;
      const { scene: theirs } = rival.replay.header;
      const places = posesAt(rival.timeline, at, still, new Float64Array(3 * theirs.bodies.length));
      outlineBodies(context, theirs, places, camera, palette.rivals[i % palette.rivals.length]!);
    }
    const force = drawForce(context, timeline, time, poses, this.#largestN, camera, palette);
    this.decorate?.(context, camera, palette);
    this.#forceLabel.hidden = force === undefined;
    if (force !== undefined) {
      setText(this.#forceLabel, `${formatNumber(force.forceN)} N`);
      const x = Math.min(width - 36, Math.max(36, force.x));
      this.#forceLabel.style.transform = `translate(-50%, 0) translate(${x.toFixed(1)}px, ${(force.y + 12).toFixed(1)}px)`;
    }
    setText(this.#readout, describePoses(replay, poses));
    this.#showEvent(replay, time);
  }

  #build(replay: Replay, palette: Palette): Camera {
    const { width, height } = this.#plot;
    const { scene } = replay.header;
    const built = this.#built;
    if (built?.replay !== replay || built.width !== width || built.height !== height) {
      this.#built = { replay, width, height };
      // Where more is to come, the view is the whole scene's, so that it need not change.
      const open = this.#state.live || replay.outline !== undefined;
      this.#camera = new Camera(open ? scene.view : visitedView(replay), width, height);
      this.#poses = new Float64Array(3 * scene.bodies.length);
      this.#hoverPoses = new Float64Array(3 * scene.bodies.length);
      const goesOn = built?.replay.header.agent === replay.header.agent && this.#state.live;
      const least = goesOn ? this.#largestN : 1e-9;
      this.#largestN = replay.frames.forcesN.reduce((most, x) => Math.max(most, Math.abs(x)), least);
    }
    const camera = this.#camera!;
    const { view } = camera;
    const shown = [view.xMin, view.xMax, view.yMin, view.yMax, scene.rail?.xMax, scene.image === undefined];
    const content = [...shown, palette.theme].join();
    if (this.#backdrop.begin(palette.font, content) && scene.image === undefined) {
      drawBackdrop(this.#backdrop.context, scene, camera, width, height, palette);
    }
    return camera;
  }

  #showEvent(replay: Replay, time: number): void {
    const event = replay.events.findLast(
      (e) => e.time <= time + 1e-9 && time - e.time < eventSeconds && e.kind !== "reset",
    );
    this.#eventLabel.hidden = event === undefined;
    if (event === undefined) return;
    const value = Number.isFinite(event.value) ? ` ${formatNumber(event.value)} N` : "";
    setText(this.#eventLabel, `${event.label}${value}`);
    this.#eventLabel.dataset.kind = event.kind;
  }
}

/** The last mark of the episode under way, else the episode's own name. */
function nameOfPicture(timeline: Timeline, time: number): string {
  const { label, startSeconds } = timeline.episodeAt(time);
  const mark = timeline.replay.events.findLast(
    (event) => event.kind === "mark" && event.time >= startSeconds - 1e-9 && event.time <= time + 1e-9,
  );
  return mark?.label ?? label;
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function addLabel(host: HTMLElement, className: string): HTMLElement {
  const label = document.createElement("div");
  label.className = className;
  label.hidden = className !== "readout";
  host.append(label);
  return label;
}

/** Places of carts in metres and angles of poles in degrees. */
function describePoses(replay: Replay, poses: Float64Array): string {
  return replay.header.scene.bodies
    .map((body, i) => {
      if (body.role === "cart") return `${body.id} ${fixed(poses[3 * i]!, 3)} m`;
      const turns = poses[3 * i + 2]! / (2 * Math.PI);
      return `${body.id} ${fixed(360 * (turns - Math.round(turns)), 1)}°`;
    })
    .join("   ");
}

function fixed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return `${value < 0 && Number(text) !== 0 ? "\u2212" : "+"}${text}`;
}
