import { runsInRealTime } from "../../core/replay-file/header.ts";
import type { Replay } from "../../core/replay-file/replay.ts";
import { makeIconButton } from "../transport/icons.ts";
import { element } from "./element.ts";
import type { Command } from "./keyboard.ts";

/** Lists the keys. */
export function showHelp(commands: readonly Command[]): void {
  const list = document.createElement("dl");
  for (const command of commands) {
    const key = document.createElement("kbd");
    key.textContent = command.shown;
    addRow(list, key, command.does);
  }
  const pointer = document.createElement("p");
  pointer.className = "note";
  pointer.textContent =
    "Pointer: click a plot to seek, drag the spikes to pan, drag a signal or a trace to scrub, turn the wheel to " +
    "zoom (with Shift to pan), click a neuron or double-click its row to trace it, double-click a bar between panels to reset it.";
  openDialog("help", "Keys", list, pointer);
}

/** Says what one is looking at. Everything from the file is set as text, never as markup. */
export function showAbout(replay: Replay): void {
  const { header } = replay;
  const list = document.createElement("dl");
  addRow(list, "File", replay.name);
  addRow(
    list,
    "Environment",
    `${header.env}, engine ${header.engine}, ${header.stepSeconds * 1000} ms a step`,
  );
  addRow(list, "Agent", header.agent);
  if (header.preset !== null) addRow(list, "Preset", header.preset);
  if (header.seed !== null) addRow(list, "Seed", String(header.seed));
  for (const layer of header.layers) {
    const time =
      layer.tickMs === null
        ? "model time without a unit"
        : runsInRealTime(header, layer)
          ? `${layer.tickMs} ms a tick, real time`
          : `${layer.tickMs} ms of model time a tick, spread evenly over the step`;
    addRow(list, `Layer ${layer.id}`, `${layer.units} ${layer.neuron}, ${layer.ticks} ticks a step, ${time}`);
  }
  for (const episode of replay.episodes) {
    const end = episode.terminated ? "failed" : episode.truncated ? "time limit" : "open end";
    const sum = `${episode.steps} steps, return ${episode.return.toFixed(1)}, ${end}`;
    addRow(list, `Episode ${episode.index + 1}`, `${episode.label}: ${sum}`);
  }
  const versions = Object.entries(header.versions).map(([name, version]) => `${name} ${version}`);
  addRow(list, "Made by", versions.join(", "));
  const notes = header.notes.map((text) => {
    const note = document.createElement("p");
    note.textContent = text;
    return note;
  });
  openDialog("about", "About this replay", ...notes, list);
}

function addRow(list: HTMLElement, term: string | Node, description: string): void {
  const dt = document.createElement("dt");
  dt.append(term);
  const dd = document.createElement("dd");
  dd.textContent = description;
  list.append(dt, dd);
}

/** Opens the page's dialog of that id with this heading and content. */
export function openDialog(id: string, title: string, ...content: Node[]): HTMLDialogElement {
  const dialog = element(id, HTMLDialogElement);
  const heading = document.createElement("h2");
  const text = document.createElement("span");
  text.id = `${id}-title`;
  text.textContent = title;
  heading.append(
    text,
    makeIconButton("close", "Close", "Esc", () => dialog.close()),
  );
  dialog.replaceChildren(heading, ...content);
  if (!dialog.open) dialog.showModal();
  return dialog;
}
