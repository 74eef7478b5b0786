import { Catalogue, type Definition } from "../../core/catalogue.ts";
import type { ModelConfigInput, SettingsKind } from "./model-config.ts";
import { convolutionalNeuron, fullyConnectedNeuron, type LadderNeuron } from "./neuron-settings.ts";

/** A classifier of the catalogue, named `<neuron>-<body>`. */
export interface ModelDefinition<Id extends string = string> extends Definition<Id> {
  /** Plainly stated things a reader of its results must know. */
  readonly caveat?: string;
  config(settings: SettingsKind): ModelConfigInput;
}

const PAPER = ["He et al., Nature Computational Science 4, 584-599 (2024)"];
/** In the matched settings pixels are shown in units of white, whatever the neuron. */
const MATCHED_SCALE = 1 / 255;
const CONSTANT_GATES =
  "its gate rates are random constants: a leaky integrator without reset, whatever its name says";

/** One spiking layer of 512 units (4lif: 2048) that sees the whole image. */
function fullyConnected<Id extends string>(
  id: Id,
  neuron: LadderNeuron,
  summary: string,
  caveat?: string,
): ModelDefinition<Id> {
  return {
    id,
    summary,
    references: PAPER,
    ...(caveat === undefined ? {} : { caveat }),
    config(settings) {
      // `hh` is no model of the paper: both settings show it pixels on the scale its initial weights are made for.
      const scaled = settings === "matched" || neuron === "hh";
      const gain = neuron === "hh-published" && settings === "published" ? 0.01 : 1;
      return {
        pixelScale: scaled ? MATCHED_SCALE : 1,
        layers: [
          {
            name: "hidden",
            kind: "dense",
            parameters: {
              units: neuron === "4lif" ? 2048 : 512,
              initial: neuron === "hh" ? { scheme: "firing" } : { scheme: "fan-in", gain },
            },
            neuron: fullyConnectedNeuron(neuron, settings),
          },
        ],
      };
    },
  };
}

/** Two 3 x 3 convolutions of 10 channels (4lif: 40), each pooled by the mean of 2 x 2. */
function convolutional<Id extends string>(
  id: Id,
  neuron: LadderNeuron | "relu",
  summary: string,
  caveat?: string,
): ModelDefinition<Id> {
  return {
    id,
    summary,
    references: PAPER,
    ...(caveat === undefined ? {} : { caveat }),
    config(settings) {
      const scaled = settings === "matched" || neuron === "hh";
      const spiking = neuron !== "relu";
      // The published network has one 3 -> 1 for both layers.
      const shares = neuron === "s-lif2hh" && settings === "published" ? { sharesConstantsOf: "edges" } : {};
      const layer = (name: string) => ({
        name,
        kind: "convolution" as const,
        parameters: {
          channels: neuron === "4lif" ? 40 : 10,
          ...(neuron === "hh-published" ? { constantsPer: "column" } : {}),
          initial: { scheme: neuron === "hh" ? ("firing" as const) : ("fan-in" as const) },
        },
        neuron: spiking ? convolutionalNeuron(neuron, settings) : { id: "relu", parameters: {} },
      });
      return {
        pixelScale: scaled ? MATCHED_SCALE : 1,
        ticks: neuron === "s-lif2hh" && settings === "published" ? 10 : 15,
        layers: [layer("edges"), { ...layer("shapes"), ...shares }],
        learningRate: spiking ? 3e-3 : 1e-3,
        weightDecay: spiking ? 3e-4 : 1e-4,
        milestones: [20, 30],
        // Ticks fill memory; the ordinary network has none, and its few numbers want as few and as large ops as can be.
        ...(spiking ? { chunk: 4 } : {}),
      };
    },
  };
}

/** Every classifier. Adding one: add a line here. */
export const models = new Catalogue("model", [
  fullyConnected("lif-fc", "lif", "leaky integrate-and-fire, fully connected"),
  fullyConnected("4lif-fc", "4lif", "four times as many leaky integrate-and-fire units, fully connected"),
  fullyConnected("s-lif2hh-fc", "s-lif2hh", "four coupled LIF compartments a unit, fully connected"),
  fullyConnected(
    "hh-published-fc",
    "hh-published",
    "Hodgkin-Huxley as the paper's programs run it, fully connected",
    CONSTANT_GATES,
  ),
  fullyConnected("hh-fc", "hh", "biophysical Hodgkin-Huxley, fully connected", "not a model of the paper"),
  fullyConnected(
    "ann-fc",
    "ann",
    "binarised rectifier without memory, fully connected",
    "binarised at its threshold; it is not an ordinary ReLU network",
  ),
  convolutional("lif-conv", "lif", "leaky integrate-and-fire, two convolutions"),
  convolutional(
    "4lif-conv",
    "4lif",
    "leaky integrate-and-fire with four times the channels, two convolutions",
  ),
  convolutional("s-lif2hh-conv", "s-lif2hh", "four coupled LIF compartments a unit, two convolutions"),
  convolutional(
    "hh-published-conv",
    "hh-published",
    "Hodgkin-Huxley as the paper's programs run it, two convolutions",
    CONSTANT_GATES,
  ),
  convolutional("hh-conv", "hh", "biophysical Hodgkin-Huxley, two convolutions", "not a model of the paper"),
  convolutional("cnn", "relu", "ordinary ReLU units, two convolutions"),
]);

export type ModelId = (typeof models)["entries"][number]["id"];
