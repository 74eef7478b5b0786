import { z } from "zod";
import { loadReplay } from "../core/replay-file/load-replay.ts";
import { PartKeeper } from "./files/part-keeper.ts";
import { fetchSource } from "./files/range-source.ts";
import type { LiveMode } from "./live/live-mode.ts";
import { NetworkPanel } from "./network/network-panel.ts";
import { RasterPanel } from "./raster/raster-panel.ts";
import { ReplayMode } from "./replay/replay-mode.ts";
import { ScenePanel } from "./scene/scene-panel.ts";
import { Choices } from "./shell/choices.ts";
import { Comparison } from "./shell/comparison.ts";
import { showAbout, showHelp } from "./shell/dialogs.ts";
import { element } from "./shell/element.ts";
import { showExport } from "./shell/export-dialog.ts";
import { listCommands, listenToKeys } from "./shell/keyboard.ts";
import { applyLink, followWithAddress, readStart, writeLink } from "./shell/link.ts";
import { clearError, showError, showNotices } from "./shell/messages.ts";
import { later, ModeSwitch, modeIds } from "./shell/modes.ts";
import { describeError, nameOf, ReplayOpener } from "./shell/open-replay.ts";
import { Page } from "./shell/page.ts";
import { StartPage } from "./start/start-page.ts";
import { StripPanel } from "./strips/strip-panel.ts";
import { TracePanel } from "./traces/trace-panel.ts";
import { makeIconButton } from "./transport/icons.ts";
import { TransportBar } from "./transport/transport-bar.ts";

// Zod compiles schemas at run time unless told not to; a strict content-security policy forbids that.
z.config({ jitless: true });

const page = new Page();
const { state, invalidate } = page;
const fail = (error: unknown) => showError(describeError(error));

const scene = new ScenePanel(element("scene", HTMLElement), state, invalidate);
const traces = new TracePanel(element("traces", HTMLElement), state, invalidate);
page.add(
  scene,
  new NetworkPanel(element("network", HTMLElement), state, invalidate),
  traces,
  new RasterPanel(element("raster", HTMLElement), state, invalidate),
  new StripPanel(element("strips", HTMLElement), state, invalidate),
  new TransportBar(element("transport", HTMLElement), state, invalidate),
);
const choices = new Choices(state, traces, invalidate);
page.beforeDraw.push(() => choices.refresh());

/** What a link says of a file holds for the file it came with, not for the next one. */
let linked = location.hash;
const parts = new PartKeeper(state, fail, (replay) => replayMode.gotWhole(replay));
const replayMode = new ReplayMode(page, choices, parts);
const opener = new ReplayOpener({
  onReplay(opened, address) {
    clearError();
    showNotices(opened.replay.notices);
    comparison.clear();
    setAddress(address, []);
    replayMode.show(opened, linked);
    linked = "";
    void modes.go("replay");
  },
  async onOther(file) {
    if (!file.name.endsWith(".safetensors")) return false;
    try {
      const mode = await live();
      await mode.open(file.name, new Uint8Array(await file.arrayBuffer()));
      await modes.go("live");
    } catch (error) {
      fail(error);
    }
    return true;
  },
  onError: fail,
});
const start = new StartPage(element("welcome", HTMLElement), {
  choose: () => opener.choose(),
  open: (address) => void opener.openUrl(address),
  go: (mode) => void modes.go(mode),
});
/** Loaded when first wanted: the page that replays needs no engine, no kernels and no neurons. */
let loadingLive: Promise<LiveMode> | undefined;
function live(): Promise<LiveMode> {
  loadingLive ??= import("./live/live-mode.ts").then(
    ({ LiveMode }) => new LiveMode(page, choices, scene, fail),
  );
  return loadingLive;
}

