import { beforeAll, describe, expect, it } from "vitest";
import { place, useKernels } from "../../../kernels/load.ts";
import { makeEncoder } from "../../../neurons/encoders/index.ts";
import { makeNeuron } from "../../../neurons/index.ts";
import type { LayerTrace } from "../../../neurons/layers/layer.ts";
import { Network } from "../../../neurons/network.ts";
import { makeReadout } from "../../../neurons/readouts/index.ts";
import { executedNetworkOperations } from "../../../training/cost/executed-network.ts";
import { SpikeCounter, synapsesOf } from "../../../training/cost/synapses.ts";

beforeAll(async () => {
  await useKernels();
});

function convolutions(neuron: string): Network {
  const layer = (name: string) => ({
    name,
    kind: "convolution",
    parameters: { channels: 2 },
    model: makeNeuron(neuron, {}),
  });
  return new Network({
    encoder: makeEncoder("direct", { ticks: 3 }),
    observationShape: [8, 8, 1],
    layers: [layer("edges"), layer("shapes")],
    readout: makeReadout("rate"),
  });
}

describe("synapsesOf", () => {
  it("gives a spike nine taps of every channel inside the next image, four in its corner", () => {
    const [edges, shapes] = synapsesOf(convolutions("lif"), 50);
    // Channels fastest, rows of eight pixels; the next image is 4 x 4.
    expect(edges![0]).toBe(4 * 2);
    expect(edges![(3 * 8 + 3) * 2]).toBe(9 * 2);
    expect(edges!.length).toBe(8 * 8 * 2);
    expect(new Set(shapes)).toEqual(new Set([50]));
  });

  it("lets the fourth spike train of s-lif2hh reach all three convolutions, the others one", () => {
    const [edges] = synapsesOf(convolutions("s-lif2hh"), 50);
    const middle = (3 * 8 + 3) * 2;
    expect([0, 1, 2, 3].map((plane) => edges![plane * 128 + middle])).toEqual([18, 18, 18, 54]);
  });
});

describe("SpikeCounter", () => {
  it("counts as changes the lit pixels of an image, and what neurons send as it comes and goes", () => {
    const network = convolutions("lif");
    const image = new Float32Array(64);
    image.set([1, 2, 3]);
    const counter = new SpikeCounter(network, 50);
    // One of 32 pooled inputs is on at the first and third tick: three changes; another stays: one.
    const output = new Float32Array(3 * 32);
    output[5] = 0.25;
    output[2 * 32 + 5] = 0.25;
    for (let tick = 0; tick < 3; tick++) output[tick * 32 + 9] = 1;
    const spikes = new Float32Array(3 * 128);
    spikes[0] = 1;
    const trace = (values: Float32Array) => place(values, [3, 1, values.length / 3]);
    const first = { output: trace(output), spikes: trace(spikes) } as unknown as LayerTrace;
    const none = { output: trace(new Float32Array(96)), spikes: trace(new Float32Array(96)) };
    counter.add(image, [first, none as unknown as LayerTrace]);
    expect(counter.means).toEqual({ spikes: 1, synaptic: 8, changes: [3, 4] });
  });
});

describe("executedNetworkOperations", () => {
  it("adds up changed inputs in convolutions, each with nine taps a channel, and compares every input", () => {
    const network = convolutions("lif");
    const { projection, analogue, behindSpikes } = executedNetworkOperations(network, [50, 20], [3, 4]);
    expect(analogue).toEqual({ multiplications: 3 * 9 * 2, additions: 3 * 9 * 2 + 64 });
    expect(projection.multiplications).toBe((3 + 4) * 9 * 2);
    expect(projection.additions).toBe((3 + 4) * 9 * 2 + 64 + 3 * 32);
    expect(behindSpikes.multiplications).toBe(50 * 20);
  });

  it("refuses a convolution whose changes nobody counted", () => {
    expect(() => executedNetworkOperations(convolutions("lif"), [50, 20])).toThrow(/"edges"/);
  });
});
