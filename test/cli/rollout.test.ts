import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packageRoot } from "../../training/package-root.ts";
import { runSpikegym } from "./run-for-tests.ts";

interface Rollout {
  readonly steps: {
    readonly observation: number[];
    readonly reward: number;
    readonly terminated: boolean;
    readonly truncated: boolean;
    readonly state: { readonly qpos: number[]; readonly qvel: number[] };
    readonly energyJ: number;
    readonly jointGapM: number;
  }[];
}

interface Undamped {
  readonly systems: Record<
    "single" | "double",
    {
      readonly trajectories: {
        readonly name: string;
        readonly init_qpos: number[];
        readonly init_qvel: number[];
        readonly force: number[];
        readonly qpos: number[][];
        readonly energy: number[];
      }[];
    }
  >;
}

const undamped = JSON.parse(
  readFileSync(join(packageRoot(), "test/fixtures/physics/undamped.json"), "utf8"),
) as Undamped;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spikegym-rollout-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function rollout(...args: string[]): Promise<Rollout> {
  const { exitCode, stdout, stderr } = await runSpikegym(["rollout", "--json", ...args]);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Rollout;
}

/** The fixture's link angles are absolute, the command line's relative. */
const relative = (q: readonly number[]) => q.map((x, i) => (i < 2 ? x : x - q[i - 1]!));

describe("rollout --ideal", () => {
  const cases = (["single", "double"] as const).flatMap((system) =>
    undamped.systems[system].trajectories.flatMap((trajectory) =>
      (["lagrangian", "matter", "mujoco"] as const).map((engine) => ({
        system,
        trajectory,
        name: trajectory.name,
        engine,
      })),
    ),
  );

  it.each(cases)(
    "$engine follows $name of the $system pendulum for a second",
    async ({ system, trajectory, engine }) => {
      const count = 50;
      const { init_qpos, init_qvel, force, qpos, energy } = trajectory;
      const { steps } = await rollout(
        ...["--env", system === "single" ? "InvertedPendulum-v5" : "InvertedDoublePendulum-v5"],
        ...["--engine", engine, "--ideal"],
        ...["--state", JSON.stringify({ qpos: relative(init_qpos), qvel: relative(init_qvel) })],
        ...["--actions", write("force.json", JSON.stringify(force.slice(0, count)))],
      );
      expect(steps).toHaveLength(count);
      const tolerance = engine === "matter" ? 5e-3 : 1e-7;
      steps.forEach((step, i) => {
        const expected = relative(qpos[i]!);
        step.state.qpos.forEach((q, k) => {
          expect(Math.abs(q - expected[k]!), `step ${i}, joint ${k}`).toBeLessThan(tolerance);
        });
        expect(step.energyJ).toBeCloseTo(energy[i]!, engine === "matter" ? 0 : 5);
        expect(step.jointGapM).toBeLessThan(1e-4);
        expect(step.terminated).toBe(false);
      });
    },
  );
});

describe("rollout --ideal of a long swing", () => {
  it("is never cut off", async () => {
    const { steps } = await rollout(
      "--env",
      "InvertedPendulum-v5",
      "--engine",
      "lagrangian",
      "--ideal",
      "--steps",
      "1500",
    );
    expect(steps).toHaveLength(1500);
    expect(steps.some((step) => step.terminated || step.truncated)).toBe(false);
  });
});