const modes = new ModeSwitch(
  {
    start,
    replay: replayMode,
    live: later(live),
    train: later(async () => {
      const { TrainMode } = await import("./train/train-mode.ts");
      return new TrainMode(page, choices, fail);
    }),
    neuron: later(async () => new (await import("./neuron/neuron-mode.ts")).NeuronMode(page)),
  },
  () => {
    invalidate();
    follow();
  },
  fail,
);
const follow = followWithAddress(() => writeLink(state, modes.current, page.layout.word));
state.onChange(follow);

const comparison = new Comparison(state, {
  choices: () => start.replays,
  load: async (source) =>
    typeof source === "string"
      ? loadReplay(await fetchSource(source), nameOf(source))
      : loadReplay(source, source.name),
  onChange: (addresses) =>
    setAddress(new URLSearchParams(location.search).get("src") ?? undefined, addresses),
});

/** Names in the address what can be fetched again. */
function setAddress(source: string | undefined, beside: readonly string[]): void {
  const query = new URLSearchParams();
  if (source !== undefined) query.set("src", source);
  for (const address of beside) query.append("with", address);
  const text = query.toString();
  history.replaceState(null, "", `${text === "" ? location.pathname : `?${text}`}${location.hash}`);
}

async function copyLink(): Promise<void> {
  const hash = writeLink(state, modes.current, page.layout.word);
  history.replaceState(null, "", `#${hash}`);
  const sourceless = modes.current === "replay" && !new URLSearchParams(location.search).has("src");
  try {
    await navigator.clipboard.writeText(location.href);
    showNotices([
      sourceless
        ? "The link is copied, but the file is on this computer only: whoever follows it has to open it too."
        : "The link is copied.",
    ]);
  } catch {
    showNotices(["The browser's address is the link; this browser does not let a page copy it."]);
  }
}

const about = () => state.replay && showAbout(state.replay);
const commands = listCommands(state, {
  open: () => opener.choose(),
  toggleTheme: () => page.theme.toggle(),
  resetLayout: () => {
    page.layout.word = "";
  },
  showHelp: () => showHelp(commands),
  showAbout: about,
  showExport: () => showExport(state),
  copyLink: () => void copyLink(),
  compare: () => comparison.show(),
  go: (mode) => void modes.go(mode),
});
listenToKeys(commands);
const forReplays = (button: HTMLButtonElement) => {
  button.classList.add("replay-only");
  return button;
};
const forPanels = (button: HTMLButtonElement) => {
  button.classList.add("panels-only");
  return button;
};
element("top-buttons", HTMLElement).append(
  makeIconButton("open", "Open a file", "O", () => opener.choose()),
  forReplays(makeIconButton("compare", "Compare with another replay", "M", () => comparison.show())),
  forPanels(makeIconButton("save", "Take away a picture, a film or numbers", "E", () => showExport(state))),
  makeIconButton("link", "Copy the link to what is shown", "L", () => void copyLink()),
  forReplays(makeIconButton("info", "About this replay", "I", about)),
  makeIconButton("theme", "Dark or light", "T", () => page.theme.toggle()),
  makeIconButton("keys", "Keys", "?", () => showHelp(commands)),
);
const fit = makeIconButton("fit", "Show the whole file", "F", () => state.fitAll());
fit.classList.add("small");
element("raster-buttons", HTMLElement).append(fit);
element("replays", HTMLSelectElement).addEventListener("change", (event) => {
  const { value } = event.target as HTMLSelectElement;
  if (value !== "") void opener.openUrl(value);
});
addEventListener("hashchange", () => {
  if (modes.current === "replay") applyLink(state, location.hash);
});

const query = new URLSearchParams(location.search);
const source = query.get("src");
const first = readStart(location.hash);
const layout = new URLSearchParams(location.hash.slice(1)).get("layout");
if (layout !== null) page.layout.word = layout;
const mode = modeIds.find((id) => id === first.mode);
await modes.go(mode ?? (source === null ? "start" : "replay"));
void start.refresh(source).catch(fail);
if (source !== null) {
  await opener.openUrl(source, first.time);
  for (const address of query.getAll("with")) await comparison.add(address).catch(fail);
}
