import type { SettingsKind } from "./model-config.ts";

/** A neuron of the catalogue with its parameters. */
export interface NeuronSettings {
  readonly id: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const rectangle = (width: number) => ({ shape: "rectangle", width, height: 1 });

/** Threshold and surrogate that every model without physical units shares in the `matched` settings. */
const MATCHED = { threshold: 0.3, surrogate: rectangle(0.5) };

/**
 * The published Hodgkin-Huxley neuron as it stands beside the others in the `matched` settings: an input of one moves
 * its membrane by one a tick, and without input it rests at 0. As published it moves by dt = 0.01 and its leak alone lifts
 * it over a threshold of 0.3, which decides the comparison before the neurons can (docs/decisions/matched-settings.md).
 */
const MATCHED_HH_PUBLISHED: NeuronSettings = {
  id: "hh-published",
  parameters: { dt: 0.01, rateMax: 0.01, gain: 100, offset: -0.3 * 10.6, ...MATCHED },
};

/**
 * `hh` computes in millivolts: its threshold is an upward crossing of its own, and its surrogate has its own scale. It
 * is no model of the paper, so both settings give it its catalogue's defaults, but ticks of 2 ms: within 15 ticks of
 * 1 ms nearly every neuron spikes once and no more, and a rate then says nothing (measured: a batch of eight images that
 * ticks of 2 ms tell apart).
 */
const BIOPHYSICAL: NeuronSettings = { id: "hh", parameters: { tickMs: 2, substeps: 4 } };

/** The neuron kinds of the ladder, in the order of their internal complexity. */
export type LadderNeuron = "ann" | "lif" | "4lif" | "s-lif2hh" | "hh-published" | "hh";

/** The neurons of the fully connected models. */
export function fullyConnectedNeuron(neuron: LadderNeuron, settings: SettingsKind): NeuronSettings {
  const matched = settings === "matched";
  switch (neuron) {
    case "ann":
      return { id: "ann", parameters: matched ? MATCHED : { threshold: 0.5, surrogate: rectangle(0.5) } };
    case "lif":
    case "4lif":
      return { id: "lif", parameters: { decay: 0.2, threshold: 0.3, surrogate: rectangle(0.5) } };
    case "s-lif2hh":
      return {
        id: "s-lif2hh",
        parameters: matched
          ? { decay: 0.2, ...MATCHED }
          : { decay: 0.5, threshold: 2, positiveInner: true, surrogate: rectangle(0.4) },
      };
    case "hh-published":
      return matched
        ? MATCHED_HH_PUBLISHED
        : {
            id: "hh-published",
            parameters: { dt: 0.01, rateMax: 0.01, threshold: 0.2, surrogate: rectangle(0.3) },
          };
    case "hh":
      return BIOPHYSICAL;
  }
}

/** The neurons of the convolutional models. */
export function convolutionalNeuron(neuron: LadderNeuron, settings: SettingsKind): NeuronSettings {
  const matched = settings === "matched";
  switch (neuron) {
    case "s-lif2hh":
      return {
        id: "s-lif2hh",
        parameters: matched
          ? { decay: 0.2, ...MATCHED }
          : { decay: 0.2, threshold: 0.3, surrogate: rectangle(0.4) },
      };
    case "hh-published":
      return matched
        ? MATCHED_HH_PUBLISHED
        : {
            id: "hh-published",
            parameters: {
              dt: 0.1,
              rateMax: 0.01,
              detachIonic: true,
              threshold: 2.3,
              surrogate: rectangle(0.5),
            },
          };
    default:
      return fullyConnectedNeuron(neuron, settings);
  }
}
