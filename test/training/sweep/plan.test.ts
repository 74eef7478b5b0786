import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../../../core/errors.ts";
import { Rng } from "../../../core/rng.ts";
import type { Axis } from "../../../training/sweep/designs/design.ts";
import { designs } from "../../../training/sweep/designs/index.ts";
import { planTrials } from "../../../training/sweep/plan.ts";
import { parseShard } from "../../../training/sweep/shard.ts";
import { parseSweepSpec, readSweepSpec } from "../../../training/sweep/spec.ts";
import { SweepFolder } from "../../../training/sweep/sweep-folder.ts";
import { canonicalJson, type Trial } from "../../../training/sweep/trial.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-plan-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const POLICY = { path: "runs/a", sha256: "a".repeat(64) };

function plan(spec: Record<string, unknown>, code = "1.0.0"): Trial[] {
  const parsed = parseSweepSpec({ name: "test", ...spec }, "test");
  return [...planTrials(parsed, parsed.policies === undefined ? [] : [POLICY], code)];
}

const training = { train: { preset: "tuned/double-lif", set: { "training.steps": 100 } } };
const evaluation = { policies: "runs/a", evaluate: { episodes: 2 } };

const AXES: Axis[] = [
  ["a", [1, 2, 3]],
  ["b", { from: 1, to: 100, scale: "log", integer: false, steps: 3 }],
];

