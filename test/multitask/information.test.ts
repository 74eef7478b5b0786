import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadTwoImages } from "../../multitask/data/load.ts";
import type { InformationResult } from "../../multitask/information/measure.ts";
import { measureInformation } from "../../multitask/information/measure.ts";
import { drawInformationPlane } from "../../multitask/information/plane.ts";
import { informationNeurons, informationSchema } from "../../multitask/information/settings.ts";
import { runSpikegym } from "../cli/run-for-tests.ts";

const DATA = join(import.meta.dirname, "../fixtures/multitask");

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "spikegym-information-"));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const config = (changes: Record<string, unknown>) =>
  informationSchema.parse({ neuron: "lif", data: DATA, units: 32, code: 8, batchSize: 20, ...changes });

describe("the information bottleneck", () => {
  it.each(Object.keys(informationNeurons))("is measured for %s neurons, in both forms", async (neuron) => {
    const data = await loadTwoImages(DATA);
    for (const form of ["published", "corrected"]) {
      const result = await measureInformation(config({ neuron, form, epochs: 1 }), data, {
        out: join(out, form),
      });
      expect(result.epochs).toHaveLength(1);
      expect(result.izxBits).toBeGreaterThan(0);
      // No more is known of the labels than they hold.
      expect(result.izyBits).toBeLessThan(form === "published" ? Math.log2(10) : 2 * Math.log2(10));
    }
  });

  it("learns: the bound on I(Z;Y) rises, and the KL in the loss keeps I(X;Z) down", async () => {
    const data = await loadTwoImages(DATA);
    const run = (name: string, changes: Record<string, unknown>) =>
      // Measured with weights averaged over some thousand updates: it takes that many to show.
      measureInformation(
        config({ pixelScale: 1 / 255, learningRate: 3e-3, batchSize: 3, epochs: 60, ...changes }),
        data,
        { out: join(out, name) },
      );
    const free = await run("free", { form: "corrected", beta: 0 });
    const pressed = await run("pressed", { form: "corrected", beta: 0.1 });
    expect(free.izyBits).toBeGreaterThan(free.epochs[0]!.izyBits + 1);
    expect(pressed.izxBits).toBeLessThan(0.5 * free.izxBits);
  });

  it("goes on where it stopped, to the bit, and refuses other settings in its folder", async () => {
    const data = await loadTwoImages(DATA);
    const whole = await measureInformation(config({ epochs: 3 }), data, { out: join(out, "whole") });
    const stop = new AbortController();
    const part = await measureInformation(config({ epochs: 3 }), data, {
      out: join(out, "parts"),
      signal: stop.signal,
      onProgress: (_epoch, done) => {
        if (done === 4) stop.abort();
      },
    });
    expect([part.epochs.length, part.complete]).toEqual([1, false]);
    const parts = await measureInformation(config({ epochs: 3 }), data, { out: join(out, "parts") });
    const bounds = (r: typeof whole) =>
      r.epochs.map(({ izxBits, izyBits, loss }) => [izxBits, izyBits, loss]);
    expect(bounds(parts)).toEqual(bounds(whole));
    await expect(
      measureInformation(config({ epochs: 3, seed: 1 }), data, { out: join(out, "parts") }),
    ).rejects.toThrow("holds a run of other settings");
  });

  it("prints one JSON document with the bounds of every epoch", async () => {
    const { exitCode, stdout } = await runSpikegym([
      ..."multitask information lif-fc --settings corrected --epochs 2 --json --data".split(" "),
      DATA,
      "--out",
      out,
    ]);
    expect(exitCode).toBe(0);
    const { epochs } = JSON.parse(stdout);
    expect(epochs.map((e: object) => Object.keys(e).slice(0, 3))).toEqual([
      ["epoch", "izxBits", "izyBits"],
      ["epoch", "izxBits", "izyBits"],
    ]);
  });
});

describe("the information plane", () => {
  const run = (form: "published" | "corrected", count: number): InformationResult => ({
    neuron: "lif",
    form,
    seed: 0,
    data: "drawn",
    samples: 1,
    parameters: 1,
    epochs: Array.from({ length: count }, (_, i) => ({
      epoch: i + 1,
      izxBits: 10 - i,
      izyBits: i,
      accuracy: [],
      loss: 0,
      trainSeconds: 0,
    })),
    izxBits: 0,
    izyBits: 0,
    complete: true,
    out: "",
  });
  const namesOf = (...runs: InformationResult[]) =>
    (drawInformationPlane(runs).option.series as { name: string }[]).map(({ name }) => name);

  it("names each curve's form where it shows both, and how far they go", () => {
    expect(namesOf(run("corrected", 2))).toEqual(["lif"]);
    expect(namesOf(run("corrected", 2), run("published", 2))).toEqual(["lif, corrected", "lif, published"]);
    expect(drawInformationPlane([run("corrected", 1)]).description).toContain("over 1 epoch (");
    expect(drawInformationPlane([run("corrected", 1), run("corrected", 3)]).description).toContain(
      "over up to 3 epochs (",
    );
  });
});
