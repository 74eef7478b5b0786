import type { ReplayLayer, TracedVariable } from "../../core/replay-file/header.ts";
import { unitsADisc } from "../network/network-layout.ts";
import { unitsARow } from "../raster/raster-tiles.ts";
import { type UnitOrder, unitOrders } from "../state/unit-order.ts";
import type { ViewState } from "../state/view-state.ts";
import type { TracePanel } from "../traces/trace-panel.ts";
import { element } from "./element.ts";

/** The selects and switches in the panels' headings. `refresh` brings them in line with the state. */
export class Choices {
  readonly #state: ViewState;
  readonly #order = element("order", HTMLSelectElement);
  readonly #layer = element("layer", HTMLSelectElement);
  readonly #observation = element("observation", HTMLSelectElement);
  readonly #episode = element("episode", HTMLSelectElement);
  readonly #roles = new Map<TracedVariable["role"], HTMLButtonElement>();
  readonly #title = element("title", HTMLElement);

  constructor(state: ViewState, traces: TracePanel, invalidate: () => void) {
    this.#state = state;
    for (const order of unitOrders) this.#order.add(new Option(order, order));
    this.#order.addEventListener("change", () => state.update({ order: this.#order.value as UnitOrder }));
    this.#layer.addEventListener("change", () => state.update({ layerIndex: Number(this.#layer.value) }));
    this.#observation.addEventListener("change", () =>
      state.update({ observation: Number(this.#observation.value) }),
    );
    this.#episode.addEventListener("change", () => {
      const episode = state.timeline?.episodes[Number(this.#episode.value)];
      if (episode) state.seek(episode.startSeconds);
    });
    const roles = element("trace-roles", HTMLElement);
    for (const [role, name] of [
      ["membrane", "V"],
      ["gate", "gates"],
      ["current", "currents"],
    ] as const) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "text-button";
      button.textContent = name;
      button.setAttribute("aria-pressed", "true");
      button.addEventListener("click", () => {
        if (!traces.shown.delete(role)) traces.shown.add(role);
        button.setAttribute("aria-pressed", String(traces.shown.has(role)));
        invalidate();
      });
      this.#roles.set(role, button);
      roles.append(button);
    }
  }

  /** Fills the choices for a new replay. */
  fill(): void {
    const { replay, timeline } = this.#state;
    if (replay === undefined || timeline === undefined) return;
    const { header } = replay;
    const name = document.createElement("b");
    name.textContent = replay.name;
    this.#title.replaceChildren(name, ` · ${header.env} · ${header.engine} · ${header.agent}`);
    document.title = `${replay.name} \u2013 spikegym viewer`;
    options(
      this.#layer,
      header.layers.map((layer) => layer.id),
    );
    element("layer-choice", HTMLElement).hidden = header.layers.length < 2;
    options(this.#observation, header.observationLabels);
    options(
      this.#episode,
      timeline.episodes.map(
        (episode) => `${episode.index + 1}: ${episode.label}, ${episode.return.toFixed(0)}`,
      ),
    );
    element("episode-choice", HTMLElement).hidden = timeline.episodes.length < 2;
    for (const [role, button] of this.#roles) {
      button.hidden = !header.layers.some((layer) => layer.variables.some((v) => v.role === role));
    }
    const weights = [...this.#order.options].find((option) => option.value === "weight");
    if (weights) weights.disabled = header.layers.every((layer) => layer.sensitivity === undefined);
  }

  refresh(): void {
    const { timeline, track } = this.#state;
    if (timeline === undefined) return;
    const { order, layerIndex, observation, time, picks } = this.#state.fields;
    this.#order.value = order;
    this.#layer.value = String(layerIndex);
    this.#observation.value = String(observation);
    this.#episode.value = String(timeline.episodeNumberAt(time));
    element("network-note", HTMLElement).textContent = track
      ? describeNetwork(track.layer, picks.length)
      : "";
    const shared = track ? unitsARow(track.layer.units) : 1;
    element("raster-note", HTMLElement).textContent =
      `${shared > 1 ? `up to ${shared} units a row · ` : ""}wheel zooms, drag pans, click seeks`;
  }
}

function describeNetwork({ units, neuron, ticks }: ReplayLayer, picked: number): string {
  const every = unitsADisc(units);
  const drawn = every > 1 ? `, one in ${every} drawn` : "";
  return `${units} ${neuron}${drawn} · ${ticks} ticks a step · ${picked} picked`;
}

function options(select: HTMLSelectElement, names: readonly string[]): void {
  select.replaceChildren(...names.map((name, i) => new Option(name, String(i))));
}
