import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../../core/rng.ts";
import { useKernels } from "../../../kernels/load.ts";
import { neurons } from "../../../neurons/index.ts";
import { assembleAgent, assembleEnvironment } from "../../../training/assemble.ts";
import { parseRunConfig, type RunConfigInput } from "../../../training/config.ts";
import { exportPolicy } from "../../../training/export/export-policy.ts";
import type { Policy } from "../../../training/policy.ts";
import { decodeSafetensors } from "../../../training/safetensors.ts";

beforeAll(async () => {
  await useKernels();
});

/** A policy with fresh weights, small. */
function freshPolicy(
  neuron: { id: string; parameters?: Record<string, unknown> },
  more: { algorithm?: string; environment?: string; policy?: Record<string, unknown> } = {},
): Policy {
  const config = parseRunConfig({
    preset: "test",
    seed: 3,
    environment: { id: more.environment ?? "InvertedDoublePendulum-v5", engine: "lagrangian" },
    algorithm: { id: more.algorithm ?? "sac", parameters: {} },
    policy: {
      neuron,
      encoder: { id: "latest-window" },
      population: 10,
      hidden: [12],
      ...more.policy,
    },
    training: {},
  } as RunConfigInput);
  const env = assembleEnvironment(config);
  const agent = assembleAgent(config, env, new Rng(3).split("agent"));
  env.close();
  return { agent, config, run: "none", checkpoint: "best" };
}

/** Two layers of `lif` before the population, the second recurrent unless asked otherwise. */
const layered = (encoder: { id: string; parameters?: Record<string, unknown> }, second = "recurrent") =>
  freshPolicy(
    { id: "lif" },
    {
      policy: {
        encoder,
        layers: [
          { name: "first", kind: "dense", parameters: { units: 6 }, neuron: { id: "lif" } },
          {
            name: "second",
            kind: second,
            parameters: { units: 7 },
            neuron: { id: "lif", parameters: { decay: { train: "neuron", start: 0.5 } } },
          },
        ],
      },
    },
  );

async function exported(policy: Policy, format: string, batch = 1) {
  const folder = await mkdtemp(join(tmpdir(), "spikegym-export-"));
  const options = { batch, observations: 60, seed: 1 };
  return exportPolicy(policy, format, join(folder, "policy"), options);
}

describe("export to onnx", () => {
  it.each(neurons.entries.map(({ id }) => id))(
    "%s: ONNX Runtime acts as the policy does, and makes the same ticks",
    async (id) => {
      const { checks, files } = await exported(freshPolicy({ id }), "onnx");
      expect(files.map(({ file }) => file.replace(/^.*policy/, "policy"))).toEqual([
        "policy.onnx",
        "policy.tick.onnx",
      ]);
      expect(checks.map(({ ok, note }) => (ok ? "ok" : note))).toEqual(["ok", "ok"]);
    },
  );

  it.each([
    ["td3", "InvertedPendulum-v5"],
    ["ppo", "InvertedPendulum-v5"],
    ["ppo", "CartPole-v1"],
    ["dqn", "CartPole-v1"],
  ])("%s on %s: the greedy action, continuous or chosen", async (algorithm, environment) => {
    const policy = freshPolicy({ id: "lif" }, { algorithm, environment });
    const { checks } = await exported(policy, "onnx");
    expect(checks.map(({ ok, note }) => (ok ? "ok" : note))).toEqual(["ok", "ok"]);
  });

  it("several decisions a run, observations normalised, constants trained", async () => {
    const policy = freshPolicy(
      { id: "lif", parameters: { decay: { train: "neuron", start: 0.6 } } },
      { policy: { normaliseObservations: true } },
    );
    const rng = new Rng(8);
    const observation = new Float32Array(9);
    for (let i = 0; i < 50; i++) {
      rng.fillNormal(observation);
      policy.agent.actor.observe(observation);
    }
    const { checks } = await exported(policy, "onnx", 7);
    expect(checks.map(({ ok, note }) => (ok ? "ok" : note))).toEqual(["ok", "ok"]);
  });

  it("layers before the population, dense and recurrent, and a trained encoder", async () => {
    const encoder = {
      id: "population",
      parameters: { trained: true, output: "current", fields: 3, low: -2, high: 2 },
    };
    const { checks, leftOut } = await exported(layered(encoder), "onnx", 3);
    expect(checks.map(({ ok, note }) => (ok ? "ok" : note))).toEqual(["ok", "ok"]);
    expect(leftOut.join()).toMatch(/one tick.*"first", "second"/);
  });

  it("a layer that it cannot hold is refused by its name and kind, with what can be exported instead", async () => {
    const policy = layered({ id: "latest-window" });
    const { front } = policy.agent.actor;
    // An environment that shows images is what a convolution would take; its kind is all that the export asks for.
    const image = { ...front.layers[1]!, name: "image", kind: "convolution" };
    Object.defineProperty(front, "layers", { value: [front.layers[0]!, image] });
    await expect(exported(policy, "onnx")).rejects.toThrow(
      /layer "image" is of kind "convolution".*safetensors/,
    );
  });

  it("random spikes are refused, with what can be exported instead", async () => {
    const policy = freshPolicy({ id: "lif" }, { policy: { encoder: { id: "poisson" } } });
    await expect(exported(policy, "onnx")).rejects.toThrow(/encoder "poisson".*safetensors/);
  });
});

