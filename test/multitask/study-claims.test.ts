import { describe, expect, it } from "vitest";
import { claimSection, verdict } from "../../multitask/study/claims.ts";
import { groupsOf } from "../../multitask/study/groups.ts";
import { meanAndInterval, pairedDifference } from "../../multitask/study/interval.ts";
import { renderStudyPage } from "../../multitask/study/page.ts";
import { planStudy, studySchema } from "../../multitask/study/plan.ts";
import type { JobResult } from "../../multitask/study/run-study.ts";

/** A model's results from its accuracies, one seed after another. */
function results(model: string, settings: string, accuracies: readonly [number, number][]): JobResult[] {
  return accuracies.map((accuracy, seed) => ({
    id: `${model}-${settings}-seed${seed}`,
    group: `${model}-${settings}`,
    section: "models",
    model,
    settings,
    seed,
    data: "drawn",
    samples: { train: 1, test: 1 },
    parameters: 1,
    tasks: ["garment", "digit"],
    epochs: 1,
    accuracy,
    bestAccuracy: accuracy,
    calibrationError: [0, 0],
    secondsPerEpoch: 1,
    activity: [],
    noise: [],
  }));
}

const rowOf = (page: string, start: string) =>
  page
    .split("\n")
    .find((line) => line.replaceAll(/ +/g, " ").startsWith(start))
    ?.replaceAll(/ +/g, " ");

describe("intervals of a study", () => {
  it("are Student's t of the mean, and none for one value", () => {
    // Standard deviation 1 of three values: 4.3027 / sqrt(3).
    const { mean, half } = meanAndInterval([0.8, 0.81, 0.82]);
    expect(mean).toBeCloseTo(81, 10);
    expect(half).toBeCloseTo(4.302652729911275 / Math.sqrt(3), 6);
    expect(meanAndInterval([0.5])).toEqual({ mean: 50, half: null });
  });

  it("of a difference pair the seeds that both have, whatever their order", () => {
    const one = new Map([
      [2, 0.86],
      [0, 0.83],
      [1, 0.84],
      [3, 0.1],
    ]);
    const other = new Map([
      [0, 0.82],
      [1, 0.82],
      [2, 0.83],
    ]);
    // Differences 1, 2 and 3 points: mean 2, standard deviation 1.
    const { mean, half, pairs } = pairedDifference(one, other)!;
    expect(pairs).toBe(3);
    expect(mean).toBeCloseTo(2, 10);
    expect(half).toBeCloseTo(4.302652729911275 / Math.sqrt(3), 6);
    expect(pairedDifference(one, new Map([[9, 0.5]]))).toBeNull();
    expect(pairedDifference(one, new Map([[3, 0.05]]))).toMatchObject({ half: null, pairs: 1 });
  });
});

describe("claims of a study", () => {
  it("stand with their difference and its interval, computed from the runs", () => {
    const page = claimSection(
      groupsOf([
        // Means of both tasks: 84, 85, 86.5; 80, 81, 82; 83, 86, 88; 85.
        ...results("hh-published-fc", "published", [
          [0.83, 0.85],
          [0.84, 0.86],
          [0.85, 0.88],
        ]),
        ...results("lif-fc", "published", [
          [0.78, 0.82],
          [0.8, 0.82],
          [0.8, 0.84],
        ]),
        ...results("4lif-fc", "published", [
          [0.82, 0.84],
          [0.85, 0.87],
          [0.86, 0.9],
        ]),
        ...results("s-lif2hh-fc", "published", [[0.84, 0.86]]),
      ]),
      [],
    ).join("\n\n");
    // Differences 4, 4 and 4.5: mean 25/6, standard deviation sqrt(1/12), half 4.303 sqrt(1/36) = 0.717.
    expect(rowOf(page, "| published | fc | HH (as published) beats")).toBe(
      "| published | fc | HH (as published) beats LIF of the same width | 3 | +4.17 [+3.45, +4.88] | yes |",
    );
    // Differences 1, -1 and -1.5: mean -0.5, standard deviation sqrt(7/4), half 4.303 sqrt(7/12) = 3.287.
    expect(rowOf(page, "| published | fc | HH (as published) equals")).toBe(
      "| published | fc | HH (as published) equals LIF of four times the width | 3 | -0.50 [-3.79, +2.79] | no difference seen |",
    );
    expect(rowOf(page, "| published | fc | s-LIF2HH beats")).toMatch(
      /\| 1 \| \+5\.00 \| one seed, no interval: open \|$/,
    );
    expect(page).not.toContain("biophysical");
    expect(claimSection(groupsOf(results("lif-fc", "published", [[0.8, 0.8]])), [])).toEqual([]);
  });

  it("are judged by where zero lies", () => {
    expect(verdict("better", 2, 1)).toBe("yes");
    expect(verdict("better", 1, 2)).toMatch(/^open/);
    expect(verdict("better", -2, 1)).toMatch(/^no/);
    expect(verdict("equal", 2, 1)).toBe("no: better");
    expect(verdict("equal", -2, 1)).toBe("no: worse");
    expect(verdict("equal", 2, 2.1)).toBe("no difference seen");
  });
});

