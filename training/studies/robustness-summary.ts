import { round } from "../format-estimate.ts";
import type { RobustnessCell } from "./robustness-data.ts";
import { type ClaimVerdicts, neuronOf, type TrainingVerdicts, type Verdict } from "./robustness-verdicts.ts";

/** What was measured, as far as a sentence on the claim needs it. */
export interface JudgedStudy {
  readonly claims: ClaimVerdicts;
  readonly cells: readonly RobustnessCell[];
  readonly stateNoise: TrainingVerdicts | undefined;
  readonly rewardNoise: TrainingVerdicts | undefined;
}

/** The neuron of the claim's first half, and of its second: four times as wide. */
const RIVAL = "lif";
const WIDE_RIVAL = "4lif";

/** What holds of the paper's claim and what does not, in a sentence each; every word follows from a verdict. */
export function summariseClaim(study: JudgedStudy): string[] {
  const { claims, stateNoise, rewardNoise } = study;
  return [
    ...againstRival(claims.byShare.filter(({ second }) => second === RIVAL)),
    ...byPlainReturn(study),
    againstWideRival(claims.byShare.filter(({ second }) => second === WIDE_RIVAL)),
    ...trainedUnder("state noise", stateNoise),
    ...trainedUnder("reward noise", rewardNoise),
  ];
}

function againstRival(verdicts: readonly Verdict[]): string[] {
  const kept = "of the share of its unperturbed return that a run keeps under perturbation";
  if (verdicts.length === 0) return [`**Robustness better than ${RIVAL} was not tested.**`];
  return [
    ...sayOf(
      verdicts,
      ["higher"],
      (names) => `**Robustness better than ${RIVAL} is shown** for ${names}, ${kept}.`,
    ),
    ...sayOf(
      verdicts,
      ["open", "few"],
      (names) => `**Robustness better than ${RIVAL} is not shown** for ${names}, ${kept}.`,
    ),
    ...sayOf(
      verdicts,
      ["lower"],
      (names) => `**Robustness better than ${RIVAL} is contradicted** for ${names}, ${kept}: it is smaller.`,
    ),
  ];
}

/** A higher return under perturbation is no robustness where it was higher before. */
function byPlainReturn({ claims, cells }: JudgedStudy): string[] {
  const better = claims.byReturn.filter(({ second, outcome }) => second === RIVAL && outcome === "higher");
  if (better.length === 0) return [];
  const unperturbed = (neuron: string) =>
    round(
      cells.find((cell) => neuronOf(cell) === neuron && cell.condition.severity === 0)?.iqm.value ??
        Number.NaN,
    );
  const each = better.map(({ first }) => `${first} ${unperturbed(first)}`);
  const learning = better.filter(
    ({ first }) =>
      !claims.byShare.some(
        (share) => share.first === first && share.second === RIVAL && share.outcome === "higher",
      ),
  );
  const why =
    learning.length === 0
      ? ""
      : ` That is learning and not robustness of ${list(learning.map(({ first }) => first))}: that a larger share of it is kept is not shown.`;
  return [
    `The return itself under perturbation is higher than that of ${RIVAL} for ${list(better.map(named))}. Unperturbed it is ${list(each)}, ${RIVAL} ${unperturbed(RIVAL)}.${why}`,
  ];
}

function againstWideRival(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0)
    return `**As robust as ${WIDE_RIVAL}** (LIF, four times as wide): not tested here, so of that half of the claim nothing is known.`;
  const say = [
    ...sayOf(verdicts, ["higher"], (names) => `holds for ${names}: they keep more`),
    ...sayOf(verdicts, ["lower"], (names) => `is contradicted for ${names}: they keep less`),
    ...sayOf(
      verdicts,
      ["open", "few"],
      (names) => `is not contradicted for ${names}, nor shown: so few runs do not tell them apart`,
    ),
  ];
  return `**As robust as ${WIDE_RIVAL}** (LIF, four times as wide): ${say.join("; ")}.`;
}

function trainedUnder(noise: string, verdicts: TrainingVerdicts | undefined): string[] {
  const within = verdicts?.within ?? [];
  if (within.length === 0) return [];
  const say = [
    ...sayOf(within, ["higher"], (names) => `${names} the better for it`),
    ...sayOf(within, ["lower"], (names) => `${names} the worse for it`),
    ...sayOf(within, ["open", "few"], (names) => `no difference shown for ${names}`),
  ];
  return [`**Trained under the published ${noise}**, against the same neuron without: ${say.join("; ")}.`];
}

function sayOf(
  verdicts: readonly Verdict[],
  outcomes: readonly Verdict["outcome"][],
  sentence: (names: string) => string,
): string[] {
  const own = verdicts.filter(({ outcome }) => outcomes.includes(outcome));
  return own.length === 0 ? [] : [sentence(list(own.map(named)))];
}

function named({ first, probability }: Verdict): string {
  return `${first} (P = ${probability.toFixed(2)})`;
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
