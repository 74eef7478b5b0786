import type { EChartsOption } from "echarts";
import { useKernels } from "../../kernels/load.ts";
import { type ModelCost, measureCosts } from "../../training/cost/model-cost.ts";
import { colourOf } from "../../training/reproduce/charts.ts";
import {
  defineFigure,
  type FigureOptions,
  type FigureResult,
  PAPER,
} from "../../training/reproduce/figure.ts";
import type { Verdict } from "../../training/reproduce/verdict.ts";
import { drawnImages, untrainedClassifier } from "../cost.ts";
import { modelsOf } from "./classification-runs.ts";

/** Parameters and operations of the classifiers. */
export const figure5b = defineFigure({
  id: "5b",
  title: "Computing resources: parameters and operations",
  summary: "parameters and operations of the classifiers, by the paper's convention and as executed",
  references: PAPER,
  claim: "HH networks need fewer parameters and operations than LIF networks of four times the width.",
  needsData: false,
  run: runResources,
});

async function runResources(options: FigureOptions): Promise<FigureResult | undefined> {
  await useKernels();
  const neurons = [...new Set([...options.scale.models, "hh"])];
  const ids = [...modelsOf(neurons, "fc"), ...modelsOf(neurons, "conv")];
  const models: ModelCost[] = [];
  for (const [done, id] of ids.entries()) {
    options.onProgress({ done, total: ids.length, unit: "models", fields: { model: id } });
    await new Promise((resolve) => setImmediate(resolve));
    if (options.signal.aborted) return undefined;
    const model = await untrainedClassifier(id, "published", drawnImages());
    models.push(...measureCosts([model], { rounds: 0, command: "" }).models);
    model.dispose();
  }
  return {
    picture: draw(models),
    rows: models.map((m) => ({
      model: m.id,
      parameters: m.parameters,
      publishedAdditions: m.additions,
      publishedMultiplications: m.multiplications,
      executedAdditions: m.executedOperations.additions,
      executedMultiplications: m.executedOperations.multiplications,
      executedEnergyMicrojoules: m.energyMicrojoules.executed,
    })),
    verdicts: {
      published: compare(models, "hh-published", publishedOperations),
      matched: compare(models, "hh", executedOperations),
    },
    extent: "counted, not run: exact, no seeds",
    notes: [
      "The first verdict is of the paper's own program and its counting convention; the second of the biophysical neuron (voltage-dependent rates) as this program executes it, settings making no difference to a count.",
      "All models, policies and bottlenecks, with times, energy and memory: docs/cost.md, spikegym cost.",
    ],
  };
}

const publishedOperations = (m: ModelCost) =>
  m.additions === null || m.multiplications === null ? null : m.additions + m.multiplications;
const executedOperations = (m: ModelCost) =>
  m.executedOperations.additions + m.executedOperations.multiplications;

function compare(
  models: readonly ModelCost[],
  neuron: string,
  operations: (model: ModelCost) => number | null,
): Verdict {
  const parts = ["fc", "conv"].flatMap((body) => {
    const [own, wide] = [`${neuron}-${body}`, `4lif-${body}`].map((id) => models.find((m) => m.id === id));
    if (own === undefined || wide === undefined) return [];
    const [a, b] = [operations(own), operations(wide)];
    if (a === null || b === null) return [];
    return [
      {
        holds: own.parameters < wide.parameters && a < b,
        text: `${own.id} has ${(own.parameters / wide.parameters).toFixed(2)} times the parameters and ${(a / b).toFixed(2)} times the operations of ${wide.id}`,
      },
    ];
  });
  if (parts.length === 0)
    return { holds: "undecided", sentence: "None of the compared models is among those asked for." };
  return {
    holds: parts.every(({ holds }) => holds) ? "holds" : "does not hold",
    sentence: `${parts.map(({ text }) => text).join("; ")}.`,
  };
}

const inUnits = (n: number | null, unit: number) => (n === null ? "-" : n / unit);

/** Bars on a logarithmic axis. */
function draw(models: readonly ModelCost[]) {
  const neuronOf = ({ id }: ModelCost) => id.replace(/-(fc|conv)$/, "");
  const panels = [
    { title: "parameters, thousands", value: (m: ModelCost): number | null => m.parameters },
    { title: "operations, published, millions", value: publishedOperations },
    { title: "operations, executed, millions", value: executedOperations },
  ];
  const width = 240;
  const left = (i: number) => 56 + i * (width + 46);
  const option: EChartsOption = {
    title: [
      {
        text: "What the classifiers cost",
        subtext: "one inference, batch 1; additions and multiplications together",
      },
      ...panels.map(({ title }, i) => ({
        text: title,
        left: left(i),
        top: 64,
        textStyle: { fontSize: 12, fontWeight: 600 as const },
      })),
    ],
    tooltip: { trigger: "item" },
    grid: panels.map((_, i) => ({ left: left(i), width, top: 90, bottom: 84 })),
    xAxis: panels.map((_, i) => ({
      type: "category" as const,
      gridIndex: i,
      data: models.map(({ id }) => id),
      axisLabel: { interval: 0, rotate: 45, fontSize: 10 },
    })),
    yAxis: panels.map((_, i) => ({ type: "log" as const, gridIndex: i, min: i === 0 ? 10 : 1 })),
    series: panels.map(({ title, value }, i) => ({
      type: "bar" as const,
      name: title,
      xAxisIndex: i,
      yAxisIndex: i,
      data: models.map((m) => ({
        value: inUnits(value(m), i === 0 ? 1e3 : 1e6),
        itemStyle: { color: colourOf(neuronOf(m)) },
      })),
    })),
  };
  return { option, widthPx: 900, heightPx: 420, description: "Parameters and operations of the classifiers" };
}