describe("designs", () => {
  it("a grid is every combination, the last axis fastest, ranges cut evenly on their scale", () => {
    const points = designs.get("grid").points(AXES, undefined, new Rng(0));
    const all = Array.from({ length: points.length }, (_, i) => points.at(i));
    expect(all).toHaveLength(9);
    expect(all.slice(0, 4)).toEqual([
      { a: 1, b: 1 },
      { a: 1, b: 10 },
      { a: 1, b: 100 },
      { a: 2, b: 1 },
    ]);
  });

  it.each(["random", "latin-hypercube"])(
    "%s: as many points as asked for, within the axes, by the seed",
    (id) => {
      const points = (seed: number) => {
        const list = designs.get(id).points(AXES, 30, new Rng(seed));
        return Array.from({ length: list.length }, (_, i) => list.at(i));
      };
      expect(points(1)).toHaveLength(30);
      expect(points(1)).toEqual(points(1));
      expect(points(1)).not.toEqual(points(2));
      for (const { a, b } of points(1)) {
        expect([1, 2, 3]).toContain(a);
        expect(b).toBeGreaterThanOrEqual(1);
        expect(b).toBeLessThanOrEqual(100);
      }
    },
  );

  it("a Latin hypercube has one point in each stratum of each axis", () => {
    const axes: Axis[] = [
      ["x", { from: 0, to: 20, scale: "linear", integer: false }],
      ["y", { from: 1, to: 20, scale: "linear", integer: true }],
    ];
    const list = designs.get("latin-hypercube").points(axes, 20, new Rng(4));
    const points = Array.from({ length: 20 }, (_, i) => list.at(i)) as { x: number; y: number }[];
    expect(points.map(({ x }) => Math.floor(x)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i),
    );
    expect(points.map(({ y }) => y).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  });
});

describe("a plan", () => {
  it("has each training trial followed by its evaluations, one perturbation after another", () => {
    const trials = plan({
      ...training,
      seeds: 2,
      evaluate: { episodes: 3, perturb: { "sensor-noise": [0, 2], push: { level: [4], atS: 1 } } },
      axes: { neuron: ["lif", "ann"], "policy.population": [8] },
    });
    expect(trials).toHaveLength(2 * 2 * (1 + 3));
    expect(trials.slice(0, 4).map(({ kind }) => kind)).toEqual(["train", "evaluate", "evaluate", "evaluate"]);
    const [first, second] = trials as [Trial, Trial];
    expect(first).toMatchObject({
      factors: { neuron: "lif", seed: 0 },
      config: { policy: { population: 8 } },
    });
    expect(second).toMatchObject({ policy: { trial: first.id }, root: 0, perturbations: [{ level: 0 }] });
    expect(trials[3]).toMatchObject({ perturbations: [{ axis: "push", level: 4, options: { atS: 1 } }] });
    expect(trials.map(({ index }) => index)).toEqual(trials.map((_, i) => i));
  });

  it("crosses axes named perturb.<id>, and repeats evaluations from starts of their own", () => {
    const trials = plan({
      ...evaluation,
      seeds: 2,
      axes: {
        "perturb.gravity.level": [-0.1, 0.1],
        "perturb.lesion": [1, 2],
        "evaluate.engine": ["matter", "mujoco"],
      },
    });
    expect(trials).toHaveLength(16);
    expect(trials[0]).toMatchObject({
      engine: "matter",
      perturbations: [
        { axis: "gravity", level: -0.1 },
        { axis: "lesion", severity: 1 },
      ],
    });
    const seeds = new Set(trials.map((trial) => (trial.kind === "evaluate" ? trial.seed : 0)));
    expect([...seeds]).toEqual([1_000_000, 1_000_002]);
  });

  it("identifies a trial by configuration, seed and code, not by its place or where the policy lies", () => {
    const ids = (spec: Record<string, unknown>, code?: string) => plan(spec, code).map(({ id }) => id);
    const one = { ...evaluation, axes: { "perturb.sensor-noise": [1, 2] } };
    expect(ids(one)).toEqual(ids(one));
    expect(ids({ ...one, axes: { "perturb.sensor-noise": [2, 1] } })).toEqual(ids(one).reverse());
    expect(ids({ ...one, name: "other" })).toEqual(ids(one));
    expect(ids({ ...one, evaluate: { episodes: 3 } })).not.toEqual(ids(one));
    expect(ids(one, "1.0.1")).not.toEqual(ids(one));
    const elsewhere = [
      ...planTrials(parseSweepSpec({ name: "test", ...one }, "test"), [{ ...POLICY, path: "b" }], "1.0.0"),
    ];
    expect(elsewhere.map(({ id }) => id)).toEqual(ids(one));
    expect(canonicalJson({ b: [1, { d: 1, c: 2 }], a: 0 })).toBe('{"a":0,"b":[1,{"c":2,"d":1}]}');
  });

  it.each([
    [
      { ...training, axes: { "policy.populaton": [1] } },
      'unknown key "policy.populaton"; did you mean "population"?',
    ],
    [{ ...evaluation, axes: { "perturb.senser-noise": [1] } }, 'did you mean "sensor-noise"?'],
    [{ ...evaluation, axes: { "evaluate.engin": ["matter"] } }, 'did you mean "evaluate.engine"?'],
    [
      { ...evaluation, axes: { "policy.population": [1] } },
      'is a setting of training, and there is no "train"',
    ],
    [{ ...evaluation, axes: { "perturb.sensor-noise": [6] } }, '"severity" is 6'],
    [
      { ...evaluation, axes: { "perturb.gravity.level": [30] } },
      "level 30 is out of range, expected -1 to 20",
    ],
    [
      { ...evaluation, axes: { "perturb.lesion": [1, 1] } },
      "trials 0 and 1 are the same (policy runs/a, perturb.lesion 1)",
    ],
    [{ ...evaluation, design: "random", axes: {} }, 'needs "samples"'],
    [{ ...evaluation, axes: { "perturb.lesion": { from: 0, to: 1 } } }, 'a range without "steps"'],
    [{ ...evaluation, axis: {} }, 'unknown key "axis"; did you mean "axes"?'],
    [{ ...evaluation, ...training }, 'both "train" and "policies"'],
    [{}, 'neither "train" nor "policies"'],
    [{ policies: "runs/a" }, 'no "evaluate"'],
    [{ ...training, axes: { neuron: ["lief"] } }, 'did you mean "lif"?'],
  ])("%j is refused in words", (spec, message) => {
    const refused = () => plan(spec);
    expect(refused).toThrow(UsageError);
    expect(refused).toThrow(message);
  });

  it("shards share it out without a gap, a policy's trials together", () => {
    expect(parseShard("1/4")).toEqual({ index: 1, count: 4 });
    for (const text of ["4/4", "1", "-1/4", "a/b"]) expect(() => parseShard(text)).toThrow(UsageError);
  });
});

describe("a sweep's folder", () => {
  it("refuses another sweep, and a folder with other things in it, and changes nothing there", async () => {
    const spec = (population: number[]) =>
      parseSweepSpec({ name: "test", ...training, axes: { "policy.population": population } }, "test");
    const path = join(folder, "sweep");
    const first = await SweepFolder.plan(path, spec([8, 16]));
    expect((await SweepFolder.plan(path, spec([8, 16]))).record).toEqual(first.record);
    await expect(SweepFolder.plan(path, spec([8]))).rejects.toThrow("with another plan");
    await expect(SweepFolder.plan(path, { ...spec([8]), name: "other" })).rejects.toThrow(
      'another sweep ("test", not "other")',
    );
    expect((await SweepFolder.open(path)).record).toEqual(first.record);
    const foreign = join(folder, "foreign");
    await mkdir(foreign);
    await writeFile(join(foreign, "thesis.tex"), "");
    await expect(SweepFolder.plan(foreign, spec([8]))).rejects.toThrow("is not empty and holds no sweep");
    await expect(SweepFolder.open(foreign)).rejects.toThrow("holds no sweep");
  });

  it("reads a spec from YAML; a broken one is refused with its line", async () => {
    const path = join(folder, "spec.yaml");
    await writeFile(
      path,
      "name: small\npolicies: runs/a\nevaluate: {episodes: 2}\naxes:\n  perturb.lesion: [0, 1]\n",
    );
    expect(await readSweepSpec(path)).toMatchObject({ policies: ["runs/a"], seeds: [0], design: "grid" });
    await writeFile(path, "name: [small\n");
    await expect(readSweepSpec(path)).rejects.toThrow(UsageError);
    await expect(readSweepSpec(join(folder, "none.yaml"))).rejects.toThrow("no such file");
  });
});
