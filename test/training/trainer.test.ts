import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseRunConfig, type RunConfig } from "../../training/config.ts";
import { evaluatePolicy } from "../../training/evaluate-policy.ts";
import { loadPolicy } from "../../training/policy.ts";
import { readLatest } from "../../training/run-folder.ts";
import { train } from "../../training/trainer.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-trainer-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What is unlike `smallRun`'s SAC on the double pendulum. */
interface Unlike {
  readonly id?: string;
  readonly environment?: string;
  readonly parameters?: Record<string, unknown>;
  readonly policy?: Record<string, unknown>;
}

/** A small run: everything happens in it, nothing takes long. */
function smallRun(
  steps: number,
  neuron = "hh-published",
  training: Partial<RunConfig["training"]> = {},
  { id = "sac", environment = "InvertedDoublePendulum-v5", parameters = {}, policy = {} }: Unlike = {},
): RunConfig {
  const settings = { batchSize: 16, criticHidden: [16], randomSteps: 100, ...parameters };
  return parseRunConfig({
    preset: "test",
    seed: 3,
    environment: { id: environment },
    algorithm: {
      id,
      parameters: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    },
    policy: {
      neuron: { id: neuron },
      encoder: { id: "latest-window", parameters: { window: 2, repeat: 3 } },
      population: 16,
      hidden: [16],
      ...policy,
    },
    training: {
      steps,
      evaluateEvery: 500,
      evaluationEpisodes: 2,
      checkpointEvery: 250,
      ...training,
    },
  });
}

/** Everything of a run that must not depend on whether it was interrupted. */
async function fingerprint(run: string) {
  const { arrays, state } = await readLatest(run);
  const { progress, ...rest } = state as { progress: Record<string, unknown> };
  const { wallSeconds, cpuSeconds, updateSeconds, ...counts } = progress;
  expect(wallSeconds).toBeGreaterThan(0);
  expect(cpuSeconds).toBeGreaterThan(0);
  expect(updateSeconds).toBeGreaterThan(0);
  return { arrays, rest, counts, metrics: await readFile(join(run, "metrics.jsonl"), "utf8") };
}

/** A small run of each algorithm, with what it does not share with the others: several environments, n-step returns. */
const RUNS: Record<string, (steps: number) => RunConfig> = {
  sac: (steps) => smallRun(steps, "hh-published"),
  "sac, learned temperature, averaged policy, spiking critics, 3 environments": (steps) =>
    smallRun(
      steps,
      "lif",
      { environments: 3 },
      {
        parameters: { temperature: "learned", nStep: 2 },
        policy: {
          averaging: 0.01,
          surrogateScale: { from: 2, to: 1 },
          critic: {
            neuron: { id: "lif" },
            encoder: { id: "latest-window", parameters: { window: 2 } },
            population: 16,
          },
        },
      },
    ),
  "td3, two layers of neurons going on through the episode": (steps) =>
    smallRun(
      steps,
      "lif",
      {},
      {
        id: "td3",
        parameters: { sequence: 3, burnIn: 2, nStep: 2, updateEvery: 4 },
        policy: { state: "episode", layers: [{ name: "first", neuron: { id: "alif" } }] },
      },
    ),
  "ppo, neurons going on through the episode, 3 environments": (steps) =>
    smallRun(
      steps,
      "lif",
      { environments: 3 },
      {
        id: "ppo",
        parameters: { rolloutSteps: 50, batchSize: 50, epochs: 2, randomSteps: undefined },
        policy: { state: "episode" },
      },
    ),
  "ppo, choices": (steps) =>
    smallRun(
      steps,
      "hh",
      { environments: 2 },
      {
        id: "ppo",
        environment: "CartPole-v1",
        parameters: { rolloutSteps: 40, batchSize: 40, epochs: 2, randomSteps: undefined },
      },
    ),
  "dqn, further spiking layers": (steps) =>
    smallRun(
      steps,
      "lif",
      { environments: 2 },
      {
        id: "dqn",
        environment: "CartPole-v1",
        parameters: { nStep: 3, criticHidden: undefined },
        policy: {
          layers: [{ name: "first", neuron: { id: "alif" }, parameters: { units: 12 } }],
          averaging: 0.01,
        },
      },
    ),
};

