import { join } from "node:path";
import { type CostedModel, type ModelCost, measureCosts } from "../../training/cost/model-cost.ts";
import { trainedPolicy } from "../../training/cost/policy.ts";
import { measureCurve } from "../../training/learning-curve.ts";
import { testPolicies } from "../../training/reproduce/control-noise.ts";
import {
  type ControlModel,
  type ControlRun,
  controlExtent,
  failureNotes,
  trainControl,
} from "../../training/reproduce/control-runs.ts";
import { defineFigure, type FigureOptions, type FigureResult } from "../../training/reproduce/figure.ts";
import { mean } from "../../training/statistics/descriptive.ts";
import { trainedClassifier } from "../cost.ts";
import { models } from "../models/index.ts";
import type { ModelConfigInput } from "../models/model-config.ts";
import {
  accuracyOf,
  type ClassifierPlan,
  classificationExtent,
  folderOf,
  trainClassifiers,
} from "./classification-runs.ts";
import { drawComplexity } from "./complexity-picture.ts";
import { type CostedScores, judgeComplexity } from "./complexity-verdict.ts";

/** Width at which the other neurons are run, and at which a leaky network is called by its preset's name. */
const CONTROL_WIDTH = 128;
const CLASSIFIER_WIDTH = 512;

/** Performance against cost of simple neurons in growing numbers and of complex ones in one number. */
export const figureComplexity = defineFigure({
  id: "complexity",
  title: "Internal against external complexity",
  summary:
    "return, robustness and accuracy against parameters, operations, energy and time: which neuron buys most",
  references: [
    "spikegym's own; the question is that of He et al., Nature Computational Science 4, 584-599 (2024)",
  ],
  claim:
    "Complexity inside the neurons can stand in for more of them: a network of HH neurons does what a wider one of LIF neurons does, at lower cost.",
  needsData: true,
  run: runComplexity,
});

async function runComplexity(options: FigureOptions): Promise<FigureResult | undefined> {
  const { scale } = options;
  const policies = controlPlan(options);
  const runs = await trainControl(policies, options);
  if (runs === undefined) return undefined;
  const robustness = await robustnessOf(runs, options);
  if (robustness === undefined) return undefined;
  const plans = classifierPlans(options);
  const results = await trainClassifiers(plans, options);
  if (results === undefined) return undefined;

  const folder = folderOf(options);
  const control = await costsOf(
    policies.flatMap(({ name }) => runs.find(({ model }) => model.name === name)?.out ?? []),
    trainedPolicy,
    options,
  );
  const trained = plans.filter(({ group }) => results.some((result) => result.group === group));
  const classifiers = await costsOf(
    trained.map(({ group }) => join(options.work, "classification", `${group}-seed0`)),
    (run) => trainedClassifier(run, folder),
    options,
  );
  if (control === undefined || classifiers === undefined) return undefined;

  const own = policies.filter(({ name }) => runs.some(({ model }) => model.name === name));
  const returns = own.map(
    ({ name, neuron }, i): CostedScores => ({
      name,
      neuron,
      cost: control[i]!,
      scores: seedsOf(runs, name).map(({ curve }) => measureCurve(curve, 0).area),
    }),
  );
  const areas = own.map(
    ({ name, neuron }, i): CostedScores => ({
      name,
      neuron,
      cost: control[i]!,
      scores: seedsOf(runs, name).map(({ out }) => robustness.get(out) ?? Number.NaN),
    }),
  );
  const accuracies = trained.map(
    ({ group, neuron, name }, i): CostedScores => ({
      name,
      neuron,
      cost: classifiers[i]!,
      scores: results.filter((result) => result.group === group).map(accuracyOf),
    }),
  );
  const performances = [
    { name: "return", unit: "mean return of all evaluations", models: returns },
    { name: "robustness", unit: "mean return over sensor noise", models: areas },
    { name: "accuracy", unit: "accuracy, %", models: accuracies },
  ];
  return {
    picture: drawComplexity(performances),
    rows: performances.flatMap(({ name, models: all }) =>
      all.flatMap((model) =>
        model.scores.map((score, seed) => ({
          performance: name,
          model: model.name,
          neuron: model.neuron,
          seed,
          score,
          parameters: model.cost.parameters,
          executedAdditions: model.cost.executedOperations.additions,
          executedMultiplications: model.cost.executedOperations.multiplications,
          energyMicrojoules: model.cost.energyMicrojoules.executed,
          eventDrivenMicrojoules: model.cost.energyMicrojoules.eventDriven,
          spikesPerInference: model.cost.spikesPerInference,
          trainStepMs: model.cost.trainStepMs,
          inferenceMs: model.cost.inferenceMs,
        })),
      ),
    ),
    verdicts: {
      published: {
        holds: "undecided",
        sentence: "Not run: published settings differ between the neurons in more than the neuron.",
      },
      matched: judgeComplexity(performances),
    },
    extent:
      `control (${scale.complexityTask} pendulum): ${controlExtent(options, scale.complexityTask)}, leaky neurons at widths ${scale.widths.join(", ")}, the others at ${CONTROL_WIDTH}; ` +
      `images: ${classificationExtent(results, options)}, the others at ${CLASSIFIER_WIDTH} units`,
    notes: [
      ...failureNotes(policies, runs, options),
      "At equal cost: a neuron's score minus that of leaky neurons at the width that costs the same, interpolated between widths (over the logarithm of the cost), or of the nearest width where none costs the same.",
      "Operations and energy are of one inference as executed; time is that of one training step, all models timed in turns in one run. Costs are those of the first seed's trained network.",
      "Policies keep critics of one width, so that only the actor grows.",
      "`hh-published` is the paper's program (constant gate rates); `hh` is the biophysical neuron.",
    ],
  };
}

