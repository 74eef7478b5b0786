import { z } from "zod";
import type { Replay } from "../core/replay-file/replay.ts";
import { NetworkPanel } from "./network/network-panel.ts";
import { RasterPanel } from "./raster/raster-panel.ts";
import { ScenePanel } from "./scene/scene-panel.ts";
import { Choices } from "./shell/choices.ts";
import { showAbout, showHelp } from "./shell/dialogs.ts";
import { element } from "./shell/element.ts";
import { makeFolds } from "./shell/folds.ts";
import { listCommands, listenToKeys } from "./shell/keyboard.ts";
import { clearError, showError, showNotices } from "./shell/messages.ts";
import { ReplayOpener } from "./shell/open-replay.ts";
import type { Panel } from "./shell/panel.ts";
import { offerReplays } from "./shell/replay-list.ts";
import { listenToSplitters } from "./shell/splitters.ts";
import { makeTabs } from "./shell/tabs.ts";
import { Theme } from "./shell/theme.ts";
import { ViewState } from "./state/view-state.ts";
import { StripPanel } from "./strips/strip-panel.ts";
import { TracePanel } from "./traces/trace-panel.ts";
import { makeIconButton } from "./transport/icons.ts";
import { TransportBar } from "./transport/transport-bar.ts";

// Zod compiles schemas at run time unless told not to; a strict content-security policy forbids that.
z.config({ jitless: true });

/** A pause of the page (a hidden tab) is not played back in one leap. */
const longestLeap = 0.25;

const state = new ViewState();
const panels: Panel[] = [];
let choices: Choices | undefined;
let scheduled = false;
let last: number | undefined;

/** Draws everything once at the display's next frame; goes on while time runs, rests otherwise. */
function invalidate(): void {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame((now) => {
    scheduled = false;
    if (state.fields.playing) {
      const passed = last === undefined ? 0 : (now - last) / 1000;
      last = now;
      state.advance(Math.min(longestLeap, passed));
      invalidate();
    } else last = undefined;
    choices?.refresh();
    for (const panel of panels) panel.draw(theme.palette);
  });
}

const theme = new Theme(invalidate);
state.onChange(invalidate);

const opener = new ReplayOpener({
  onReplay(replay: Replay) {
    clearError();
    showNotices(replay.notices);
    document.body.removeAttribute("data-empty");
    element("welcome", HTMLElement).hidden = true;
    state.show(replay);
    choices?.fill();
  },
  onError: showError,
});

const layout = listenToSplitters(invalidate);
const folds = makeFolds(invalidate);
makeTabs(invalidate);
const commands = listCommands(state, {
  open: () => opener.choose(),
  toggleTheme: () => theme.toggle(),
  resetLayout: () => {
    layout.reset();
    folds.reset();
  },
  showHelp: () => showHelp(commands),
  showAbout: () => state.replay && showAbout(state.replay),
});
listenToKeys(commands);

document.body.setAttribute("data-empty", "");
element("choose", HTMLButtonElement).addEventListener("click", () => opener.choose());
element("top-buttons", HTMLElement).append(
  makeIconButton("open", "Open a replay", "O", () => opener.choose()),
  makeIconButton("info", "About this replay", "I", () => state.replay && showAbout(state.replay)),
  makeIconButton("theme", "Dark or light", "T", () => theme.toggle()),
  makeIconButton("keys", "Keys", "?", () => showHelp(commands)),
);
const fit = makeIconButton("fit", "Show the whole file", "F", () => state.fitAll());
fit.classList.add("small");
element("raster-buttons", HTMLElement).append(fit);

const traces = new TracePanel(element("traces", HTMLElement), state, invalidate);
choices = new Choices(state, traces, invalidate);
panels.push(
  new ScenePanel(element("scene", HTMLElement), state, invalidate),
  new NetworkPanel(element("network", HTMLElement), state, invalidate),
  traces,
  new RasterPanel(element("raster", HTMLElement), state, invalidate),
  new StripPanel(element("strips", HTMLElement), state, invalidate),
  new TransportBar(element("transport", HTMLElement), state, invalidate),
);

const source = new URLSearchParams(location.search).get("src");
// Only a server that has a list links to what is in it, or opens the page without a replay.
if (source === null || source.startsWith("replays/")) {
  void offerReplays(source, (address) => {
    history.replaceState(null, "", `?src=${encodeURIComponent(address)}`);
    void opener.openUrl(address);
  });
}
if (source !== null) await opener.openUrl(source);