describe("rollout", () => {
  const env = ["--env", "InvertedPendulum-v5"];

  it("stops where the episode ends and says so; --hold-past-end goes on", async () => {
    const actions = ["--actions", write("push.csv", "3\n".repeat(30))];
    const stopped = await runSpikegym(["rollout", ...env, ...actions, "--json"]);
    const { steps } = JSON.parse(stopped.stdout) as Rollout;
    expect(steps.length).toBeLessThan(30);
    expect(steps.map((step) => step.terminated)).toEqual(steps.map((_, i) => i === steps.length - 1));
    expect(stopped.stderr).toMatch(/ended after \d+ of 30 actions \(--hold-past-end goes on\)/);
    const held = await rollout(...env, ...actions, "--hold-past-end");
    expect(held.steps).toHaveLength(30);
    expect(held.steps.slice(0, steps.length)).toEqual(steps);
  });

  it("reads the same actions from JSON numbers, JSON arrays, a CSV column with a name and a CSV line", async () => {
    const texts = [
      "[0.5, -0.25, 1e-3]",
      "[[0.5], [-0.25], [0.001]]",
      "force\n0.5\n-0.25\n0.001\n",
      "0.5,-0.25,0.001",
    ];
    const results = [];
    for (const text of texts) results.push((await rollout(...env, "--actions", write("a", text))).steps);
    for (const steps of results) expect(steps).toEqual(results[0]);
    expect(results[0]).toHaveLength(3);
    expect(results[0]).not.toEqual((await rollout(...env, "--steps", "3")).steps);
  });

  it("derives the start from the seed", async () => {
    const run = (seed: string) => rollout(...env, "--seed", seed, "--steps", "2");
    expect(await run("5")).toEqual(await run("5"));
    expect(await run("5")).not.toEqual(await run("6"));
  });

  it("takes parameters of the environment", async () => {
    const light = await rollout(...env, "--steps", "2", "--config", '{"poleMassKg": 0.1}');
    expect(light.steps[0]!.energyJ).toBeCloseTo(0.1 * 9.81 * 0.3, 2);
  });

  it("prints a summary for people", async () => {
    const { exitCode, stdout } = await runSpikegym(["rollout", ...env, "--steps", "4"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/steps +4 of 0.04 s, still running/);
  });

  const bad: [what: string, args: string[], exitCode: number, message: RegExp][] = [
    ["an unknown environment", ["--env", "InvertedPendulm-v5"], 2, /did you mean "InvertedPendulum-v5"/],
    ["no environment", [], 2, /--env <id>.*not specified/],
    ["an unknown engine", [...env, "--engine", "mater"], 2, /unknown engine "mater"; did you mean "matter"/],
    ["an unknown parameter", [...env, "--config", '{"gera": 3}'], 2, /unknown key "gera"/],
    ["a configuration that is not JSON", [...env, "--config", "{"], 2, /--config is not JSON/],
    [
      "a state of another size",
      [...env, "--state", '{"qpos":[0],"qvel":[0]}'],
      2,
      /expected 2 finite numbers/,
    ],
    ["a state off the rail", [...env, "--state", '{"qpos":[7,0],"qvel":[0,0]}'], 2, /off the rail/],
    ["no steps", [...env, "--steps", "0"], 2, /Expected an integer at least 1/],
    ["a missing file", [...env, "--actions", "no/such/file"], 1, /no such file/],
  ];
  it.each(bad)("answers %s with one line", async (_, args, code, message) => {
    const { exitCode, stdout, stderr } = await runSpikegym(["rollout", ...args]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
  });

  it.each([
    ["a word", '[0, 1, "x"]', 1, /entry 2 is "x", expected a finite number/],
    ["two numbers a step", "0,1\n1,2\n", 1, /entry 0 is \[0,1\], expected a finite number/],
    ["cut-off JSON", "[0, 1", 1, /not JSON/],
    ["an action too large", "[0, 99]", 2, /action 1 is 99, expected -3 to 3/],
  ])("refuses %s among the actions", async (_, text, code, message) => {
    const { exitCode, stderr } = await runSpikegym(["rollout", ...env, "--actions", write("a", text)]);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(code);
  });

  it("refuses more steps than there are actions", async () => {
    const { exitCode, stderr } = await runSpikegym([
      "rollout",
      ...env,
      "--steps",
      "9",
      "--actions",
      write("a", "[0]"),
    ]);
    expect(stderr).toMatch(/--steps is 9, but there are only 1 actions/);
    expect(exitCode).toBe(2);
  });
});
