import { drawArrow } from "../scene/motion-marks.ts";
import { posesAt } from "../scene/pose-track.ts";
import type { ScenePanel } from "../scene/scene-panel.ts";
import type { ViewState } from "../state/view-state.ts";
import type { Hand } from "./live-session.ts";

/** A pointer this near to a body takes hold of it, CSS px. */
const reach = 34;

/** Takes hold of a body in the scene with the pointer and drags it. */
export class HandInScene {
  readonly #state: ViewState;
  readonly #scene: ScenePanel;
  readonly #tell: (hand: Hand | null) => void;
  readonly #invalidate: () => void;
  #hand: Hand | null = null;
  #active = false;

  constructor(
    scene: ScenePanel,
    state: ViewState,
    invalidate: () => void,
    tell: (hand: Hand | null) => void,
  ) {
    this.#scene = scene;
    this.#state = state;
    this.#tell = tell;
    this.#invalidate = invalidate;
    const { element } = scene;
    element.addEventListener("pointerdown", (event) => {
      if (!this.#active || event.button !== 0) return;
      const hand = this.#grip(event.offsetX, event.offsetY);
      if (hand === null) return;
      element.setPointerCapture(event.pointerId);
      this.#move(hand);
    });
    element.addEventListener("pointermove", (event) => {
      const { camera } = scene;
      if (!this.#active || camera === undefined) return;
      if (this.#hand !== null) {
        const [x, z] = [camera.worldX(event.offsetX), camera.worldY(event.offsetY)];
        this.#move({ ...this.#hand, x, z });
      } else element.style.cursor = this.#grip(event.offsetX, event.offsetY) === null ? "" : "grab";
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
      element.addEventListener(end, () => this.#hand && this.#move(null));
    }
  }

  /** Whether bodies can be taken hold of. */
  set active(active: boolean) {
    this.#active = active;
    this.#scene.element.style.cursor = "";
    this.#scene.element.style.touchAction = active ? "none" : "";
    this.#scene.decorate = active
      ? (context, camera, palette) => {
          const hand = this.#hand;
          const { timeline, replay } = this.#state;
          if (hand === null || timeline === undefined || replay === undefined) return;
          const poses = posesAt(
            timeline,
            this.#state.fields.time,
            false,
            new Float64Array(3 * replay.header.scene.bodies.length),
          );
          const angle = hand.link === 0 ? 0 : poses[3 * hand.link + 2]!;
          const x = camera.x(poses[3 * hand.link]! + hand.heightM * Math.sin(angle));
          const y = camera.y(poses[3 * hand.link + 1]! + hand.heightM * Math.cos(angle));
          const [toX, toY] = [camera.x(hand.x), hand.link === 0 ? y : camera.y(hand.z)];
          drawArrow(context, x, y, toX, toY, palette.cursor);
          context.fillStyle = palette.cursor;
          context.beginPath();
          context.arc(x, y, 4, 0, 2 * Math.PI);
          context.fill();
        }
      : undefined;
    if (!active && this.#hand !== null) this.#move(null);
  }

  #move(hand: Hand | null): void {
    this.#hand = hand;
    this.#scene.element.style.cursor = hand === null ? "" : "grabbing";
    this.#tell(hand);
    this.#scene.redecorate();
    this.#invalidate();
  }

  /** The body under the pointer, and where on it. */
  #grip(px: number, py: number): Hand | null {
    const { timeline, replay } = this.#state;
    const { camera } = this.#scene;
    if (timeline === undefined || replay === undefined || camera === undefined) return null;
    const { bodies } = replay.header.scene;
    const poses = posesAt(timeline, this.#state.fields.time, false, new Float64Array(3 * bodies.length));
    let best: Hand | null = null;
    let nearest = reach;
    for (const [i, { shape }] of bodies.entries()) {
      const [x, y, angle] = [camera.x(poses[3 * i]!), camera.y(poses[3 * i + 1]!), poses[3 * i + 2]!];
      let distance: number;
      let heightM = 0;
      if (shape.kind === "box") {
        const dx = Math.max(0, Math.abs(px - x) - (shape.widthM * camera.scale) / 2);
        const dy = Math.max(0, Math.abs(py - y) - (shape.heightM * camera.scale) / 2);
        distance = Math.hypot(dx, dy);
      } else {
        const along = ((px - x) * Math.sin(angle) - (py - y) * Math.cos(angle)) / camera.scale;
        heightM = Math.min(shape.lengthM, Math.max(0, along));
        const endX = x + heightM * camera.scale * Math.sin(angle);
        const endY = y - heightM * camera.scale * Math.cos(angle);
        distance = Math.max(0, Math.hypot(px - endX, py - endY) - shape.radiusM * camera.scale);
      }
      // The later bodies are drawn over the earlier ones.
      if (distance > nearest) continue;
      nearest = distance;
      best = { link: i, heightM, x: camera.worldX(px), z: camera.worldY(py) };
    }
    return best;
  }
}
