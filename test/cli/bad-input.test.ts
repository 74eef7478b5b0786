import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSmallDisk } from "../training/small-disk.ts";
import { makeTemporaryFolder } from "../training/temporary-folder.ts";
import { type Outcome, runSpikegym } from "./run-for-tests.ts";

/** A run as short as can be: two evaluations, a few updates of a small network. */
const SHORT = [
  "--steps=100",
  "--set=algorithm.parameters.randomSteps=50",
  "--set=training.evaluateEvery=50",
  "--set=training.evaluationEpisodes=2",
  "--set=policy.population=8",
  "--set=policy.hidden=[8,8]",
  "--seed=1",
];

const PRESET = "tuned/double-lif";

let trained: string;

beforeAll(async () => {
  trained = join(mkdtempSync(join(tmpdir(), "spikegym-")), "run");
  const { exitCode, stderr } = await runSpikegym(["train", PRESET, ...SHORT, "--out", trained, "--json"]);
  expect(exitCode, stderr).toBe(0);
});

afterAll(() => rmSync(join(trained, ".."), { recursive: true, force: true }));

/** A copy of the trained run that a test may damage. */
function copyRun(): string {
  const run = join(makeTemporaryFolder(), "run");
  cpSync(trained, run, { recursive: true });
  return run;
}

/** Nothing on stdout, one line on stderr, that exit code; progress and notes of the work before it do not count. */
function expectFailure({ exitCode, stdout, stderr }: Outcome, code: 1 | 2, message: RegExp): void {
  const complaints = stderr.split("\n").filter((line) => line.startsWith("spikegym: "));
  expect(complaints, stderr).toHaveLength(1);
  expect(complaints[0]).toMatch(message);
  expect(complaints[0]).not.toContain("internal error");
  expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
}

describe("wrong usage or configuration is one line with the nearest name, exit 2", () => {
  it.each<[words: string[], message: RegExp]>([
    [["train"], /expected a preset/],
    [["train", "tuned/doubel-lif"], /unknown preset "tuned\/doubel-lif"; did you mean "tuned\/double-lif"\?/],
    [
      ["train", PRESET, "--env", "InvertedPendulum-v4"],
      /unknown environment .* did you mean "InvertedPendulum-v5"\?/,
    ],
    [["train", PRESET, "--engine", "mater"], /unknown engine "mater"; did you mean "matter"\?/],
    [["train", PRESET, "--neuron", "hh-publisht"], /unknown neuron .* did you mean "hh-published"\?/],
    [["train", PRESET, "--algo", "sca"], /unknown algorithm "sca".*sac/],
    [["train", PRESET, "--steps", "0"], /--steps.*Expected an integer at least 1/],
    [["train", PRESET, "--set", "steps"], /--set.*Expected key=value/],
    [["train", PRESET, "--set", "trainig.steps=5"], /unknown key .*"trainig"; did you mean "training"\?/],
    [["train", PRESET, "--set", "training.stepz=5"], /unknown key "training.stepz"; did you mean "steps"\?/],
    [["train", PRESET, "--set", "training.steps=many"], /"training.steps" is "many"/],
    [["train", PRESET, "--set", "training.steps=1e999"], /"training.steps" is/],
    [["train", PRESET, "--set", "algorithm.parameters.gamma=3"], /"algorithm.parameters.gamma" is 3/],
    [["train", PRESET, "--set", "environment.parameters.cartMassKg=-1"], /"cartMassKg" is -1/],
    [
      ["train", PRESET, "--set", "environment.parameters.cartMas=1"],
      /unknown key "cartMas"; did you mean "cartMassKg"\?/,
    ],
    [
      ["train", PRESET, "--set", "policy.neuron.parameters.thresh=1"],
      /unknown key "thresh"; did you mean "threshold"\?/,
    ],
    [["train", PRESET, "--set", "__proto__.polluted=1"], /unknown key .*"__proto__"/],
    [["start", "tuned/doubel-hh"], /unknown preset .* did you mean "tuned\/double-hh"\?/],
    [["bench", "updat"], /did you mean "update"\?/],
    [["eval"], /missing required argument 'run'/],
  ])("spikegym %j", async (words, message) => {
    const out = join(makeTemporaryFolder(), "run");
    const writes = words[0] === "train" || words[0] === "start";
    expectFailure(await runSpikegym([...words, ...(writes ? ["--out", out] : [])]), 2, message);
    // A configuration that cannot be run leaves no run behind.
    expect(existsSync(out)).toBe(false);
  });

  it.each<[words: (run: string) => string[], message: RegExp]>([
    [(run) => ["train", PRESET, ...SHORT, "--out", run], /already holds a run; go on with --resume/],
    [(run) => ["train", PRESET, "--resume", run], /cannot go with --resume/],
    [(run) => ["train", "--resume", run, "--seed", "2"], /--seed cannot go with --resume/],
    [(run) => ["train", "--resume", `${run}/nowhere`], /nowhere is no run folder/],
    [(run) => ["train", "--resume", join(run, "..")], /is no run folder.*runs in it: run/],
    [(run) => ["eval", `${run}/nowhere`], /nowhere does not exist/],
    [(run) => ["eval", join(run, "metrics.jsonl")], /metrics\.jsonl is no checkpoint/],
    [(run) => ["eval", run, "--episodes", "0"], /--episodes.*Expected an integer from 1/],
    [(run) => ["eval", run, "--engine", "lagrange"], /unknown engine .* did you mean "lagrangian"\?/],
    [
      (run) => ["eval", run, "--episodes", "1", "--record", "film.mp4"],
      /film\.mp4, expected a file name ending in \.mcap/,
    ],
  ])("of a run, too, and the run stays as it is (%#)", async (words, message) => {
    const run = copyRun();
    expectFailure(await runSpikegym(words(run)), 2, message);
    for (const file of ["config.json", "metrics.jsonl", "summary.json"]) {
      expect(readFileSync(join(run, file), "utf8"), file).toBe(readFileSync(join(trained, file), "utf8"));
    }
  });
});

