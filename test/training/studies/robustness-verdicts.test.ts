import { expect, it } from "vitest";
import type { RobustnessCell } from "../../../training/studies/robustness-data.ts";
import { judgeClaims, judgeTraining } from "../../../training/studies/robustness-verdicts.ts";

const cell = (model: string, severity: number | null, scores: number[], noisy = false): RobustnessCell =>
  ({
    agent: `tuned/double-${model}${noisy ? ", perturbations [...]" : ""}`,
    condition: { key: `push ${severity}`, perturbation: "push", level: severity, severity, crossed: {} },
    records: [{ row: { noisy } }],
    scores,
  }) as unknown as RobustnessCell;

it("a policy that was worse to begin with is not called less robust for that", () => {
  // Half the return under every condition, and the same share kept.
  const cells = [0, 1, 2].flatMap((severity) => {
    const strong = [9000, 9200, 8800].map((score) => score * 0.9 ** severity);
    return [
      cell("hh-published", severity, strong),
      cell("lif", severity, [...strong.map((score) => score / 2).slice(1), 4500 * 0.9 ** severity]),
    ];
  });
  const {
    byReturn: [byReturn],
    byShare: [byShare],
  } = judgeClaims(cells);
  expect(byReturn?.line).toMatch(/^hh-published against lif: \*\*too few runs to say\*\*: every run higher/);
  expect(byShare?.line).toMatch(
    /share of the unperturbed return that is kept: \*\*not told apart\*\*|too few/,
  );
  expect(byShare?.line).not.toContain("**higher**");
});

it("three runs against three that never overlap are no proof: 2 of 20 orders do that by chance", () => {
  const { between } = judgeTraining(
    [cell("hh-published", null, [9, 8, 7], true), cell("lif", null, [1, 2, 3], true)],
    "trained-state-noise",
  );
  expect(between[0]?.line).toContain("every run higher, which 3 against 3 are by chance with p = 0.10");
});
