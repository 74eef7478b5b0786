import { simulateChain } from "../../neurons/equivalence/chain.ts";
import { chainInputs } from "../../neurons/equivalence/chain-inputs.ts";
import { chainConstants } from "../../neurons/equivalence/chain-settings.ts";
import type { Comparison, VoltagePair } from "../../neurons/equivalence/result.ts";
import { simulateXor, type XorCase } from "../../neurons/equivalence/xor.ts";
import { niceTicks } from "../plots/axis.ts";
import type { Palette } from "../plots/palette.ts";
import { PlotCanvas } from "../plots/plot-canvas.ts";
import { makeNote, makeRow, makeSelect } from "../shell/controls.ts";

interface Shown extends Comparison {
  readonly voltages: VoltagePair;
  readonly words: string;
  /** The second one's membrane has no unit: it gets a scale of its own. */
  readonly ownScale: boolean;
  readonly name: string;
}

/** The paper's two constructions, under inputs one chooses: how alike are the spikes and the voltages? */
export class EquivalenceView {
  readonly element = document.createElement("div");
  readonly #plot: PlotCanvas;
  readonly #words = makeNote();
  readonly #kind = makeSelect("Experiment", () => this.#run());
  readonly #input = makeSelect("Input", () => this.#run());
  readonly #constants = makeSelect("Constants", () => this.#run());
  readonly #bits: readonly HTMLInputElement[];
  #shown: Shown | undefined;
  #xor: XorCase[] | undefined;

  constructor(invalidate: () => void) {
    this.#kind.fill([
      { value: "xor", name: "tv-LIF2HH: XOR of two inputs" },
      { value: "chain", name: "s-LIF2HH: chain of two" },
    ]);
    this.#input.fill(
      chainInputs.entries.map(({ id, summary }) => ({ value: id, name: `${id}: ${summary}` })),
    );
    this.#constants.fill([
      { value: "published", name: "as released" },
      { value: "fitted", name: "fitted to agree" },
    ]);
    this.#bits = ["first", "second"].map((name, i) => {
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = i === 0;
      box.setAttribute("aria-label", `The ${name} input neuron is driven`);
      box.addEventListener("change", () => this.#run());
      return box;
    });
    const inputs = document.createElement("span");
    inputs.className = "control";
    inputs.append("Inputs, 40 \u00b5A/cm\u00b2:", ...this.#bits);
    const host = document.createElement("div");
    host.className = "host plain-host";
    this.element.className = "equivalence";
    this.element.append(
      makeRow(this.#kind.element, inputs, this.#input.element, this.#constants.element),
      host,
      this.#words,
    );
    this.#words.setAttribute("role", "status");
    this.#plot = new PlotCanvas(host, "Voltage of the output neuron in both networks", invalidate);
    this.#kind.select.addEventListener("change", invalidate);
    this.#input.select.addEventListener("change", invalidate);
    this.#constants.select.addEventListener("change", invalidate);
    for (const box of this.#bits) box.addEventListener("change", invalidate);
    this.#inputs = inputs;
  }

  readonly #inputs: HTMLElement;

  #run(): void {
    const chain = this.#kind.select.value === "chain";
    this.#inputs.hidden = chain;
    this.#input.element.hidden = !chain;
    this.#constants.element.hidden = !chain;
    this.#shown = chain ? this.#runChain() : this.#runXor();
    const { hh, lif, words } = this.#shown;
    const counts = `${hh.spikeTimesMs.length} and ${lif.spikeTimesMs.length} spikes`;
    this.#words.textContent = `${counts}. ${words}`;
  }

  #runXor(): Shown {
    this.#xor ??= simulateXor();
    const bits = this.#bits.map((box) => (box.checked ? 1 : 0));
    const found = this.#xor.find(({ inputs }) => inputs[0] === bits[0] && inputs[1] === bits[1])!;
    const largest = found.maxAbsVoltageDifferenceMv;
    return {
      ...found,
      name: "tv-LIF2HH",
      ownScale: false,
      words: `The voltages are nowhere further apart than ${largest.toExponential(1)} mV. The four LIF neurons borrow the conductances of the Hodgkin-Huxley neuron beside them: a construction, not a model of its own.`,
    };
  }

  #runChain(): Shown {
    const fitted = this.#constants.select.value === "fitted";
    const constants = chainConstants[fitted ? "fitted" : "published"];
    const result = simulateChain(chainInputs.get(this.#input.select.value), constants);
    const error = result.relativeTimingError;
    return {
      ...result,
      name: "s-LIF2HH",
      ownScale: true,
      words:
        error === null
          ? "Too few spikes to compare their times."
          : `Spikes lie ${(100 * error).toFixed(1)} % of an interval apart on average, with the constants ${fitted ? "fitted by this project" : "as released"}.`,
    };
  }

  draw(palette: Palette): void {
    if (this.#plot.folded) return;
    if (this.#shown === undefined) this.#run();
    const shown = this.#shown!;
    const { voltages } = shown;
    if (!this.#plot.begin(palette.font, `${palette.theme}/${this.#words.textContent}/${shown.name}`)) return;
    const { context, width, height } = this.#plot;
    const end = voltages.timesMs.at(-1) ?? 1;
    const [left, bottom] = [56, height - 20];
    const x = (t: number) => left + (t / end) * (width - left - 12);
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const value of niceTicks(0, end, width / 90).values) {
      context.fillStyle = palette.grid;
      context.fillRect(Math.round(x(value)), 4, 1, bottom - 4);
      context.fillStyle = palette.muted;
      context.fillText(`${value} ms`, Math.min(width - 20, x(value)), bottom + 4);
    }
    const half = shown.ownScale ? bottom / 2 : bottom;
    stroke(voltages.hh, palette.membrane, [], 0, half, "HH");
    const top = shown.ownScale ? half : 0;
    stroke(voltages.lif, palette.rivals[0]!, shown.ownScale ? [] : [5, 4], top, bottom, shown.name);

    function stroke(
      values: Float64Array,
      colour: string,
      dash: number[],
      from: number,
      to: number,
      name: string,
    ): void {
      const low = values.reduce((a, b) => Math.min(a, b));
      const high = values.reduce((a, b) => Math.max(a, b));
      const y = (value: number) => to - 6 - ((value - low) / (high - low || 1)) * (to - from - 14);
      context.strokeStyle = colour;
      context.fillStyle = colour;
      context.lineWidth = 1.6;
      context.setLineDash(dash);
      context.beginPath();
      const stride = Math.max(1, Math.floor(values.length / (2 * width)));
      for (let i = 0; i < values.length; i += stride) {
        if (i === 0) context.moveTo(x(voltages.timesMs[i]!), y(values[i]!));
        else context.lineTo(x(voltages.timesMs[i]!), y(values[i]!));
      }
      context.stroke();
      context.setLineDash([]);
      context.textAlign = "left";
      context.fillText(name, 6, from + (shown.ownScale || name === "HH" ? 10 : 28));
    }
  }
}
