import { describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { assembleAgent, assembleEnvironment } from "../../training/assemble.ts";
import { applySettings, parseRunConfig } from "../../training/config.ts";
import { presets } from "../../training/presets/index.ts";

describe("presets", () => {
  it.each(presets.ids)("%s is a whole configuration: its environment and agent can be made", async (id) => {
    await useKernels();
    const config = parseRunConfig({ preset: id, seed: 0, ...presets.get(id).config });
    const env = assembleEnvironment(config);
    const agent = assembleAgent(config, env, new Rng(0));
    expect(agent.policyParameters).toBeGreaterThan(0);
    agent.dispose();
    env.close();
  });

  it("are named <settings>/<task>-<neuron>, after the neuron they use", () => {
    for (const { id, config } of presets.entries) {
      expect(id).toMatch(/^tuned\/(single|double)-/);
      expect(id.endsWith(`-${config.policy.neuron.id}`)).toBe(true);
    }
  });
});

describe("configuration", () => {
  const base = { preset: "p", seed: 0, ...presets.get("tuned/double-lif").config };

  it("names the nearest key for an unknown one", () => {
    expect(() => parseRunConfig(applySettings(base, { "training.step": 10 }))).toThrow(
      /unknown key "training\.step"; did you mean "steps"\?/,
    );
    expect(() => applySettings(base, { "trainning.steps": 10 })).toThrow(/did you mean "training"\?/);
  });

  it("names the field and what is expected for an impossible value", () => {
    expect(() => parseRunConfig(applySettings(base, { "training.steps": -5 }))).toThrow(
      /"training\.steps" is -5/,
    );
    expect(() => parseRunConfig(applySettings(base, { "algorithm.parameters.gamma": 1.5 }))).toThrow(
      /"algorithm\.parameters\.gamma" is 1\.5/,
    );
  });

  it("is frozen", () => {
    const config = parseRunConfig(base);
    expect(() => {
      (config.training as { steps: number }).steps = 1;
    }).toThrow(TypeError);
  });
});
