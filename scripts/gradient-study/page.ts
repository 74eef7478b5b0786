import { Rng } from "../../core/rng.ts";
import { formatEstimate } from "../../training/format-estimate.ts";
import { shortCommit } from "../../training/short-commit.ts";
import { type Estimate, estimate } from "../../training/statistics/bootstrap.ts";
import { mean } from "../../training/statistics/descriptive.ts";
import { renderTable } from "../markdown.ts";
import type { GradientData } from "./data.ts";
import { GRADIENT_OPTIONS } from "./options.ts";

/** The page of the study, from its data alone. */
export function renderGradientPage(data: GradientData): string {
  const { growth, learning, machine } = data;
  const spans = [...new Set(growth.map(({ spanMs }) => spanMs))];
  const rates = [...new Set(learning.map(({ rate }) => rate))].sort((a, b) => a - b);
  const seeds = new Set(learning.map(({ seed }) => seed)).size;
  const commits = [...new Set([...growth, ...learning].map(({ commit }) => shortCommit(commit)))];
  return `# How the gradient of the biophysical neuron behaves

<!-- Generated: npx tsx scripts/write-gradient-page.ts -->

The evidence for the default of [\`hh\`](../neurons.md#hh); what follows from it is in
[how the biophysical neuron is trained](../decisions/biophysical-hh.md).

Made by \`npx tsx scripts/write-gradient-page.ts --seeds ${seeds}\`, which goes on where it was; commit ${commits.join(", ")},
${machine}; data: [hh-gradients.json](hh-gradients.json).

## Through time

|dV(T) / dV(T - k)|, the share of a small change of the voltage that is left k ms later: median / greatest of 256 neurons
that fire, ticks of 1 ms in 2 substeps.

${renderTable([
  ["gradient", ...spans.map((span) => `k = ${span} ms`)],
  ...[...new Set(growth.map(({ gradient }) => gradient))].map((gradient) => [
    gradient,
    ...spans.map((span) => {
      const at = growth.find((row) => row.gradient === gradient && row.spanMs === span);
      return at === undefined ? "" : `${at.median.toExponential(1)} / ${at.greatest.toExponential(1)}`;
    }),
  ]),
])}

## What learns

Which of four patterns lies under the noise of the first 10 ms, 20 ms of noise following: credit has to go back through time.
32 neurons, ticks of 2 ms in 4 substeps, 300 updates of Adam on batches of 64; share right on 1,024 fresh examples (chance
0.25), mean of ${seeds} seeds with a 95 % bootstrap interval of the mean. "best rate": the mean at the rate that is best for
the row.

${renderTable([
  ["output", "gradient", ...rates.map((rate) => `rate ${rate}`), "best rate"],
  ...GRADIENT_OPTIONS.map(({ output, gradient }) => {
    const cells = rates.map((rate) =>
      learning
        .filter((row) => row.output === output && row.gradient === gradient && row.rate === rate)
        .map((row) => row.shareRight),
    );
    return [
      output,
      gradient,
      ...cells.map((shares, i) =>
        shares.length === 0 ? "" : showShare(meanOf(shares, `${output}/${gradient}/${rates[i]}`)),
      ),
      Math.max(...cells.filter((shares) => shares.length > 0).map(mean)).toFixed(3),
    ];
  }),
])}

## Against the full gradient

Difference of the share right, each at its own best rate, seed by seed (the same examples and initial weights): mean with a
95 % bootstrap interval over the seeds. An interval that holds zero shows no difference.

${renderTable([
  ["output", "gradient", "better than the full gradient by"],
  ...GRADIENT_OPTIONS.filter(({ gradient }) => gradient !== "full").map(({ output, gradient }) => [
    output,
    gradient,
    showDifference(atBestRate(data, output, gradient), atBestRate(data, output, "full"), gradient + output),
  ]),
])}
`;
}

/** Share right by seed at the rate whose mean is highest. */
function atBestRate(
  { learning }: GradientData,
  output: string,
  gradient: string,
): ReadonlyMap<number, number> {
  const ofRow = learning.filter((row) => row.output === output && row.gradient === gradient);
  const byRate = [...new Set(ofRow.map(({ rate }) => rate))].map((rate) =>
    ofRow.filter((row) => row.rate === rate),
  );
  const right = (rows: GradientData["learning"]) => mean(rows.map(({ shareRight }) => shareRight));
  const best = byRate.sort((a, b) => right(b) - right(a))[0];
  return new Map((best ?? []).map(({ seed, shareRight }) => [seed, shareRight]));
}

function showDifference(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>, id: string): string {
  const differences = [...a].flatMap(([seed, share]) => {
    const other = b.get(seed);
    return other === undefined ? [] : [share - other];
  });
  if (differences.length === 0) return "";
  return showShare(meanOf(differences, id));
}

function meanOf(values: readonly number[], id: string): Estimate {
  return estimate([values], mean, new Rng(`hh-gradients/${id}`));
}

/** An interval even where it has no width: it is one of several seeds. */
function showShare(share: Estimate): string {
  return formatEstimate(share, (x) => x.toFixed(3), false);
}
