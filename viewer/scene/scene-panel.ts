// Pixi compiles shader code at run time unless told not to; a strict content-security policy forbids that.
import "pixi.js/unsafe-eval";
import { Application, Container, Graphics } from "pixi.js";
import type { Replay } from "../../core/replay-file/replay.ts";
import { formatNumber } from "../plots/axis.ts";
import type { Palette } from "../plots/palette.ts";
import type { Panel } from "../shell/panel.ts";
import type { ViewState } from "../state/view-state.ts";
import { drawBackdrop } from "./backdrop.ts";
import { makeBodies } from "./body-shapes.ts";
import { Camera } from "./camera.ts";
import { drawForce, drawGhost, drawOutline } from "./motion-marks.ts";
import { posesAt } from "./pose-track.ts";
import { visitedView } from "./visited.ts";

/** How long an event's name stays in the scene, s. */
const eventSeconds = 0.6;

/** The machine, to scale, at the cursor. */
export class ScenePanel implements Panel {
  readonly #state: ViewState;
  readonly #host: HTMLElement;
  readonly #app: Application;
  readonly #backdrop = new Container();
  readonly #ghost = new Graphics();
  readonly #bodies = new Container();
  readonly #outline = new Graphics();
  readonly #force = new Graphics();
  readonly #readout: HTMLElement;
  readonly #forceLabel: HTMLElement;
  readonly #eventLabel: HTMLElement;
  readonly #stillness = matchMedia("(prefers-reduced-motion: reduce)");
  #shapes: Container[] = [];
  #poses = new Float64Array();
  #hoverPoses = new Float64Array();
  #camera: Camera | undefined;
  #largestN = 1;
  #built: { replay: Replay; width: number; height: number; palette: Palette } | undefined;

  private constructor(host: HTMLElement, state: ViewState, app: Application) {
    this.#host = host;
    this.#state = state;
    this.#app = app;
    app.stage.addChild(this.#backdrop, this.#ghost, this.#bodies, this.#outline, this.#force);
    this.#readout = addLabel(host, "readout");
    this.#forceLabel = addLabel(host, "force-label");
    this.#eventLabel = addLabel(host, "event-label");
  }

  /** @throws Error when the browser has no WebGL */
  static async create(host: HTMLElement, state: ViewState, invalidate: () => void): Promise<ScenePanel> {
    const app = new Application();
    await app.init({
      preference: "webgl",
      autoStart: false,
      sharedTicker: false,
      backgroundAlpha: 0,
      antialias: true,
      autoDensity: true,
      resolution: Math.min(2, window.devicePixelRatio || 1),
      width: Math.max(1, host.clientWidth),
      height: Math.max(1, host.clientHeight),
    });
    app.canvas.setAttribute("role", "img");
    app.canvas.setAttribute("aria-label", "Scene: the body at the cursor");
    host.prepend(app.canvas);
    app.canvas.addEventListener("webglcontextrestored", invalidate);
    new ResizeObserver(invalidate).observe(host);
    return new ScenePanel(host, state, app);
  }

  draw(palette: Palette): void {
    const { replay, timeline } = this.#state;
    const width = this.#host.clientWidth;
    const height = this.#host.clientHeight;
    if (replay === undefined || timeline === undefined || width < 8 || height < 8) return;
    this.#build(replay, width, height, palette);
    const camera = this.#camera!;
    const { time, hoverTime } = this.#state.fields;
    const still = this.#stillness.matches;
    const poses = posesAt(timeline, time, still, this.#poses);
    const hovered = hoverTime === null ? undefined : posesAt(timeline, hoverTime, still, this.#hoverPoses);
    for (const [i, shape] of this.#shapes.entries()) {
      shape.position.set(camera.x(poses[3 * i]!), camera.y(poses[3 * i + 1]!));
      shape.rotation = poses[3 * i + 2]!;
    }
    drawGhost(this.#ghost, timeline, time, camera, palette);
    drawOutline(this.#outline, timeline, hovered, camera, palette);
    const force = drawForce(this.#force, timeline, time, poses, this.#largestN, camera, palette);
    this.#forceLabel.hidden = force === undefined;
    if (force !== undefined) {
      this.#forceLabel.textContent = `${formatNumber(force.forceN)} N`;
      const half = this.#forceLabel.offsetWidth / 2;
      const x = Math.min(width - half - 4, Math.max(half + 4, force.x));
      this.#forceLabel.style.left = `${x}px`;
      this.#forceLabel.style.top = `${force.y + 12}px`;
    }
    const readout = describePoses(replay, poses);
    if (this.#readout.textContent !== readout) this.#readout.textContent = readout;
    this.#showEvent(replay, time);
    this.#app.render();
  }

  #build(replay: Replay, width: number, height: number, palette: Palette): void {
    const built = this.#built;
    if (
      built?.replay === replay &&
      built.width === width &&
      built.height === height &&
      built.palette === palette
    ) {
      return;
    }
    this.#built = { replay, width, height, palette };
    this.#app.renderer.resize(width, height);
    const { scene } = replay.header;
    const camera = new Camera(visitedView(replay), width, height);
    this.#camera = camera;
    drawBackdrop(this.#backdrop, scene, camera, width, height, palette);
    for (const child of this.#bodies.removeChildren()) child.destroy({ children: true });
    this.#shapes = makeBodies(scene, camera.scale, palette);
    for (const shape of this.#shapes) this.#bodies.addChild(shape);
    this.#poses = new Float64Array(3 * scene.bodies.length);
    this.#hoverPoses = new Float64Array(3 * scene.bodies.length);
    this.#largestN = replay.frames.forcesN.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-9);
  }

  #showEvent(replay: Replay, time: number): void {
    const event = replay.events.findLast(
      (e) => e.time <= time + 1e-9 && time - e.time < eventSeconds && e.kind !== "reset",
    );
    this.#eventLabel.hidden = event === undefined;
    if (event === undefined) return;
    const value = Number.isFinite(event.value) ? ` ${formatNumber(event.value)} N` : "";
    this.#eventLabel.textContent = `${event.label}${value}`;
    this.#eventLabel.dataset.kind = event.kind;
  }
}

function addLabel(host: HTMLElement, className: string): HTMLElement {
  const label = document.createElement("div");
  label.className = className;
  host.append(label);
  return label;
}

/** Places of carts in metres and angles of poles in degrees. */
function describePoses(replay: Replay, poses: Float64Array): string {
  return replay.header.scene.bodies
    .map((body, i) => {
      if (body.role === "cart") return `${body.id} ${fixed(poses[3 * i]!, 3)} m`;
      return `${body.id} ${fixed((poses[3 * i + 2]! * 180) / Math.PI, 1)}°`;
    })
    .join("   ");
}

function fixed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return `${value < 0 && Number(text) !== 0 ? "\u2212" : "+"}${text}`;
}
