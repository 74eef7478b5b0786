import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { useKernels } from "../kernels/load.ts";
import { writeFileAtomically } from "../training/atomic-file.ts";
import { describeMachine, showMachine } from "../training/machine.ts";
import { packageCommit, packageVersion } from "../training/package-root.ts";
import { type GradientData, readGradientData } from "./gradient-study/data.ts";
import { measureGrowth } from "./gradient-study/growth.ts";
import { GRADIENT_OPTIONS } from "./gradient-study/options.ts";
import { renderGradientPage } from "./gradient-study/page.ts";
import { learnPattern } from "./gradient-study/pattern-task.ts";

/*
 * docs/studies/hh-gradients.md: how the gradient of `hh` grows backwards through time under each of its gradient options, and
 * what each of them learns. A row at a time; what is in the data already is kept.
 *
 *   npx tsx scripts/write-gradient-page.ts [--seeds N]
 */

const { values } = parseArgs({ options: { seeds: { type: "string", default: "5" } } });
const seeds = Number(values.seeds);
const studies = fileURLToPath(new URL("../docs/studies/", import.meta.url));
const dataFile = `${studies}hh-gradients.json`;

const data: GradientData = readGradientData(dataFile, showMachine(describeMachine()));
const commit = packageCommit() ?? packageVersion();
await useKernels();

for (const { output, gradient, parameters } of GRADIENT_OPTIONS) {
  if (output !== "spikes") continue;
  for (const spanMs of [5, 10, 20, 40]) {
    if (data.growth.some((row) => row.gradient === gradient && row.spanMs === spanMs)) continue;
    data.growth.push({ gradient, spanMs, ...measureGrowth(parameters, spanMs), commit });
  }
}
await save();

const missing = Array.from({ length: seeds }, (_, seed) => seed).flatMap((seed) =>
  GRADIENT_OPTIONS.flatMap(({ output, gradient, parameters }) =>
    [0.003, 0.01, 0.03, 0.1, 0.3]
      .filter(
        (rate) =>
          !data.learning.some(
            (row) =>
              row.output === output && row.gradient === gradient && row.rate === rate && row.seed === seed,
          ),
      )
      .map((rate) => ({ output, gradient, parameters, rate, seed })),
  ),
);
for (const [at, { parameters, ...row }] of missing.entries()) {
  const shareRight = learnPattern(parameters, row.seed, row.rate);
  data.learning.push({ ...row, shareRight, commit });
  await save();
  console.error(
    `${at + 1}/${missing.length}  ${row.output}, ${row.gradient}, rate ${row.rate}, seed ${row.seed}: ${shareRight.toFixed(3)}`,
  );
}

/** The data with a row a line, and the page. */
async function save(): Promise<void> {
  const rows = (list: readonly object[]) => list.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
  await writeFileAtomically(
    dataFile,
    `{\n  "machine": ${JSON.stringify(data.machine)},\n  "growth": [\n${rows(data.growth)}\n  ],\n  "learning": [\n${rows(data.learning)}\n  ]\n}\n`,
  );
  await writeFileAtomically(`${studies}hh-gradients.md`, renderGradientPage(data));
}
