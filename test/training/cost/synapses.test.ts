import { describe, expect, it } from "vitest";
import { makeEncoder } from "../../../neurons/encoders/index.ts";
import { makeNeuron } from "../../../neurons/index.ts";
import { Network } from "../../../neurons/network.ts";
import { makeReadout } from "../../../neurons/readouts/index.ts";
import { executedNetworkOperations } from "../../../training/cost/executed-network.ts";
import { synapsesOf } from "../../../training/cost/synapses.ts";

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

describe("executedNetworkOperations", () => {
  it("projects a constant image once and what neurons send in every tick", () => {
    const { projection, analogue, behindSpikes } = executedNetworkOperations(convolutions("lif"), [50, 20]);
    const first = 9 * 1 * 2 * 64;
    const second = 9 * 2 * 2 * 16;
    expect(analogue.multiplications).toBe(first);
    expect(projection.multiplications).toBe(first + 3 * second);
    expect(behindSpikes.multiplications).toBe(50 * 20);
  });
});
