import { unitOrders } from "../state/unit-order.ts";
import { speeds, type ViewState } from "../state/view-state.ts";
import { jump, stepBy, tickBy, toggleLoop } from "../transport/transport-bar.ts";
import type { ModeId } from "./modes.ts";

export interface Command {
  /** As in KeyboardEvent.key, `Shift+` before it where Shift matters. */
  readonly keys: readonly string[];
  /** The keys as people write them. */
  readonly shown: string;
  readonly does: string;
  run(): void;
}

/** What lies outside the state: files, theme, layout, dialogs. */
export interface PageActions {
  open(): void;
  toggleTheme(): void;
  resetLayout(): void;
  showHelp(): void;
  showAbout(): void;
  showExport(): void;
  copyLink(): void;
  compare(): void;
  go(mode: ModeId): void;
}

/** Every command of the viewer; the help lists this very table. */
export function listCommands(state: ViewState, page: PageActions): Command[] {
  const middle = () => {
    const { time, window } = state.fields;
    return time >= window.start && time <= window.end ? time : (window.start + window.end) / 2;
  };
  const faster = (by: 1 | -1) => {
    const at = (speeds as readonly number[]).indexOf(state.fields.speed);
    state.update({ speed: speeds[Math.min(speeds.length - 1, Math.max(0, at + by))]! });
  };
  const episode = (by: 1 | -1) => {
    const { timeline } = state;
    if (timeline === undefined) return;
    const next = timeline.episodes[timeline.episodeNumberAt(state.fields.time) + by];
    if (next) state.seek(next.startSeconds);
  };
  return [
    { keys: [" "], shown: "Space", does: "Play or pause", run: () => state.togglePlay() },
    { keys: ["ArrowLeft"], shown: "\u2190", does: "Step back", run: () => stepBy(state, -1) },
    { keys: ["ArrowRight"], shown: "\u2192", does: "Step forward", run: () => stepBy(state, 1) },
    {
      keys: ["Shift+ArrowLeft", ","],
      shown: "Shift+\u2190 or ,",
      does: "Tick back",
      run: () => tickBy(state, -1),
    },
    {
      keys: ["Shift+ArrowRight", "."],
      shown: "Shift+\u2192 or .",
      does: "Tick forward",
      run: () => tickBy(state, 1),
    },
    { keys: ["p"], shown: "P", does: "Previous event", run: () => jump(state, -1) },
    { keys: ["n"], shown: "N", does: "Next event", run: () => jump(state, 1) },
    { keys: ["PageUp"], shown: "Page up", does: "Previous episode", run: () => episode(-1) },
    { keys: ["PageDown"], shown: "Page down", does: "Next episode", run: () => episode(1) },
    { keys: ["Home"], shown: "Home", does: "To the start", run: () => state.seek(Number.NEGATIVE_INFINITY) },
    { keys: ["End"], shown: "End", does: "To the end", run: () => state.seek(state.timeline?.duration ?? 0) },
    { keys: ["ArrowUp"], shown: "\u2191", does: "Faster", run: () => faster(1) },
    { keys: ["ArrowDown"], shown: "\u2193", does: "Slower", run: () => faster(-1) },
    { keys: ["["], shown: "[", does: "Loop from here, again to clear", run: () => toggleLoop(state, "A") },
    { keys: ["]"], shown: "]", does: "Loop to here, again to clear", run: () => toggleLoop(state, "B") },
    {
      keys: ["\\"],
      shown: "\\",
      does: "Clear the loop",
      run: () => state.update({ loopA: null, loopB: null }),
    },
    { keys: ["+", "="], shown: "+", does: "Zoom in on time", run: () => state.zoom(0.7, middle()) },
    { keys: ["-"], shown: "\u2212", does: "Zoom out", run: () => state.zoom(1 / 0.7, middle()) },
    { keys: ["f"], shown: "F", does: "Show the whole file", run: () => state.fitAll() },
    {
      keys: ["s"],
      shown: "S",
      does: "Sort the spikes another way",
      run: () => {
        const at = unitOrders.indexOf(state.fields.order);
        state.update({ order: unitOrders[(at + 1) % unitOrders.length]! });
      },
    },
    {
      keys: ["Shift+ArrowUp"],
      shown: "Shift+\u2191",
      does: "Trace the neuron above",
      run: () => movePick(state, -1),
    },
    {
      keys: ["Shift+ArrowDown"],
      shown: "Shift+\u2193",
      does: "Trace the neuron below",
      run: () => movePick(state, 1),
    },
    { keys: ["c"], shown: "C", does: "Clear the picked neurons", run: () => state.update({ picks: [] }) },
    { keys: ["o"], shown: "O", does: "Open a file", run: () => page.open() },
    { keys: ["i"], shown: "I", does: "About this replay", run: () => page.showAbout() },
    { keys: ["m"], shown: "M", does: "Compare with another replay", run: () => page.compare() },
    { keys: ["e"], shown: "E", does: "Take away a picture, a film or numbers", run: () => page.showExport() },
    { keys: ["l"], shown: "L", does: "Copy the link to what is shown", run: () => page.copyLink() },
    ...(["start", "replay", "live", "train", "neuron"] as const).map((mode, i) => ({
      keys: [String(i + 1)],
      shown: String(i + 1),
      does: mode === "start" ? "First page" : `Mode: ${mode}`,
      run: () => page.go(mode),
    })),
    { keys: ["t"], shown: "T", does: "Dark or light", run: () => page.toggleTheme() },
    { keys: ["0"], shown: "0", does: "Reset the layout", run: () => page.resetLayout() },
    { keys: ["?"], shown: "?", does: "Show the keys", run: () => page.showHelp() },
  ];
}

/** Moves the newest pick to the next traced neuron in the raster's order. */
function movePick(state: ViewState, by: 1 | -1): void {
  const { track } = state;
  if (track === undefined) return;
  const traced = [...state.unitOrder].filter((unit) => track.layer.tracedNeurons.includes(unit));
  const { picks } = state.fields;
  const free = traced.filter((unit) => !picks.slice(0, -1).includes(unit));
  const now = free.indexOf(picks.at(-1) ?? -1);
  const next = now < 0 ? free[0] : free[(now + by + free.length) % free.length];
  if (next !== undefined) state.update({ picks: [...picks.slice(0, -1), next] });
}

export function listenToKeys(commands: readonly Command[]): void {
  const byKey = new Map(commands.flatMap((command) => command.keys.map((key) => [key, command])));
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as Element | null;
    // These use the same keys themselves.
    if (target?.closest("dialog, input, select, textarea") != null) return;
    if (event.key === " " && target?.closest("button") != null) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const command = (event.shiftKey ? byKey.get(`Shift+${key}`) : undefined) ?? byKey.get(key);
    if (command === undefined) return;
    event.preventDefault();
    command.run();
  });
  giveKeysBack();
}

/** A control that was used by pointer would keep the keys for itself: Space would press it again instead of playing. */
function giveKeysBack(): void {
  let byPointer = false;
  addEventListener("pointerdown", () => {
    byPointer = true;
  });
  addEventListener("keydown", () => {
    byPointer = false;
  });
  const giveBack = (event: Event) => {
    if (byPointer && event.target instanceof Element) {
      event.target.closest<HTMLElement>("button, select")?.blur();
    }
  };
  addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("select") === null) giveBack(event);
  });
  addEventListener("change", giveBack);
}
