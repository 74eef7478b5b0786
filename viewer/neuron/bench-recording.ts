import { type BenchNeuron, benchStepMs, HhPair, LifNeuron, SLif2HhOnBench } from "./bench-neurons.ts";

/** Steps of the simulation from one kept sample to the next. */
const stepsPerSample = 10;
export const sampleMs = stepsPerSample * benchStepMs;

/** The neurons of the bench under one current, and their last stretch of time in rings of samples. */
export class BenchRecording {
  readonly samples: number;
  readonly current: Float32Array;
  /** m, h, n of the Hodgkin-Huxley neuron. */
  readonly gates: readonly [m: Float32Array, h: Float32Array, n: Float32Array];
  readonly neurons: readonly BenchNeuron[];
  readonly membranes: readonly Float32Array[];
  /** Times of the spikes kept, ms since the start. */
  readonly spikes: number[][];
  readonly #pair = new HhPair();
  /** Samples taken since the start. */
  count = 0;

  /** @param spanMs how much time is kept */
  constructor(spanMs: number) {
    this.samples = Math.round(spanMs / sampleMs);
    const ring = () => new Float32Array(this.samples);
    this.current = ring();
    this.gates = [ring(), ring(), ring()];
    this.neurons = [this.#pair.hh, this.#pair.tvLif2Hh, new LifNeuron(), new SLif2HhOnBench()];
    this.membranes = this.neurons.map(ring);
    this.spikes = this.neurons.map(() => []);
  }

  get timeMs(): number {
    return this.count * sampleMs;
  }

  /** V (mV), m, h, n of the Hodgkin-Huxley neuron now. */
  get state(): Float64Array {
    return this.#pair.state;
  }

  /** One sample further under a current, uA/cm2. */
  advance(current: number): void {
    for (let step = 0; step < stepsPerSample; step++) {
      for (const [i, neuron] of this.neurons.entries()) {
        if (neuron.step(current)) this.spikes[i]!.push(this.timeMs + step * benchStepMs);
      }
    }
    const at = this.count % this.samples;
    this.current[at] = current;
    const [, m, h, n] = this.#pair.state;
    this.gates[0][at] = m!;
    this.gates[1][at] = h!;
    this.gates[2][at] = n!;
    for (const [i, neuron] of this.neurons.entries()) this.membranes[i]![at] = neuron.membrane;
    this.count++;
    const oldest = this.timeMs - this.samples * sampleMs;
    for (const times of this.spikes) while (times.length > 0 && times[0]! < oldest) times.shift();
  }

  /** Rate over what is kept, Hz. */
  rateHz(neuron: number): number {
    const kept = Math.min(this.timeMs, this.samples * sampleMs);
    return kept === 0 ? 0 : (1000 * this.spikes[neuron]!.length) / kept;
  }
}
