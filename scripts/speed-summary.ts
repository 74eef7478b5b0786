import { renderTable } from "./markdown.ts";

/** `spikegym bench`'s results by kind and id. */
export type BenchResults = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>
>;

/** What the README tells of the measurements, and where it stands in them. */
const ROWS = [
  ["one SAC update, `hh-published`: batch 64, 15 ticks, width 128", "update", "hh-published", "updateMs"],
  ["the same, `s-lif2hh`", "update", "s-lif2hh", "updateMs"],
  ["the same, `lif`", "update", "lif", "updateMs"],
  ["the same, `ann`", "update", "ann", "updateMs"],
  ["the same, `lif` at four times the width", "update", "4lif", "updateMs"],
  ["the same, biophysical `hh`, two substeps a tick", "update", "hh", "updateMs"],
  ["one action, `hh-published`", "update", "hh-published", "actionMs"],
  [
    "a layer of `hh-published`, forward and backward (15 x 64 x 128)",
    "neuron",
    "hh-published",
    "forwardBackwardMs",
  ],
  ["the same, `lif`", "neuron", "lif", "forwardBackwardMs"],
  ["the same, biophysical `hh`", "neuron", "hh", "forwardBackwardMs"],
  ["an update of the classifier `hh-published-fc`, batch 128", "multitask", "hh-published-fc", "updateMs"],
  ["the same, `lif-conv`", "multitask", "lif-conv", "updateMs"],
] as const;

const TORCH = {
  updateMs: "torchUpdateMs",
  actionMs: "torchActionMs",
  forwardBackwardMs: "torchForwardBackwardMs",
} as const;

/** Of `hh-published`, in the last row. */
const LOOP = "hh-published";

/** The README's table: milliseconds here and of PyTorch, and how many times as fast. */
export function renderSpeedSummary(results: BenchResults): string {
  const rows = ROWS.flatMap(([what, kind, id, key]) => {
    const result = results[kind]?.[id];
    const here = result?.[key];
    if (typeof here !== "number") return [];
    const torch = result?.[TORCH[key]];
    // Where rounds were compared one by one, their median; an action's is that of the medians.
    const ratio =
      key !== "actionMs" && typeof result?.ratio === "number" ? result.ratio : Number(torch) / here;
    return [
      typeof torch === "number"
        ? [what, show(here), show(torch), ratio.toFixed(1), `\`spikegym bench ${kind} --torch\``]
        : [what, show(here), "", "", `\`spikegym bench ${kind}\``],
    ];
  });
  const loop = results.loop?.[LOOP]?.stepsPerSecond;
  const whole =
    typeof loop === "number"
      ? [
          [
            `a whole training of \`${LOOP}\`, an update a step, MuJoCo`,
            `${loop.toFixed(0)} steps a second`,
            "",
            "",
            "`spikegym bench loop`",
          ],
        ]
      : [];
  return renderTable([["what", "here", "PyTorch", "times as fast", "command"], ...rows, ...whole]);
}

function show(ms: number): string {
  return `${Number(ms.toPrecision(2))} ms`;
}

/** Puts a text between two comments of a page. */
export function replaceBetween(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`expected "${start}" and "${end}" in the page`);
  return `${page.slice(0, from + start.length)}\n\n${text}\n\n${page.slice(to)}`;
}
