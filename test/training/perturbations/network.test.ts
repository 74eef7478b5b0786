import { beforeAll, describe, expect, it } from "vitest";
import { makeAgent } from "../../../agents/index.ts";
import { UsageError } from "../../../core/errors.ts";
import { Rng } from "../../../core/rng.ts";
import { useKernels } from "../../../kernels/load.ts";
import { makeEncoder } from "../../../neurons/encoders/index.ts";
import { makeNeuron } from "../../../neurons/index.ts";
import { perturbations } from "../../../training/perturbations/index.ts";
import { perturbNetwork } from "../../../training/perturbations/network.ts";
import { resolvePerturbation } from "../../../training/perturbations/spec.ts";

beforeAll(() => useKernels());

const BATCH = 6;

function agentOf(neuron: string) {
  const shape = {
    neuron: makeNeuron(neuron),
    encoder: makeEncoder("latest-window", { window: 2 }),
    observationSize: 3,
    actionSize: 1,
    choices: null,
    population: 20,
    hidden: [16, 16],
  };
  return { agent: makeAgent("sac", shape, {}, new Rng("network")) };
}

function actions({ agent }: ReturnType<typeof agentOf>): number[] {
  const windows = new Float32Array(2 * BATCH * 3);
  new Rng("windows").fillNormal(windows, 0, 2);
  const out = new Float32Array(BATCH);
  agent.act(windows, BATCH, null, out);
  return [...out];
}

const axes = perturbations.entries.filter(({ kind }) => kind === "network");

describe.each(axes)("$id", ({ id, scale }) => {
  it("changes what the policy does, the same for the same seed, and can be put back to the bit", () => {
    const made = agentOf("hh-published");
    const before = actions(made);
    const under = (level: number, seed: number) => {
      const restore = perturbNetwork(made.agent, [resolvePerturbation({ axis: id, level })], seed);
      const during = actions(made);
      restore();
      expect(actions(made)).toEqual(before);
      return during;
    };
    expect(under(0, 1)).toEqual(before);
    const worst = under(scale[4], 1);
    expect(worst).not.toEqual(before);
    expect(under(scale[4], 1)).toEqual(worst);
    if (id !== "weight-quantisation") expect(under(scale[4], 2)).not.toEqual(worst);
    made.agent.dispose();
  });
});

describe("network perturbations", () => {
  it("with every neuron lost the policy no longer sees the state", () => {
    const made = agentOf("lif");
    expect(new Set(actions(made)).size).toBeGreaterThan(1);
    perturbNetwork(made.agent, [resolvePerturbation({ axis: "lesion", level: 1 })], 0);
    expect(new Set(actions(made)).size).toBe(1);
    made.agent.dispose();
  });

  it("a threshold twice as high for all is what a neuron with that threshold does", () => {
    const made = agentOf("lif");
    const { arrays } = made.agent.snapshot();
    const constants = arrays["actor/constants"]!.values.slice();
    const factors = new Float32Array(20).fill(2);
    const { spread, constants: of } = makeNeuron("lif");
    spread!.threshold!(constants, factors, 6);
    const doubled = makeNeuron("lif", { threshold: 0.4 }).constants(20, 6, new Rng(0)).values;
    expect(constants).toEqual(doubled);
    expect(of(20, 6, new Rng(0)).values).not.toEqual(doubled);
    made.agent.dispose();
  });

  it("a conductance spread of hh-published is its filter with scaled conductances", () => {
    const model = makeNeuron("hh-published");
    const ticks = 6;
    const constants = model.constants(4, ticks, new Rng(1)).values;
    const scaled = constants.slice();
    model.spread!.conductance!(scaled, new Float32Array(4).fill(1.5), ticks);
    for (let i = 0; i < ticks * 4; i++) {
      expect(1 - scaled[i]!).toBeCloseTo(1.5 * (1 - constants[i]!), 6);
      expect(scaled[ticks * 4 + i]).toBeCloseTo(1.5 * constants[ticks * 4 + i]!, 4);
    }
  });

  it("deletes the share of spikes it says, and jitter loses none but at the edges", () => {
    const made = agentOf("lif");
    const windows = new Float32Array(2 * 3);
    new Rng("one").fillNormal(windows, 0, 5);
    const spikes = () => made.agent.trace(windows, []).rates.reduce((sum, rate) => sum + rate, 0);
    const whole = spikes();
    const under = (axis: string, level: number, seed: number) => {
      const restore = perturbNetwork(made.agent, [resolvePerturbation({ axis, level })], seed);
      const left = spikes();
      restore();
      return left / whole;
    };
    const average = (axis: string, level: number) =>
      Array.from({ length: 200 }, (_, seed) => under(axis, level, seed)).reduce((a, b) => a + b) / 200;
    expect(average("spike-deletion", 0.25)).toBeCloseTo(0.75, 1.5);
    expect(under("spike-deletion", 1, 0)).toBe(0);
    expect(under("spike-jitter", 0.01, 0)).toBe(1);
    expect(average("spike-jitter", 1)).toBeLessThan(1);
    expect(spikes()).toBe(whole);
    made.agent.dispose();
  });

  it("a neuron without conductances is refused in words", () => {
    const made = agentOf("ann");
    const spec = resolvePerturbation({ axis: "conductance-spread", level: 0.1 });
    expect(() => perturbNetwork(made.agent, [spec], 0)).toThrow(UsageError);
    expect(() => perturbNetwork(made.agent, [spec], 0)).toThrow('neuron "ann" has no conductance');
    made.agent.dispose();
  });
});