describe("files that are damaged or foreign are one line, exit 1", () => {
  const arraysOf = (run: string, name: string) =>
    join(
      run,
      "checkpoints",
      readdirSync(join(run, "checkpoints")).find((file) => file.startsWith(`${name}-`))!,
    );

  /** Leaves only the newest checkpoint of that name, so that nothing can step in for it. */
  const forgetPrevious = (run: string, name: string) =>
    rmSync(join(run, "checkpoints", `${name}.previous.json`), { force: true });

  it("a cut-off checkpoint", async () => {
    const run = copyRun();
    forgetPrevious(run, "best");
    const { file } = (
      JSON.parse(readFileSync(join(run, "checkpoints", "best.json"), "utf8")) as {
        arrays: { file: string };
      }
    ).arrays;
    truncateSync(join(run, "checkpoints", file), 100);
    expectFailure(await runSpikegym(["eval", run, "--episodes", "1"]), 1, /has 100 bytes, expected \d+/);
  });

  it("a checkpoint document that is something else", async () => {
    const run = copyRun();
    forgetPrevious(run, "best");
    writeFileSync(join(run, "checkpoints", "best.json"), '{"name": "left-pad", "version": "1.0.0"}');
    expectFailure(await runSpikegym(["eval", run, "--episodes", "1"]), 1, /best\.json is no checkpoint/);
  });

  it("a checkpoint of another network", async () => {
    const run = copyRun();
    const config = join(run, "config.json");
    writeFileSync(config, readFileSync(config, "utf8").replace('"population": 8', '"population": 16'));
    expectFailure(
      await runSpikegym(["eval", run, "--episodes", "1"]),
      1,
      /sac: .*expected \[\d+\].*another network/,
    );
  });

  it("a cut-off configuration", async () => {
    const run = copyRun();
    truncateSync(join(run, "config.json"), 60);
    expectFailure(
      await runSpikegym(["eval", run, "--episodes", "1"]),
      1,
      /config\.json is cut off or no JSON/,
    );
  });

  it("a metrics log of something else, which a resumed run does not touch", async () => {
    const run = copyRun();
    writeFileSync(join(run, "metrics.jsonl"), "step,loss\n1,2\n");
    expectFailure(
      await runSpikegym(["train", "--resume", run, "--steps", "120"]),
      1,
      /metrics\.jsonl:1 is no metrics row/,
    );
    expect(readFileSync(join(run, "metrics.jsonl"), "utf8")).toBe("step,loss\n1,2\n");
  });

  it("a place where nothing can be written", async () => {
    const file = join(makeTemporaryFolder(), "file");
    writeFileSync(file, "mine");
    expectFailure(
      await runSpikegym(["train", PRESET, ...SHORT, "--out", join(file, "run")]),
      1,
      /cannot write .*a part of its path is a file/,
    );
    expectFailure(
      await runSpikegym(["eval", trained, "--episodes", "1", "--record", join(file, "a.mcap")]),
      1,
      /cannot write .*a\.mcap/,
    );
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  it("a full disk, and what was trained before it can be gone on with", async (context) => {
    const disk = makeSmallDisk(context, 8_000_000);
    const run = join(disk, "run");
    cpSync(trained, run, { recursive: true });
    const before = readFileSync(join(run, "checkpoints", "latest.json"), "utf8");
    // All that is left is taken; the kernel's own count of what fits is the only one that is right.
    const filler = join(disk, "filler");
    for (let size = 8_000_000; size >= 4096; size = Math.floor(size / 2)) {
      try {
        writeFileSync(filler, Buffer.alloc(size), { flag: "a" });
      } catch (error) {
        expect(error).toMatchObject({ code: "ENOSPC" });
      }
    }
    expectFailure(
      await runSpikegym(["train", "--resume", run, "--steps", "200"]),
      1,
      /cannot write .*the disk is full; free some space.*\[ENOSPC\]/,
    );
    expect(readFileSync(join(run, "checkpoints", "latest.json"), "utf8")).toBe(before);
    expectFailure(
      await runSpikegym(["eval", run, "--episodes", "1", "--record", join(run, "replays", "a.mcap")]),
      1,
      /the disk is full/,
    );
    expect(existsSync(join(run, "replays", "a.mcap"))).toBe(false);

    rmSync(filler);
    const { exitCode, stdout, stderr } = await runSpikegym([
      "train",
      "--resume",
      run,
      "--steps",
      "200",
      "--json",
    ]);
    expect(exitCode, stderr).toBe(0);
    expect((JSON.parse(stdout) as { steps: number }).steps).toBe(200);
  });

  it("arrays that are gone while the checkpoint before them is there: a warning, and the work is done", async () => {
    const run = copyRun();
    // A second stretch of training, so that there is a checkpoint before the latest.
    expect((await runSpikegym(["train", "--resume", run, "--steps", "150", "--json"])).exitCode).toBe(0);
    const { file } = (
      JSON.parse(readFileSync(join(run, "checkpoints", "latest.json"), "utf8")) as {
        arrays: { file: string };
      }
    ).arrays;
    rmSync(join(run, "checkpoints", file));
    expect(existsSync(arraysOf(run, "latest"))).toBe(true);
    const { exitCode, stdout, stderr } = await runSpikegym([
      "train",
      "--resume",
      run,
      "--steps",
      "160",
      "--json",
    ]);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/no such file or folder.*going on from the checkpoint before it/);
    expect((JSON.parse(stdout) as { steps: number }).steps).toBe(160);
  });
});

it("Ctrl-C while recording is one line, exit 1, and no file takes the place of a whole one", async () => {
  const file = join(makeTemporaryFolder(), "a.mcap");
  const interruption = new AbortController();
  interruption.abort();
  const outcome = await runSpikegym(
    ["eval", trained, "--episodes", "1", "--record", file],
    interruption.signal,
  );
  expectFailure(outcome, 1, /^spikegym: eval: stopped before it was done$/);
  expect(existsSync(file)).toBe(false);
});
