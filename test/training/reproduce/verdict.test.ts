import { describe, expect, it } from "vitest";
import { judge, type Scores } from "../../../training/reproduce/verdict.ts";

const show = (value: number) => value.toFixed(1);
const scores = (own: Record<string, number[]>): Scores => new Map(Object.entries(own));

describe("judge", () => {
  const lif = [10, 11, 12];
  const wide = [30, 31, 32];

  it("holds where the better is better beyond doubt and as good as the wide one within the margin", () => {
    const own = scores({ lif, "4lif": wide, "hh-published": [30, 31, 32], "s-lif2hh": [33, 34, 35] });
    expect(judge({ scores: own, margin: 3, show }).holds).toBe("holds");
  });

  it("does not hold where a part of the claim is contradicted", () => {
    const own = scores({ lif, "4lif": wide, "hh-published": [20, 21, 22], "s-lif2hh": [30, 31, 32] });
    const { holds, sentence } = judge({ scores: own, margin: 3, show });
    expect(holds).toBe("does not hold");
    expect(sentence).toContain("hh-published better than lif: holds");
    expect(sentence).toContain("hh-published as good as 4lif: does not hold");
  });

  it("is undecided where the intervals leave it open", () => {
    const own = scores({ lif: [1, 20, 3], "hh-published": [2, 19, 6] });
    expect(judge({ scores: own, margin: 1, show }).holds).toBe("undecided");
  });

  it("claims nothing of fewer than three runs, however far apart, nor of models that were not run", () => {
    expect(judge({ scores: scores({ lif: [1, 1], "hh-published": [99, 99] }), margin: 1, show }).holds).toBe(
      "undecided",
    );
    expect(judge({ scores: scores({ lif }), margin: 1, show }).holds).toBe("undecided");
  });
});
