import { expect, it } from "vitest";
import type { Cell } from "../../../training/report/cells.ts";
import { judgeClaims, judgeTraining } from "../../../training/studies/robustness-verdicts.ts";

const cell = (model: string, severity: number | null, scores: number[], noise: unknown[] = []): Cell =>
  ({
    agent: `tuned/double-${model}${noise.length > 0 ? ", perturbations [...]" : ""}`,
    condition: { key: `push ${severity}`, perturbation: "push", level: severity, severity, crossed: {} },
    records: [{ trial: { factors: { "training.perturbations": noise } } }],
    scores,
  }) as unknown as Cell;

it("a policy that was worse to begin with is not called less robust for that", () => {
  // Half the return under every condition, and the same share kept.
  const cells = [0, 1, 2].flatMap((severity) => {
    const strong = [9000, 9200, 8800].map((score) => score * 0.9 ** severity);
    return [
      cell("hh-published", severity, strong),
      cell("lif", severity, [...strong.map((score) => score / 2).slice(1), 4500 * 0.9 ** severity]),
    ];
  });
  const [byReturn, byShare] = judgeClaims(cells);
  expect(byReturn).toMatch(/^hh-published against lif: \*\*too few runs to say\*\*: every run higher/);
  expect(byShare).toMatch(/share of the unperturbed return that is kept: \*\*not told apart\*\*|too few/);
  expect(byShare).not.toContain("**higher**");
});

it("three runs against three that never overlap are no proof: 2 of 20 orders do that by chance", () => {
  const noise = [{ axis: "sensor-noise" }];
  const [line] = judgeTraining(
    [cell("hh-published", null, [9, 8, 7], noise), cell("lif", null, [1, 2, 3], noise)],
    "trained-state-noise",
  );
  expect(line).toContain("every run higher, which 3 against 3 are by chance with p = 0.10");
});