describe("export to nir", () => {
  it("lif: the file, run by forward Euler as its readers do, spikes tick for tick as the policy", async () => {
    const { checks, leftOut } = await exported(freshPolicy({ id: "lif" }), "nir");
    expect(checks).toHaveLength(1);
    expect(checks[0]).toMatchObject({ id: "spikes", ok: true });
    expect(leftOut.join(" ")).toMatch(/encoder.*heads/);
  });

  it("lif layers before the population: the chain spikes tick for tick", async () => {
    const { checks } = await exported(layered({ id: "latest-window" }, "dense"), "nir");
    expect(checks[0]!.note).toMatch(/: 0 of \d+ neuron-ticks differ/);
    await expect(exported(layered({ id: "latest-window" }), "nir")).rejects.toThrow(
      /"second" is of kind "recurrent"/,
    );
  });

  it("what NIR has no node for is refused by name", async () => {
    await expect(exported(freshPolicy({ id: "hh" }), "nir")).rejects.toThrow(/"hh".*onnx.*safetensors/);
    const soft = freshPolicy({ id: "lif", parameters: { reset: "soft" } });
    await expect(exported(soft, "nir")).rejects.toThrow(/reset "soft"/);
    const leakless = freshPolicy({ id: "lif", parameters: { decay: 1 } });
    await expect(exported(leakless, "nir")).rejects.toThrow(/keeps 1 of unit 0/);
  });
});

describe("export to safetensors", () => {
  it("every array by its name, in the stated shapes", async () => {
    const { file } = await exported(freshPolicy({ id: "s-lif2hh" }), "safetensors");
    const arrays = decodeSafetensors(await readFile(file), file);
    const shapes = Object.fromEntries(Object.entries(arrays).map(([name, { shape }]) => [name, shape]));
    expect(shapes).toMatchObject({
      "population/weight": [9, 30],
      "population/bias": [30],
      "head/0/0/weight": [40, 12],
      "head/1/1/bias": [1],
    });
  });

  it("layers before the population and a trained encoder have their arrays in it", async () => {
    const encoder = {
      id: "population",
      parameters: { trained: true, output: "current", fields: 3, low: -2, high: 2 },
    };
    const { file } = await exported(layered(encoder), "safetensors");
    const arrays = decodeSafetensors(await readFile(file), file);
    const shapes = Object.fromEntries(Object.entries(arrays).map(([name, { shape }]) => [name, shape]));
    expect(shapes).toMatchObject({
      "encoder/centres": [9, 3],
      "layer/first/weight": [27, 6],
      "layer/second/recurrent": [7, 7],
      "layer/second/neuron/decay": [7],
      "layer/second/constants": [2, 7],
      "population/weight": [7, 10],
    });
  });
});
