import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { assembleAgent, assembleEnvironment, assembleTrainingEnvironment } from "../../training/assemble.ts";
import { applySettings, parseRunConfig, type RunConfig } from "../../training/config.ts";
import { configureRun } from "../../training/configure-run.ts";
import { presets } from "../../training/presets/index.ts";
import { parsePresets } from "../../training/presets/preset.ts";
import { readPresetFile } from "../../training/presets/preset-file.ts";

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

  it("are named <settings>/<task>-<neuron>[-<algorithm>], after the neuron and the algorithm they use", () => {
    for (const { id, config } of presets.entries) {
      const algorithm = config.algorithm.id === "sac" ? "" : `-${config.algorithm.id}`;
      // "4lif" is "lif", four times as wide.
      expect(id).toMatch(
        new RegExp(`^(tuned|published|matched)/[a-z-]+-4?${config.policy.neuron.id}${algorithm}$`),
      );
    }
  });
});

describe("published presets", () => {
  // Actor parameters of the double pendulum as the paper's programs count them.
  const published = {
    ann: 67_842,
    lif: 67_842,
    "hh-published": 67_842,
    "4lif": 1_057_794,
    "s-lif2hh": 169_222,
  };

  it.each(Object.entries(published))(
    "published/double-%s has %i parameters in its actor",
    async (model, count) => {
      await useKernels();
      const id = `published/double-${model}`;
      const config = parseRunConfig({ preset: id, seed: 0, ...presets.get(id).config });
      const env = assembleEnvironment(config);
      const agent = assembleAgent(config, env, new Rng(0));
      expect(agent.policyParameters).toBe(count);
      agent.dispose();
      env.close();
    },
  );

  it("train on the shaped reward over the published number of steps, and on another by one setting", () => {
    const make = (id: string, settings: Record<string, unknown> = {}) =>
      parseRunConfig(applySettings({ preset: id, seed: 0, ...presets.get(id).config }, settings));
    expect(make("published/single-lif").training.steps).toBe(101_100);
    expect(make("published/double-lif").training.steps).toBe(301_100);
    const rewardOf = (config: RunConfig) => {
      const env = assembleTrainingEnvironment(config);
      env.reset({ seed: 0 });
      const [, reward, , , info] = env.step(Float32Array.of(0));
      return [reward, info.nativeReward];
    };
    const [shaped, native] = rewardOf(make("published/double-lif"));
    expect(native).toBeGreaterThan(9);
    expect(shaped).not.toBe(native);
    const natively = make("published/double-lif", { "training.reward": "native" });
    expect(rewardOf(natively)).toEqual([native, undefined]);
    expect(() =>
      assembleTrainingEnvironment(applySettings(natively, { "training.rewardNoise": 0.1 }) as RunConfig),
    ).toThrow(
      /"training\.rewardNoise" is 0\.1 with the native reward, expected "training\.reward" published or corrected/,
    );
  });
});

describe("matched presets", () => {
  it("differ between the neurons in nothing but the neuron, and 4lif in its widths", () => {
    const matched = presets.entries.filter(({ id }) => id.startsWith("matched/"));
    for (const task of ["single", "double"]) {
      const configs = matched
        .filter(({ id }) => id.startsWith(`matched/${task}-`))
        .map(({ id, config }) => ({ id, ...parseRunConfig({ preset: "matched", seed: 0, ...config }) }));
      expect(configs.map(({ id }) => id.split("-").slice(1).join("-"))).toEqual(
        "ann lif 4lif alif izhikevich s-lif2hh hh-published hh".split(" "),
      );
      const shared = configs
        .filter(({ id }) => !id.endsWith("-4lif"))
        .map(({ id: _, policy: { neuron: __, ...policy }, ...rest }) => ({ ...rest, policy }));
      for (const config of shared) expect(config).toEqual(shared[0]);
    }
  });
});

describe("a file of presets", () => {
  const file = (presetLines: string) => `
references: [a paper]
parts:
  a: { training: { steps: 1, randomSteps: 2 }, policy: { hidden: [1, 2] } }
  b: { training: { steps: 3 }, policy: { hidden: [4] } }
presets:
  p/x: ${presetLines}
`;

  it("lays parts over each other key by key, replaces lists, and puts the preset's own settings on top", () => {
    const [preset] = parsePresets(file("{ summary: s, of: [a, b], config: { training: { seed: 5 } } }"), "f");
    expect(preset).toEqual({
      id: "p/x",
      summary: "s",
      references: ["a paper"],
      config: { training: { steps: 3, randomSteps: 2, seed: 5 }, policy: { hidden: [4] } },
    });
  });

  it("names the part, the key or the line that is wrong", () => {
    expect(() => parsePresets(file("{ summary: s, of: [aa] }"), "f.yaml")).toThrow(
      /unknown part of preset "p\/x" in f\.yaml: "aa"; did you mean "a"\?/,
    );
    expect(() => parsePresets(file("{ summary: s, of: [a], confg: {} }"), "f.yaml")).toThrow(
      /f\.yaml: unknown key "presets\.p\/x\.confg"/,
    );
    expect(() => parsePresets("parts: [", "f.yaml")).toThrow(/^f\.yaml: .*line 1/);
  });
});

describe("a file of one's own settings", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "spikegym-settings-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };

  it("is laid over the preset it names; a run's config.json gives that run's configuration", async () => {
    const own = await readPresetFile(
      await write("mine.yaml", "preset: tuned/double-lif\npolicy: { population: 64 }\n"),
    );
    const config = configureRun(own);
    const { policy, ...rest } = configureRun("tuned/double-lif");
    expect(config).toEqual({ ...rest, policy: { ...policy, population: 64 } });
    const record = JSON.stringify({ config, simd: "strict", versions: {} });
    expect(configureRun(await readPresetFile(await write("config.json", record)))).toEqual(config);
  });

  it("names what is wrong with it", async () => {
    await expect(readPresetFile(join(folder, "none.yaml"))).rejects.toThrow(/none\.yaml: no such file/);
    await expect(readPresetFile(await write("a.yaml", "12"))).rejects.toThrow(
      /holds 12, expected a configuration/,
    );
    await expect(readPresetFile(await write("b.yaml", "preset: tuned/double-liff"))).rejects.toThrow(
      /unknown preset "tuned\/double-liff"; did you mean "tuned\/double-lif"\?/,
    );
    await expect(readPresetFile(await write("c.yaml", "a: ["))).rejects.toThrow(/c\.yaml: .*line 1/);
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
