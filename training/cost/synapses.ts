import { storage } from "../../kernels/load.ts";
import type { Layer, LayerTrace } from "../../neurons/layers/layer.ts";
import type { Network } from "../../neurons/network.ts";
import { imageOf } from "./executed-network.ts";

/**
 * Synapses of every spike train of a network's layers: how many additions one spike of it causes in a machine that works
 * by events.
 *
 * - onto a linear layer: one for each of its units;
 * - onto a convolution: one for each tap of each output channel that the (pooled) pixel takes part in, fewer at the
 *   image's border.
 *
 * @param readout units of the linear layer that reads the last layer
 * @returns one array [outputsPerUnit x units] a layer, trains in the order of `LayerTrace.spikes`
 */
export function synapsesOf(network: Network, readout: number): Uint32Array[] {
  return network.layers.map((layer, i) => {
    const trains = layer.units * layer.model.outputsPerUnit;
    const next = network.layers[i + 1];
    if (next === undefined) return new Uint32Array(trains).fill(readout);
    if (next.kind === "dense") return new Uint32Array(trains).fill(next.units * next.model.inputsPerUnit);
    const image = imageOf(next);
    const groups = next.model.inputsPerUnit;
    const outChannels = next.units / image.pixels;
    const own = imageOf(layer);
    const channels = layer.units / own.pixels;
    const scale = own.height / image.height;
    return Uint32Array.from({ length: trains }, (_, train) => {
      const plane = Math.floor(train / layer.units);
      const pixel = Math.floor((train % layer.units) / channels);
      const y = Math.floor(Math.floor(pixel / own.width) / scale);
      const x = Math.floor((pixel % own.width) / scale);
      const taps = inRange(y, image.height) * inRange(x, image.width);
      // Convolution k sees plane k and the last one.
      const seenBy = image.planes === 1 || plane === groups ? groups : 1;
      return taps * outChannels * seenBy;
    });
  });
}

/** Of the three rows (columns) around one, those inside the image. */
function inRange(at: number, size: number): number {
  return Math.min(at + 1, size - 1) - Math.max(at - 1, 0) + 1;
}

/** Spikes of a network, the additions they cause and the changes its convolutions see, over recorded inferences (batch 1). */
export class SpikeCounter {
  readonly #network: Network;
  readonly #synapses: readonly Uint32Array[];
  readonly #changes: number[];
  #inferences = 0;
  #spikes = 0;
  #synaptic = 0;

  /** @param readout units of the linear layer that reads the last layer */
  constructor(network: Network, readout: number) {
    this.#network = network;
    this.#synapses = synapsesOf(network, readout);
    this.#changes = network.layers.map(() => 0);
  }

  /** One more inference, as `Network.trace` gives it for this observation. */
  add(observation: Float32Array, traces: readonly LayerTrace[]): void {
    this.#inferences++;
    traces.forEach(({ spikes }, layer) => {
      const synapses = this.#synapses[layer]!;
      storage(spikes).forEach((count, i) => {
        this.#spikes += count;
        this.#synaptic += count * synapses[i % synapses.length]!;
      });
    });
    this.#network.layers.forEach((layer, i) => {
      if (layer.kind !== "convolution") return;
      this.#changes[i]! += countChanges(layer, i === 0 ? observation : storage(traces[i - 1]!.output));
    });
  }

  /** Means over the inferences; `changes` a layer, for `executedNetworkOperations`. */
  get means(): { spikes: number; synaptic: number; changes: number[] } {
    return {
      spikes: this.#spikes / this.#inferences,
      synaptic: this.#synaptic / this.#inferences,
      changes: this.#changes.map((sum) => sum / this.#inferences),
    };
  }
}

/**
 * Inputs of a layer's convolutions that are not what they were a tick before (at first: not zero), each counted for every
 * convolution that sees it; where inputs have planes, a convolution sees the sum of its own and the last.
 *
 * @param inputs [ticks, planes x pixels x channels] flat
 */
function countChanges(layer: Layer, inputs: Float32Array): number {
  const { planes, pixels, channels } = imageOf(layer);
  const groups = layer.model.inputsPerUnit;
  const size = pixels * channels;
  const at = (tick: number, group: number, i: number) => {
    if (tick < 0) return 0;
    const start = tick * planes * size;
    if (planes === 1) return inputs[start + i]!;
    return inputs[start + group * size + i]! + inputs[start + groups * size + i]!;
  };
  let changes = 0;
  for (let tick = 0; tick < inputs.length / (planes * size); tick++) {
    for (let group = 0; group < groups; group++) {
      for (let i = 0; i < size; i++) if (at(tick, group, i) !== at(tick - 1, group, i)) changes++;
    }
  }
  return changes;
}
