import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadReplay } from "../../core/replay-file/load-replay.ts";
import { loadTwoImages } from "../../multitask/data/load.ts";
import { models } from "../../multitask/models/index.ts";
import { resolveConfig } from "../../multitask/run-config.ts";
import { runStudy } from "../../multitask/study/run-study.ts";
import { learningRate, trainClassifier } from "../../multitask/train.ts";
import { readCheckpoint } from "../../training/checkpoint.ts";
import { runSpikegym } from "../cli/run-for-tests.ts";

const DATA = join(import.meta.dirname, "../fixtures/multitask");

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "spikegym-multitask-"));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

describe("training a classifier", () => {
  it("stopped anywhere and resumed, equals an uninterrupted run to the bit", async () => {
    const data = await loadTwoImages(DATA);
    const [hidden] = models.get("lif-fc").config("published").layers;
    const small = { ...hidden!, parameters: { ...hidden!.parameters, units: 32 } };
    const config = resolveConfig({
      model: "lif-fc",
      data: DATA,
      seed: 5,
      noise: { kind: "fresh", level: 20 },
      network: { epochs: 3, batchSize: 16, layers: [small] },
    });
    const whole = await trainClassifier(config, data, { out: join(out, "whole") });
    // Stops within the second epoch, and again later.
    for (const batches of [6, 3]) {
      const stop = new AbortController();
      let seen = 0;
      await trainClassifier(config, data, {
        out: join(out, "parts"),
        resume: batches !== 6,
        signal: stop.signal,
        onProgress: () => {
          if (++seen === batches) stop.abort();
        },
      });
    }
    const parts = await trainClassifier(config, data, { out: join(out, "parts"), resume: true });
    const timeless = (epochs: typeof whole.epochs) => epochs.map((e) => ({ ...e, trainSeconds: 0 }));
    expect(timeless(parts.epochs)).toEqual(timeless(whole.epochs));
    const arrays = async (name: string) =>
      (await readCheckpoint(join(out, name, "checkpoints"), "latest")).arrays;
    expect(await arrays("parts")).toEqual(await arrays("whole"));
    const rows = (name: string) =>
      readFileSync(join(out, name, "metrics.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { step: number }).step);
    expect(rows("parts")).toEqual([1, 2, 3]);
  });

  it("the rate falls to a tenth after each milestone", () => {
    const settings = { learningRate: 1, milestones: [10, 20] };
    expect([0, 9, 10, 19, 20].map((epoch) => learningRate(settings, epoch))).toEqual([
      1, 1, 0.1, 0.1, 0.010000000000000002,
    ]);
  });
});

describe("spikegym multitask", () => {
  it("trains, evaluates and tests under noise from the command line, one JSON document each", async () => {
    const run = join(out, "run");
    const train = await runSpikegym([
      ..."multitask train lif-fc --settings matched --epochs 10 --set learningRate=0.003 --json --data".split(
        " ",
      ),
      DATA,
      "--out",
      run,
    ]);
    expect(train.stderr).not.toContain("spikegym:");
    const trained = JSON.parse(train.stdout);
    expect(trained.parameters).toBe(690_734);
    expect(trained.epochs).toHaveLength(10);
    expect(trained.epochs[0]).toEqual(
      expect.objectContaining({
        loss: expect.any(Number),
        accuracy: [expect.any(Number), expect.any(Number)],
        trainSeconds: expect.any(Number),
      }),
    );
    // Ten discs and ten bars: easy, far above the 10 % of guessing.
    for (const accuracy of trained.epochs.at(-1).accuracy) expect(accuracy).toBeGreaterThan(0.5);

    const pictures = join(out, "pictures");
    const evaluated = JSON.parse(
      (await runSpikegym(["multitask", "eval", run, "--json", "--pictures", pictures])).stdout,
    );
    const [garment] = evaluated.tasks;
    expect(garment.confusion.flat().reduce((a: number, b: number) => a + b)).toBe(20);
    expect(garment.perClass).toHaveLength(10);
    expect(garment.calibration.expectedError).toBeGreaterThanOrEqual(0);
    expect(evaluated.activity[0].spikesPerImage).toBeGreaterThan(0);
    expect(evaluated.pictures).toHaveLength(5);
    for (const picture of evaluated.pictures) expect(readFileSync(picture).length).toBeGreaterThan(500);
    // Classes go by their names where the set has some.
    expect(garment.classNames[1]).toBe("trouser");
    expect(evaluated.tasks[1].classNames[1]).toBe("1");
    expect(readFileSync(join(pictures, "confusion-garment.svg"), "utf8")).toContain(">ankle boot</text>");
    expect(readFileSync(join(pictures, "spikes-hidden-image0.svg"), "utf8")).toMatch(
      /test image 0: garment [a-zT/ -]+, digit \d;/,
    );

    const path = join(out, "images.mcap");
    const recording = ["--replay", path, "--image", "2", "--replay-images", "3"];
    expect((await runSpikegym(["multitask", "eval", run, "--json", ...recording])).exitCode).toBe(0);
    const replay = await loadReplay(readFileSync(path), "images.mcap");
    expect(replay.episodes.map(({ label }) => label.slice(0, 12))).toEqual(
      [2, 3, 4].map((i) => `test image ${i}`),
    );
    const { test } = await loadTwoImages(DATA);
    const pixels = new Float32Array(36 * 36);
    test.writeImage(3, pixels, 0);
    const { actions, observations } = replay.frames;
    expect([...replay.images!.pixels.subarray(1 * 36 * 36, 2 * 36 * 36)]).toEqual([...pixels]);
    // Two frames an episode: the decision, and the state after it.
    expect([...observations.subarray(4, 6)]).toEqual([test.label(3, 0), test.label(3, 1)]);
    const shares = actions.subarray(2 * 20, 2 * 20 + 10);
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 5);

    const beyond = await runSpikegym(["multitask", "eval", run, "--image", "99", "--pictures", pictures]);
    expect([beyond.exitCode, beyond.stderr.trim()]).toEqual([
      2,
      "spikegym: --image is 99, but there are 20 test images",
    ]);

    const noise = JSON.parse(
      (await runSpikegym(["multitask", "noise", run, "--kinds", "fresh,shift", "--json"])).stdout,
    );
    expect(
      noise.results.map(({ kind, level }: { kind: string; level: number }) => `${kind} ${level}`),
    ).toEqual(["none 0", "fresh 25", "fresh 50", "fresh 75", "shift 1", "shift 2", "shift 4"]);
    expect(noise.results[0].accuracy).toEqual(evaluated.tasks.map((t: { accuracy: number }) => t.accuracy));
  });

  it("answers wrong usage in one line, exit 2", async () => {
    const wrong = async (line: string) => {
      const { exitCode, stderr } = await runSpikegym(line.split(" "));
      expect({ line, exitCode }).toEqual({ line, exitCode: 2 });
      return stderr.trim().split("\n").at(-1);
    };
    expect(await wrong("multitask")).toContain("expected what to do (known: data, train");
    expect(await wrong("multitask trian")).toContain('unknown verb "trian"; did you mean "train"?');
    expect(await wrong("multitask train lif-fc --epoch 3")).toContain('did you mean "--epochs"?');
    expect(await wrong("multitask train hh --data nowhere")).toContain('unknown model "hh"');
    expect(await wrong("multitask train lif-fc --data nowhere")).toContain("nowhere does not exist");
    expect(await wrong("multitask train lif-fc --settings both")).toContain("Expected published or matched");
    expect(await wrong("multitask train lif-fc --noise-kind fresh")).toContain("add --noise LEVEL");
    expect(await wrong(`multitask train lif-fc --data ${DATA} --noise 5 --noise-kind blur`)).toContain(
      'unknown corruption "blur"',
    );
    expect(await wrong(`multitask train lif-fc --data ${DATA} --tasks digits`)).toContain(
      'did you mean "digit"?',
    );
    expect(await wrong(`multitask eval ${DATA}`)).toContain("is no run folder");
    expect(await wrong("multitask information cnn")).toContain("cnn is not measured");
  });
});

describe("spikegym multitask study", () => {
  it("is done in parts, leaves alone what is done, and writes the page from the results", async () => {
    const arguments_ = [
      ..."multitask study --models lif-fc --settings published --seeds 2 --epochs 1 --json --data".split(" "),
      DATA,
      "--out",
      out,
    ];
    const stop = new AbortController();
    const config = {
      data: DATA,
      models: ["lif-fc"],
      settings: ["published" as const],
      seeds: 2,
      convSeeds: 1,
      epochs: 1,
      convEpochs: null,
      limit: null,
      informationEpochs: 0,
      scale: null,
    };
    const part = await runStudy(config, {
      out,
      signal: stop.signal,
      onProgress: (_job, number) => {
        if (number === 2) stop.abort();
      },
    });
    expect([part.results.length, part.planned, part.complete]).toEqual([1, 10, false]);
    const first = readFileSync(join(out, "lif-fc-published-seed0", "result.json"), "utf8");
    const full = await runSpikegym([...arguments_, "--scale", "full"]);
    expect(full.exitCode).toBe(2);
    expect(full.stderr).toMatch(/--scale full, but .* holds the subset set: .* get the full ones/);
    const { exitCode, stdout } = await runSpikegym([...arguments_, "--information", "1"]);
    expect(exitCode).toBe(0);
    const document = JSON.parse(stdout);
    expect([document.results.length, document.complete]).toEqual([10, true]);
    expect(readFileSync(join(out, "lif-fc-published-seed0", "result.json"), "utf8")).toBe(first);
    const page = readFileSync(document.page, "utf8");
    expect(page).toMatch(
      /10 of 10 trainings are done\. Made by spikegym [^\n]+\. Data: Multi-Fashion\+MNIST \(subset: 60 train, 20 test\)\./,
    );
    expect(page).toMatch(/\| lif-fc +\| +2 \| +1 \|/);
    expect(page).not.toContain(DATA);
    expect(document.information).toHaveLength(10);
    for (const form of ["corrected", "published"]) {
      expect(page).toMatch(new RegExp(`\\| s-lif2hh +\\| ${form} +\\| +1 \\|`));
      const picture = `${basename(document.page, ".md")}-information-${form}.svg`;
      expect(page).toContain(`(${picture})`);
      expect(readFileSync(join(dirname(document.page), picture), "utf8")).toContain("The information plane");
    }

    // The data beside the page are enough: elsewhere nothing is trained again.
    const elsewhere = mkdtempSync(join(tmpdir(), "spikegym-study-"));
    try {
      const copy = (name: string) => join(elsewhere, name);
      writeFileSync(copy("page.json"), readFileSync(document.page.replace(/md$/, "json")));
      const again = [...arguments_, "--information", "1", "--report", copy("page.md")];
      again[again.indexOf("--out") + 1] = copy("work");
      const kept = await runSpikegym(again);
      expect(kept.exitCode).toBe(0);
      expect(kept.stderr).toContain("20 results stand in");
      expect(existsSync(copy("work/lif-fc-published-seed0/checkpoints"))).toBe(false);
      expect(
        readFileSync(copy("page.md"), "utf8").replaceAll("page-information", "multitask-information"),
      ).toBe(page);

      // A study of another model adds to what is published, and takes nothing away.
      again[again.indexOf("--models") + 1] = "ann-fc";
      const added = await runSpikegym(again);
      expect(added.exitCode).toBe(0);
      expect(added.stderr).toContain("10 results there are of nothing in this plan; they stay");
      const both = readFileSync(copy("page.md"), "utf8");
      expect(both).toContain("2 of 2 trainings are done. 10 more stand here from before");
      expect(both).toMatch(/\| lif-fc +\| +2 \| +1 \|/);
      expect(both).toMatch(/\| ann-fc +\| +2 \| +1 \|/);
      expect(JSON.parse(readFileSync(copy("page.json"), "utf8")).results).toHaveLength(12);

      again[again.indexOf("--epochs") + 1] = "2";
      expect((await runSpikegym(again)).stderr).toMatch(/page.json holds a study of another extent/);
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });
});
