import { film } from "../export/film.ts";
import { filmByFrames, findEncoder } from "../export/film-by-frames.ts";
import { drawPage } from "../export/picture.ts";
import { saveFile } from "../export/save-file.ts";
import { neuronTable, stepTable } from "../export/table.ts";
import type { TimeWindow, ViewState } from "../state/view-state.ts";
import { openDialog } from "./dialogs.ts";
import { element } from "./element.ts";
import { describeError } from "./open-replay.ts";

/** Offers what can be taken away: a picture, a film, the numbers. */
export function showExport(state: ViewState): void {
  const { replay, timeline } = state;
  if (replay === undefined || timeline === undefined) return;
  const stem = replay.name.replace(/\.mcap(\.partial)?$/i, "");
  const { loopA, loopB, window, picks, layerIndex, time, speed } = state.fields;
  const looped = loopA !== null && loopB !== null;
  const spans: Record<string, TimeWindow> = {
    ...(looped ? { "the loop": { start: loopA, end: loopB } } : {}),
    "the window": window,
    [replay.outline === undefined ? "the whole file" : "what is in memory"]: {
      start: replay.frames.times[0]!,
      end: replay.frames.times[replay.frames.count - 1]! + timeline.stepSeconds,
    },
  };
  const choice = document.createElement("select");
  for (const [name, { start, end }] of Object.entries(spans)) {
    choice.add(new Option(`${name}, ${start.toFixed(2)} to ${end.toFixed(2)} s`, name));
  }
  const label = document.createElement("label");
  label.append("Span ", choice);
  const status = document.createElement("p");
  status.className = "note";
  status.setAttribute("role", "status");
  const filming = new AbortController();
  const span = () => spans[choice.value]!;
  const bench = element("bench", HTMLElement);

  const list = document.createElement("dl");
  list.className = "actions";
  add(
    "Picture (PNG)",
    `what is shown at ${time.toFixed(3)} s, at twice the screen's resolution`,
    async () => {
      const canvas = document.createElement("canvas");
      drawPage(bench, canvas, 2);
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
      if (blob !== null) saveFile(`${stem}-${time.toFixed(3)}s.png`, blob);
    },
  );
  // Video has whole pairs of pixels.
  const even = (size: number) => 2 * Math.floor(size / 2);
  const encoder = findEncoder(even(bench.clientWidth), even(bench.clientHeight));
  const filmWords = add("Film (WebM)", `the span at ${speed}\u00d7; close to stop`, async () => {
    const onProgress = (share: number) => {
      status.textContent = `Filming: ${Math.round(100 * share)} %`;
    };
    const found = await encoder;
    const blob =
      found === undefined
        ? await film(bench, state, span(), filming.signal, onProgress)
        : await filmByFrames(bench, state, span(), found, filming.signal, onProgress);
    saveFile(`${stem}.webm`, blob);
    status.textContent = `${(blob.size / 1e6).toFixed(1)} MB saved.`;
  });
  void encoder.then((found) => {
    const how = found === undefined ? "in real time, as it plays" : "picture by picture, none is missing";
    filmWords.textContent = `the span at ${speed}\u00d7, ${how}; close to stop`;
  });
  add("Steps (CSV)", "a row a step: state, observation, action, reward, spikes", async () => {
    saveFile(`${stem}-steps.csv`, stepTable(replay, span()));
  });
  add("Picked neurons (CSV)", "a row a tick and neuron: spike, membrane, gates, currents", async () => {
    saveFile(`${stem}-neurons.csv`, neuronTable(replay, layerIndex, picks, span()));
  });
  const dialog = openDialog("export", "Take away", label, list, status);
  dialog.addEventListener("close", () => filming.abort(), { once: true });

  function add(name: string, what: string, run: () => Promise<void>): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "text-button";
    button.textContent = name;
    button.addEventListener("click", () => {
      run().catch((error: unknown) => {
        if (!filming.signal.aborted) status.textContent = describeError(error);
      });
    });
    const dt = document.createElement("dt");
    dt.append(button);
    const dd = document.createElement("dd");
    dd.textContent = what;
    list.append(dt, dd);
    return dd;
  }
}