describe("train", () => {
  it.each(Object.keys(RUNS))(
    "%s: 600 steps, killed without warning and resumed, equal 600 uninterrupted steps to the bit",
    async (name) => {
      const config = RUNS[name]!(600);
      const whole = join(folder, "whole");
      await train(config, { out: whole });

      const killed = join(folder, "killed");
      await writeFile(join(folder, "config.json"), JSON.stringify(config));
      // Between two checkpoints.
      const child = spawn(
        process.execPath,
        ["--import", "tsx", "test/training/train-in-process.ts", join(folder, "config.json"), killed, "420"],
        { stdio: "inherit" },
      );
      expect(await new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)))).toBe(
        "SIGKILL",
      );
      await train(config, { out: killed, resume: true });

      expect(await fingerprint(killed)).toEqual(await fingerprint(whole));
    },
  );

  it.each([
    [
      "criticLearningRate",
      /^step \d+: sac: \w+ is (NaN|-?Infinity) at update \d+; lower the learning rates; /,
    ],
    ["actorLearningRate", /^step \d+: .*(not a number|NaN|Infinity).*; /],
  ])(
    "with an impossible %s it stops: which quantity, at which step, and what is kept",
    async (rate, message) => {
      const out = join(folder, "run");
      const config = smallRun(600, "lif", {}, { parameters: { [rate]: 3e38, randomSteps: 250 } });
      const run = train(config, { out });
      await expect(run).rejects.toThrow(message);
      await expect(run).rejects.toThrow("the checkpoint of step 0 is kept in");
      expect((await readLatest(out)).arrays).toBeDefined();
    },
  );

  it("the same seed gives the same bits, another seed gives others", async () => {
    const runs = {
      a: smallRun(400, "lif"),
      b: smallRun(400, "lif"),
      c: { ...smallRun(400, "lif"), seed: 4 },
    };
    for (const [name, config] of Object.entries(runs)) await train(config, { out: join(folder, name) });
    const [a, b, c] = await Promise.all(Object.keys(runs).map((name) => fingerprint(join(folder, name))));
    expect(b).toEqual(a);
    expect(c!.metrics).not.toEqual(a!.metrics);
  });

  it("a stop signal leaves a run that goes on to the same end", async () => {
    const config = smallRun(600, "lif");
    await train(config, { out: join(folder, "whole") });
    const stopped = join(folder, "stopped");
    const controller = new AbortController();
    const first = await train(config, {
      out: stopped,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(first.complete).toBe(false);
    expect(first.steps).toBeLessThan(600);
    const second = await train(config, { out: stopped, resume: true });
    expect(second.complete).toBe(true);
    expect(await fingerprint(stopped)).toEqual(await fingerprint(join(folder, "whole")));
  });

  it("keeps the statistics observations are normalised by: resumed to the bit, frozen in an evaluation", async () => {
    const plain = smallRun(400, "lif", { evaluateEvery: 400 });
    const config = { ...plain, policy: { ...plain.policy, normaliseObservations: true } };
    const whole = join(folder, "whole");
    await train(config, { out: whole });
    const halves = join(folder, "halves");
    await train(
      { ...config, training: { ...config.training, steps: 250, evaluateEvery: 1000 } },
      { out: halves },
    );
    await cp(join(whole, "config.json"), join(halves, "config.json"));
    await train(config, { out: halves, resume: true });
    const { arrays } = await readLatest(halves);
    expect(arrays).toEqual((await readLatest(whole)).arrays);

    const policy = await loadPolicy(join(whole, "checkpoints", "latest.json"));
    const before = policy.agent.snapshot();
    expect((before.state.doubles as Record<string, number[]>)["observation statistics"]![0]).toBeGreaterThan(
      400,
    );
    const { episodes } = await evaluatePolicy(policy, { episodes: 2, seed: 100_000 });
    expect(policy.agent.snapshot()).toEqual(before);
    policy.agent.dispose();
    const rows = (await readFile(join(whole, "metrics.jsonl"), "utf8")).trim().split("\n");
    const logged = JSON.parse(rows.at(-1)!).evaluationReturn;
    expect((episodes[0]!.return + episodes[1]!.return) / 2).toBe(logged);
  });

  it("goes on from the checkpoint before a damaged one, says so, and still ends the same", async () => {
    const config = smallRun(1000, "lif");
    const whole = join(folder, "whole");
    await train(config, { out: whole });
    const damaged = join(folder, "damaged");
    await train(smallRun(750, "lif"), { out: damaged });
    await cp(join(whole, "config.json"), join(damaged, "config.json"));
    const latest = join(damaged, "checkpoints", "latest.json");
    await writeFile(latest, (await readFile(latest, "utf8")).slice(0, 200));
    const notes: string[] = [];
    await train(config, { out: damaged, resume: true, onNote: (line) => notes.push(line) });
    expect(notes[0]).toMatch(/latest\.json is cut off or no JSON.*going on from the checkpoint before it/);
    expect(await fingerprint(damaged)).toEqual(await fingerprint(whole));
  });

  it("refuses to write over a run, and a checkpoint of another shape", async () => {
    const out = join(folder, "run");
    await train(smallRun(300, "lif"), { out });
    await expect(train(smallRun(300, "lif"), { out })).rejects.toThrow(
      /already holds a run; go on with --resume/,
    );
    const wider = smallRun(400, "lif");
    const other = parseRunConfig({ ...wider, policy: { ...wider.policy, population: 32 } });
    await expect(train(other, { out, resume: true })).rejects.toThrow(
      /"actor\/body" is \[\d+\], expected \[\d+\]; it is of another network/,
    );
  });

  it("learns from the published reward, and logs and evaluates the environment's own", async () => {
    const out = join(folder, "run");
    await train(smallRun(300, "lif", { reward: "published", evaluateEvery: 300 }), { out });
    const rows = (await readFile(join(out, "metrics.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const episodes = rows.filter((row) => "episodeReturn" in row);
    for (const { episodeReturn, episodeToldReturn, episodeLength } of episodes) {
      // More than 8 a step before the fall; of the shaped reward's three terms none is worth more than 5.
      expect(episodeReturn).toBeGreaterThan(8 * (episodeLength - 1));
      expect(episodeToldReturn).toBeLessThan(15 * episodeLength - 10);
      expect(episodeToldReturn).not.toBe(episodeReturn);
    }
    expect(rows.at(-1).evaluationReturn).toBeGreaterThan(20);
  });

  it("evaluates at exact steps and at the last one, and writes what it printed", async () => {
    const out = join(folder, "run");
    const summary = await train(smallRun(730, "ann", { evaluateEvery: 300 }), { out });
    const rows = (await readFile(join(out, "metrics.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const evaluations = rows.filter((row) => "evaluationReturn" in row);
    expect(evaluations.map((row) => row.step)).toEqual([300, 600, 730]);
    expect(summary.finalReturn).toBe(evaluations.at(-1).evaluationReturn);
    expect(summary.bestReturn).toBe(Math.max(...evaluations.map((row) => row.evaluationReturn)));
    expect(JSON.parse(await readFile(join(out, "summary.json"), "utf8"))).toEqual(summary);
  });
});