function controlPlan({ scale }: FigureOptions): ControlModel[] {
  const shared = { settings: "matched", task: scale.complexityTask } as const;
  return [
    ...scale.widths.map(
      (width): ControlModel =>
        // Under the preset's own name where it is the preset: another figure may have trained it.
        width === CONTROL_WIDTH
          ? { ...shared, name: "lif", neuron: "lif" }
          : {
              ...shared,
              name: `lif-${width}`,
              neuron: "lif",
              changes: { "policy.population": width, "policy.hidden": [width, width] },
            },
    ),
    ...scale.complexityNeurons.map((neuron): ControlModel => ({ ...shared, name: neuron, neuron })),
  ];
}

function seedsOf(runs: readonly ControlRun[], name: string): ControlRun[] {
  return runs.filter(({ model }) => model.name === name);
}

/** Mean return over all severities, by run folder. */
async function robustnessOf(
  runs: readonly ControlRun[],
  options: FigureOptions,
): Promise<Map<string, number> | undefined> {
  const evaluations = await testPolicies(runs, "complexity", "matched", options);
  if (evaluations === undefined) return undefined;
  const scores = new Map<string, number[]>();
  for (const { trial, score } of evaluations) {
    if (!("path" in trial.policy)) continue;
    const { path } = trial.policy;
    scores.set(path, [...(scores.get(path) ?? []), score]);
  }
  return new Map([...scores].map(([path, own]) => [path, mean(own)]));
}

type NamedPlan = ClassifierPlan & { readonly name: string; readonly neuron: string };
type Layers = NonNullable<ModelConfigInput["layers"]>;

/** Leaky neurons at every width, the others at the published one. */
function classifierPlans({ scale }: FigureOptions): NamedPlan[] {
  const plan = (name: string, neuron: string, model: string, layers?: Layers): NamedPlan => ({
    name,
    neuron,
    model,
    settings: "matched",
    // A model of the catalogue shares its runs with other figures.
    group: layers === undefined ? `${model}-matched` : `${name}-fc-matched`,
    ...(layers === undefined ? {} : { layers }),
  });
  const leaky = models.get("lif-fc").config("matched").layers;
  return [
    ...scale.widths.map((units) =>
      units === CLASSIFIER_WIDTH
        ? plan("lif", "lif", "lif-fc")
        : plan(
            `lif-${units}`,
            "lif",
            "lif-fc",
            leaky.map((layer) => ({ ...layer, parameters: { ...layer.parameters, units } })),
          ),
    ),
    ...scale.complexityNeurons.map((neuron) => {
      const model = `${neuron}-fc`;
      if ((models.ids as readonly string[]).includes(model)) return plan(neuron, neuron, model);
      return plan(
        neuron,
        neuron,
        "lif-fc",
        leaky.map((layer) => ({ ...layer, ...substitute(neuron, layer) })),
      );
    }),
  ];
}

/** Neurons that the catalogue of classifiers does not have, in the place of leaky ones. */
function substitute(neuron: string, layer: Layers[number]): Partial<Layers[number]> {
  if (neuron === "izhikevich") {
    // In millivolts, like hh: ticks of 2 ms, and weights that make it fire.
    return {
      parameters: { ...layer.parameters, initial: { scheme: "firing" } },
      neuron: { id: neuron, parameters: { tickMs: 2, substeps: 4 } },
    };
  }
  return { neuron: { id: neuron, parameters: layer.neuron.parameters ?? {} } };
}

/** The account of trained models, timed in turns; undefined where it was stopped. */
async function costsOf(
  runs: readonly string[],
  load: (run: string) => Promise<CostedModel>,
  { scale, signal, onProgress }: FigureOptions,
): Promise<readonly ModelCost[] | undefined> {
  const loaded: CostedModel[] = [];
  try {
    for (const run of runs) {
      if (signal.aborted) return undefined;
      loaded.push(await load(run));
    }
    return measureCosts(loaded, {
      rounds: scale.timingRounds,
      command: "",
      onProgress: (done, total) => onProgress({ done, total, unit: "timings", fields: {} }),
    }).models;
  } finally {
    for (const model of loaded) model.dispose();
  }
}
