import { storage } from "../../kernels/load.ts";
import type { LayerTrace } from "../../neurons/layers/layer.ts";
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

/** Spikes of a network and the additions they cause, over recorded inferences (batch 1). */
export class SpikeCounter {
  readonly #synapses: readonly Uint32Array[];
  #inferences = 0;
  #spikes = 0;
  #synaptic = 0;

  /** @param readout units of the linear layer that reads the last layer */
  constructor(network: Network, readout: number) {
    this.#synapses = synapsesOf(network, readout);
  }

  /** One more inference, as `Network.trace` gives it. */
  add(traces: readonly LayerTrace[]): void {
    this.#inferences++;
    traces.forEach(({ spikes }, layer) => {
      const synapses = this.#synapses[layer]!;
      storage(spikes).forEach((count, i) => {
        this.#spikes += count;
        this.#synaptic += count * synapses[i % synapses.length]!;
      });
    });
  }

  /** Means over the inferences. */
  get means(): { spikes: number; synaptic: number } {
    return { spikes: this.#spikes / this.#inferences, synaptic: this.#synaptic / this.#inferences };
  }
}
