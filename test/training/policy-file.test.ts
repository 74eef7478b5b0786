import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Agent } from "../../agents/algorithm.ts";
import { FileError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { assembleAgent, assembleEnvironment } from "../../training/assemble.ts";
import { parseRunConfig } from "../../training/config.ts";
import { loadPolicy } from "../../training/policy.ts";
import { completed, decodePolicy, encodePolicy, withoutTraining } from "../../training/policy-file.ts";
import { encodeSafetensors } from "../../training/safetensors.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

const config = parseRunConfig({
  preset: "none",
  seed: 3,
  environment: { id: "InvertedDoublePendulum-v5" },
  algorithm: { id: "sac" },
  policy: {
    neuron: { id: "hh-published" },
    encoder: { id: "latest-window" },
    population: 6,
    hidden: [5],
  },
  training: {},
});

let agent: Agent;

beforeAll(async () => {
  await useKernels();
  const env = assembleEnvironment(config);
  agent = assembleAgent(config, env, new Rng(3).split("agent"));
  env.close();
});

const bytesOf = (pieces: Uint8Array[]) => new Uint8Array(Buffer.concat(pieces));

test("a policy file gives back the configuration, the facts and every array to the bit", () => {
  const learner = agent.snapshot();
  const facts = { steps: 12, evaluationReturn: 99.5 };
  expect(decodePolicy(bytesOf(encodePolicy({ config, learner, facts })), "p.safetensors")).toEqual({
    config,
    learner,
    facts,
  });
});

test("a file without optimisers and targets makes the same decisions through loadPolicy", async () => {
  const learner = withoutTraining(agent.snapshot());
  expect(Object.keys(learner.arrays).some((name) => /adam|target/.test(name))).toBe(false);
  const path = join(makeTemporaryFolder(), "small.safetensors");
  await writeFile(path, bytesOf(encodePolicy({ config, learner, facts: {} })));
  const policy = await loadPolicy(path);
  const window = new Float32Array(5 * 9).fill(0.1);
  const [mine, theirs] = [new Float32Array(1), new Float32Array(1)];
  agent.act(window, 1, null, mine);
  policy.agent.act(window, 1, null, theirs);
  expect(theirs).toEqual(mine);
  expect(policy.checkpoint).toBe("only");
  policy.agent.dispose();
});

test("what a file lacks is taken from a fresh learner, what it has is not", () => {
  const fresh = agent.snapshot();
  const partial = withoutTraining(fresh);
  expect(completed(partial, fresh)).toEqual(fresh);
});

test("refused in one line: safetensors of something else, cut off files, impossible configurations", () => {
  const foreign = bytesOf(encodeSafetensors({ a: { shape: [1], values: Float32Array.of(1) } }));
  expect(() => decodePolicy(foreign, "x.safetensors")).toThrow(FileError);
  const whole = bytesOf(encodePolicy({ config, learner: agent.snapshot(), facts: {} }));
  for (const length of [0, 7, 100, whole.length - 1]) {
    expect(() => decodePolicy(whole.subarray(0, length), "x.safetensors")).toThrow(/^x\.safetensors/);
  }
  const odd = { ...config, policy: { ...config.policy, populaton: 3 } } as unknown as typeof config;
  const misspelt = bytesOf(encodePolicy({ config: odd, learner: agent.snapshot(), facts: {} }));
  expect(() => decodePolicy(misspelt, "x.safetensors")).toThrow(/populaton.*population/);
});
