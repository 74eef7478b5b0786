/** Additions and multiplications, or any other pair of counts of the two. */
export interface Operations {
  readonly additions: number;
  readonly multiplications: number;
}

/** A neuron's own arithmetic in one tick, as the paper's supplement counts it; for `s-lif2hh` its four units together. */
export const NEURON_OPERATIONS = {
  lif: { additions: 3, multiplications: 3 },
  "hh-published": { additions: 16, multiplications: 23 },
  "s-lif2hh": { additions: 14, multiplications: 15 },
} as const satisfies Record<string, Operations>;

export type CountedNeuron = keyof typeof NEURON_OPERATIONS;

/** Projections onto one neuron, and spike trains out of it. */
const WIRING: Record<CountedNeuron, { projections: number; outputs: number }> = {
  lif: { projections: 1, outputs: 1 },
  "hh-published": { projections: 1, outputs: 1 },
  "s-lif2hh": { projections: 3, outputs: 4 },
};

/** Fully connected: in x out products, in - 1 sums for each output. */
export function denseOperations(inputs: number, outputs: number): Operations {
  return { additions: (inputs - 1) * outputs, multiplications: inputs * outputs };
}

/** A k x k convolution with padding, over height x width positions. */
export function convolutionOperations(
  channelsIn: number,
  channelsOut: number,
  kernel: number,
  height: number,
  width: number,
): Operations {
  const taps = channelsIn * kernel * kernel;
  const positions = channelsOut * height * width;
  return { additions: (taps - 1) * positions, multiplications: taps * positions };
}

export function sumOperations(...parts: readonly Operations[]): Operations {
  return {
    additions: parts.reduce((sum, part) => sum + part.additions, 0),
    multiplications: parts.reduce((sum, part) => sum + part.multiplications, 0),
  };
}

export function scaleOperations({ additions, multiplications }: Operations, factor: number): Operations {
  return { additions: factor * additions, multiplications: factor * multiplications };
}

/** The published networks: an image of 36 x 36 and a readout of 50 features. */
const IMAGE = 36;
const FEATURES = 50;
const TICKS = 15;

/**
 * One inference of a published fully connected model by the paper's convention: the projection counted anew in each of
 * 15 ticks though the image does not change, every spike counted as if it were dense, the readout once, the heads not.
 *
 * @param units neurons of the hidden layer
 */
export function publishedDenseOperations(neuron: CountedNeuron, units: number): Operations {
  const { projections, outputs } = WIRING[neuron];
  const tick = sumOperations(
    scaleOperations(denseOperations(IMAGE * IMAGE, units), projections),
    scaleOperations(NEURON_OPERATIONS[neuron], units),
  );
  return sumOperations(scaleOperations(tick, TICKS), denseOperations(outputs * units, FEATURES));
}

/**
 * The same for a published convolutional model: two 3 x 3 convolutions of `channels` channels, the second on half the
 * resolution; pooling is not counted. `s-lif2hh` counts three convolutions a layer.
 */
export function publishedConvolutionOperations(neuron: CountedNeuron, channels: number): Operations {
  const { projections, outputs } = WIRING[neuron];
  const half = IMAGE / 2;
  const tick = sumOperations(
    scaleOperations(convolutionOperations(1, channels, 3, IMAGE, IMAGE), projections),
    scaleOperations(convolutionOperations(channels, channels, 3, half, half), projections),
    scaleOperations(NEURON_OPERATIONS[neuron], channels * (IMAGE * IMAGE + half * half)),
  );
  const pooled = outputs * channels * (half / 2) ** 2;
  return sumOperations(scaleOperations(tick, TICKS), denseOperations(pooled, FEATURES));
}
