import { GrowingColumn } from "./growing-column.ts";
import type { ReplayLayer } from "./header.ts";
import { decodeMessage } from "./message-codec.ts";
import { spikesMessage, tracesMessage } from "./messages.ts";
import type { LayerTrack } from "./replay.ts";

/** Collects one layer's spikes and traces while a file is read; `damaged` refuses the file. */
export class LayerAssembly {
  readonly layer: ReplayLayer;
  readonly #damaged: (why: string) => never;
  readonly #bytesPerDecision: number;
  readonly #spikes = new GrowingColumn((n) => new Uint8Array(n));
  readonly #traces = new GrowingColumn((n) => new Float32Array(n));
  readonly #frameOf: number[] = [];
  readonly #traced: boolean;
  #spikeCount = 0;
  #traceCount = 0;

  constructor(layer: ReplayLayer, damaged: (why: string) => never) {
    this.layer = layer;
    this.#damaged = damaged;
    this.#bytesPerDecision = (layer.ticks * layer.units + 7) >> 3;
    this.#traced = layer.tracedNeurons.length > 0 && layer.variables.length > 0;
  }

  /** The next decision is this frame. */
  expectFrame(frame: number): void {
    this.#frameOf.push(frame);
  }

  /** Decisions whose spikes and traces are all here. */
  get complete(): number {
    return this.#traced ? Math.min(this.#spikeCount, this.#traceCount) : this.#spikeCount;
  }

  addSpikes(bytes: Uint8Array): void {
    const { frame, ticks, units, bits } = decodeMessage(spikesMessage, bytes);
    const { layer } = this;
    this.#checkFrame("spikes", frame, this.#spikeCount++);
    if (ticks !== layer.ticks || units !== layer.units || bits.length !== this.#bytesPerDecision) {
      this.#damaged(
        `spikes of "${layer.id}" in frame ${frame} are ${ticks} x ${units}, expected ${layer.ticks} x ${layer.units}`,
      );
    }
    this.#spikes.appendAll(bits);
  }

  addTraces(bytes: Uint8Array): void {
    const { frame, ticks, neurons, variables, values } = decodeMessage(tracesMessage, bytes);
    const { layer } = this;
    this.#checkFrame("traces", frame, this.#traceCount++);
    const expected = [layer.ticks, layer.tracedNeurons.length, layer.variables.length];
    if (
      ticks !== expected[0] ||
      neurons !== expected[1] ||
      variables !== expected[2] ||
      values.length !== ticks * neurons * variables
    ) {
      this.#damaged(
        `traces of "${layer.id}" in frame ${frame} are ${ticks} x ${neurons} x ${variables} (${values.length} numbers), expected ${expected.join(" x ")}`,
      );
    }
    this.#traces.appendAll(values);
  }

  take(count: number): LayerTrack {
    const { ticks, tracedNeurons, variables } = this.layer;
    return {
      layer: this.layer,
      count,
      spikeBits: this.#spikes.take(count * this.#bytesPerDecision),
      bytesPerDecision: this.#bytesPerDecision,
      traces: this.#traces.take(count * ticks * tracedNeurons.length * variables.length),
    };
  }

  #checkFrame(what: string, frame: number, decision: number): void {
    const expected = this.#frameOf[decision];
    if (frame !== expected) {
      this.#damaged(`${what} of "${this.layer.id}" are of frame ${frame}, expected ${expected ?? "no more"}`);
    }
  }
}