describe("the second learning rate", () => {
  it("is that of every fully connected model and seed under matched, with a table and claims of its own", () => {
    const config = studySchema.parse({ data: "x", models: ["lif-fc", "hh-fc", "hh-conv"], seeds: 2 });
    const again = planStudy(config).filter(({ section }) => section === "rates");
    expect(again.map(({ id }) => id)).toEqual([
      "lif-fc-matched-rate0.001-seed0",
      "hh-fc-matched-rate0.001-seed0",
      "lif-fc-matched-rate0.001-seed1",
      "hh-fc-matched-rate0.001-seed1",
    ]);
    for (const { request } of again) {
      expect(request).toMatchObject({ settings: "matched", network: { learningRate: 1e-3 } });
    }
    expect(planStudy({ ...config, settings: ["published"] }).some(({ section }) => section === "rates")).toBe(
      false,
    );

    const atRate = (model: string, accuracies: [number, number][]) =>
      results(model, "matched", accuracies).map((run) => ({
        ...run,
        section: "rates" as const,
        group: `${model}-matched-rate0.001`,
      }));
    const page = renderStudyPage(
      {
        results: [
          ...results("lif-fc", "matched", [[0.8, 0.82]]),
          ...results("hh-fc", "published", [[0.7, 0.7]]),
          ...atRate("lif-fc", [[0.81, 0.85]]),
          ...atRate("hh-fc", [[0.86, 0.88]]),
        ],
        planned: 4,
        complete: true,
      },
      "spikegym multitask study",
    );
    expect(rowOf(page, "| matched, rate 0.001 | fc | biophysical HH beats LIF")).toContain("+4.00");
    expect(rowOf(page, "| matched | fc | biophysical HH beats LIF")).toContain("-11.00");
    expect(page).toContain("`lif-fc` +2.00; `hh-fc` +17.00.");
  });
});

describe("a model whose settings do not differ", () => {
  it("is trained once, and stands in both tables", () => {
    const config = studySchema.parse({ data: "x", models: ["lif-fc", "hh-fc", "hh-conv"], seeds: 1 });
    const trained = planStudy(config).filter(({ section }) => section === "models");
    expect(trained.map(({ id }) => id)).toEqual([
      "lif-fc-published-seed0",
      "hh-fc-published-seed0",
      "hh-conv-published-seed0",
      "lif-fc-matched-seed0",
    ]);
    const matched = planStudy({ ...config, settings: ["matched"] });
    expect(matched.map(({ id }) => id)).toContain("hh-fc-matched-seed0");

    const page = renderStudyPage(
      {
        results: [
          ...results("lif-fc", "published", [[0.8, 0.8]]),
          ...results("hh-fc", "published", [[0.7, 0.7]]),
          ...results("lif-fc", "matched", [[0.9, 0.9]]),
        ],
        planned: 3,
        complete: true,
      },
      "spikegym multitask study",
    );
    const [before, after] = page.split("## Settings `matched`");
    expect(before).toMatch(/\| hh-fc +\| +1 \| +1 \| +70\.00 /);
    expect(after).toMatch(/\| hh-fc +\| +1 \| +1 \| +70\.00 /);
    expect(after).toContain("`hh-fc`: the same trainings as above");
    expect(rowOf(page, "| matched | fc | biophysical HH beats LIF")).toContain("-20.00");
  });
});
