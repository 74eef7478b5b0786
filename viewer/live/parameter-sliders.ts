import type { EnvParameters } from "../../core/env.ts";
import { makeSlider, type SliderControl } from "../shell/controls.ts";

interface Knob {
  readonly name: string;
  readonly unit: string;
  /** The parameter whose value it shows, of those the environment has. */
  readonly of: RegExp;
  /** Every parameter it sets, with its share of the slider's value. */
  readonly sets?: Readonly<Record<string, number>>;
  readonly min?: number;
  readonly max?: number;
  /** Or from and to as shares of what the environment starts with. */
  readonly shares?: readonly [from: number, to: number];
  readonly step: number;
}

const knobs: readonly Knob[] = [
  { name: "Mass of the cart", unit: "kg", of: /^cartMassKg$/, shares: [0.2, 4], step: 0.01 },
  { name: "Mass of a pole", unit: "kg", of: /^pole\d?MassKg$/, shares: [0.2, 4], step: 0.01 },
  { name: "Length of a pole", unit: "m", of: /^pole\d?(Half)?LengthM$/, shares: [0.4, 2], step: 0.005 },
  { name: "Gravity", unit: "m/s\u00b2", of: /^gravityMPerS2$/, min: 0, max: 25, step: 0.05 },
  {
    name: "Sensor noise",
    unit: "m, rad",
    of: /^angleNoiseRad$/,
    // Rates are noisier than places, as they are where they are made by differences.
    sets: { placeNoiseM: 1, angleNoiseRad: 1, velocityNoiseMPerS: 5, rateNoiseRadPerS: 5 },
    min: 0,
    max: 0.1,
    step: 0.001,
  },
  {
    name: "Observation delay",
    unit: "steps",
    of: /^observationDelaySteps$/,
    min: 0,
    max: 6,
    step: 1,
  },
  { name: "Actuator delay", unit: "steps", of: /^actuatorDelaySteps$/, min: 0, max: 6, step: 1 },
];

/** Sliders for what can be changed of an environment while it runs. */
export class ParameterSliders {
  readonly element = document.createElement("div");
  readonly #onChange: (changes: EnvParameters) => void;
  #start: EnvParameters = {};
  #sliders: {
    readonly slider: SliderControl;
    readonly parameter: string;
    readonly names: readonly string[];
  }[] = [];

  constructor(onChange: (changes: EnvParameters) => void) {
    this.#onChange = onChange;
  }

  /** Makes the sliders of another environment. */
  fill(parameters: EnvParameters): void {
    this.#start = parameters;
    this.#sliders = [];
    for (const knob of knobs) {
      const found = Object.keys(parameters).filter((name) => knob.of.test(name));
      const [parameter] = found;
      if (parameter === undefined) continue;
      const value = parameters[parameter];
      if (typeof value !== "number") continue;
      const sets =
        knob.sets ?? Object.fromEntries(found.map((name) => [name, Number(parameters[name]) / value || 1]));
      const [from, to] = knob.shares ?? [1, 1];
      const slider = makeSlider({
        name: knob.name,
        unit: knob.unit,
        min: knob.min ?? value * from,
        max: knob.max ?? value * to,
        step: knob.step,
        value,
        onInput: (now) =>
          this.#onChange(
            Object.fromEntries(
              Object.entries(sets)
                .filter(([name]) => name in parameters)
                .map(([name, share]) => [name, now * share]),
            ),
          ),
      });
      const names = Object.keys(sets).filter((name) => name in parameters);
      this.#sliders.push({ slider, parameter, names });
    }
    this.element.replaceChildren(...this.#sliders.map(({ slider }) => slider.element));
  }

  /** Everything as the environment came. */
  reset(): void {
    const names = this.#sliders.flatMap(({ names }) => names);
    for (const { slider, parameter } of this.#sliders) slider.set(Number(this.#start[parameter]));
    this.#onChange(Object.fromEntries(names.map((name) => [name, this.#start[name]])));
  }
}
