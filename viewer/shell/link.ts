import { unitOrders } from "../state/unit-order.ts";
import { maxPicks, speeds, type ViewState } from "../state/view-state.ts";

/*
 * What is on the screen as an address: `?src=FILE` names the file, `?with=FILE` others beside it, and what follows `#`
 * the instant, the window, the selection and the layout. All of it comes from strangers: whatever does not parse is
 * passed over.
 */

const round = (seconds: number): number => Math.round(seconds * 1e5) / 1e5;

/** The state as the part of an address after `#`. */
export function writeLink(state: ViewState, mode: string, layout: string): string {
  const { time, window, layerIndex, picks, order, observation, speed, loopA, loopB, traceSpan } =
    state.fields;
  const link = new URLSearchParams();
  if (mode !== "replay") link.set("mode", mode);
  if (mode === "replay" && state.timeline !== undefined) {
    link.set("t", String(round(time)));
    link.set("w", `${round(window.start)}-${round(window.end)}`);
    link.set("units", picks.join("."));
    if (layerIndex !== 0) link.set("layer", String(layerIndex));
    if (order !== "index") link.set("sort", order);
    link.set("obs", String(observation));
    if (speed !== 1) link.set("speed", String(speed));
    if (loopA !== null || loopB !== null) {
      link.set("loop", `${loopA === null ? "" : round(loopA)}-${loopB === null ? "" : round(loopB)}`);
    }
    link.set("span", String(round(traceSpan)));
  }
  if (layout !== "") link.set("layout", layout);
  return link.toString();
}

/** The mode and the instant a link names, before its file is open. */
export function readStart(hash: string): { mode: string | undefined; time: number } {
  const link = new URLSearchParams(hash.replace(/^#/, ""));
  return { mode: link.get("mode") ?? undefined, time: numbers(link.get("t"), "-")[0] ?? 0 };
}

/** Brings the state in line with a link, once its file is open. */
export function applyLink(state: ViewState, hash: string): void {
  const { replay, timeline } = state;
  if (replay === undefined || timeline === undefined) return;
  const link = new URLSearchParams(hash.replace(/^#/, ""));
  const layer = Number(link.get("layer") ?? 0);
  if (replay.layers[layer] !== undefined) state.update({ layerIndex: layer });
  const order = unitOrders.find((known) => known === link.get("sort"));
  const speed = speeds.find((known) => known === Number(link.get("speed")));
  const observation = Number(link.get("obs") ?? Number.NaN);
  const [span] = numbers(link.get("span"), "-");
  const [start, end] = numbers(link.get("w"), "-");
  const [loopA, loopB] = (link.get("loop") ?? "")
    .split("-")
    .map((text) => (text === "" ? null : Number(text)));
  const units = state.track?.layer.units ?? 0;
  const picks = numbers(link.get("units"), ".").filter(
    (unit) => Number.isInteger(unit) && unit >= 0 && unit < units,
  );
  const [time] = numbers(link.get("t"), "-");
  if (time !== undefined) state.seek(time);
  state.update({
    ...(order === undefined ? {} : { order }),
    ...(speed === undefined ? {} : { speed }),
    ...(replay.header.observationLabels[observation] === undefined ? {} : { observation }),
    ...(span !== undefined && span > 0 ? { traceSpan: Math.min(span, 60 * timeline.stepSeconds) } : {}),
    ...(start !== undefined && end !== undefined && end > start ? { window: { start, end } } : {}),
    ...(link.has("loop") ? { loopA: clamped(loopA), loopB: clamped(loopB) } : {}),
    ...(link.has("units") ? { picks: [...new Set(picks)].slice(0, maxPicks) } : {}),
  });

  function clamped(at: number | null | undefined): number | null {
    return at === null || at === undefined || !Number.isFinite(at) ? null : timeline!.clamp(at);
  }
}

function numbers(text: string | null, separator: string): number[] {
  return (text ?? "").split(separator).flatMap((part) => {
    const value = Number(part);
    return part === "" || !Number.isFinite(value) ? [] : [value];
  });
}

/** Keeps the address in line with what is shown, a moment after the last change. */
export function followWithAddress(write: () => string): () => void {
  let due: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(due);
    due = setTimeout(() => {
      const hash = `#${write()}`;
      if (location.hash !== hash) history.replaceState(null, "", hash);
    }, 400);
  };
}
