import type { ViewState } from "../state/view-state.ts";
import type { TimeScale } from "./axis.ts";

interface Gestures {
  /** The scale of what is drawn now at that column, CSS px. */
  scale(x: number): TimeScale | undefined;
  /** What dragging does: the raster pans, strips scrub. */
  readonly drag: "pan" | "scrub";
  /** Pointer over the plot, CSS px in the canvas; null when it left. */
  hover?(x: number, y: number | null): void;
  /** A click that was no drag, after the seek. */
  click?(x: number, y: number, again: boolean): void;
  /** Zoom by a factor about an instant; the shared window unless told otherwise. */
  zoom?(factor: number, about: number): void;
}

/** Hover, click to seek, drag, wheel and pinch on a plot over time. */
export function listenToTimeGestures(element: HTMLElement, state: ViewState, gestures: Gestures): void {
  const pointers = new Map<number, number>();
  let start: { x: number; y: number; moved: boolean } | undefined;
  const zoom = gestures.zoom ?? ((factor, about) => state.zoom(factor, about));

  element.addEventListener("pointermove", (event) => {
    const scale = gestures.scale(start?.x ?? event.offsetX);
    if (scale === undefined) return;
    const before = pointers.get(event.pointerId);
    if (before === undefined) {
      hoverAt(event, scale);
      return;
    }
    const other = [...pointers].find(([id]) => id !== event.pointerId);
    pointers.set(event.pointerId, event.offsetX);
    if (other !== undefined) {
      const apart = Math.abs(before - other[1]);
      const now = Math.abs(event.offsetX - other[1]);
      if (start) start.moved = true;
      if (apart > 4 && now > 4) zoom(apart / now, scale.time((event.offsetX + other[1]) / 2));
      return;
    }
    if (start && Math.hypot(event.offsetX - start.x, event.offsetY - start.y) > 4) start.moved = true;
    if (!start?.moved) return;
    if (gestures.drag === "pan") state.pan((before - event.offsetX) / scale.pixelsPerSecond);
    else state.seek(scale.time(event.offsetX));
  });
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event.offsetX);
    start = { x: event.offsetX, y: event.offsetY, moved: pointers.size > 1 };
    const scale = gestures.scale(event.offsetX);
    if (gestures.drag === "scrub" && scale !== undefined) state.seek(scale.time(event.offsetX));
  });
  const end = (event: PointerEvent, seeks: boolean) => {
    if (!pointers.delete(event.pointerId)) return;
    const scale = gestures.scale(event.offsetX);
    if (seeks && pointers.size === 0 && start && !start.moved && scale !== undefined) {
      if (event.offsetX >= scale.left && gestures.drag === "pan") state.seek(scale.time(event.offsetX));
      gestures.click?.(event.offsetX, event.offsetY, event.detail > 1);
    }
    if (pointers.size === 0) start = undefined;
  };
  element.addEventListener("pointerup", (event) => end(event, true));
  element.addEventListener("pointercancel", (event) => end(event, false));
  element.addEventListener("pointerleave", () => {
    gestures.hover?.(0, null);
    state.update({ hoverTime: null, hoverUnit: null });
  });
  element.addEventListener(
    "wheel",
    (event) => {
      const scale = gestures.scale(event.offsetX);
      if (scale === undefined) return;
      event.preventDefault();
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
        state.pan(sideways / scale.pixelsPerSecond);
      } else zoom(Math.exp(event.deltaY * 0.0015), scale.time(event.offsetX));
    },
    { passive: false },
  );

  function hoverAt(event: PointerEvent, scale: TimeScale): void {
    const inside = event.offsetX >= scale.left && event.offsetX <= scale.right;
    const time = inside && state.timeline ? state.timeline.clamp(scale.time(event.offsetX)) : null;
    gestures.hover?.(event.offsetX, event.offsetY);
    state.update({ hoverTime: time });
  }
}
