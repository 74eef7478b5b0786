import { Rng } from "../../core/rng.ts";
import type { ModelCost } from "../../training/cost/model-cost.ts";
import type { Verdict } from "../../training/reproduce/verdict.ts";
import { bootstrapBand, resample } from "../../training/statistics/bootstrap.ts";
import { mean } from "../../training/statistics/descriptive.ts";

/** A model with what it costs and what it achieved, one score a seed. */
export interface CostedScores {
  readonly name: string;
  readonly neuron: string;
  readonly cost: ModelCost;
  readonly scores: readonly number[];
}

export interface Performance {
  readonly name: string;
  readonly unit: string;
  readonly models: readonly CostedScores[];
}

/** What a model is paid with, and how an axis shows it. */
export const COSTS = [
  {
    name: "parameters",
    axis: "parameters, thousands",
    scale: 1e3,
    read: (cost: ModelCost) => cost.parameters,
  },
  {
    name: "operations",
    axis: "operations, millions",
    scale: 1e6,
    read: ({ executedOperations: { additions, multiplications } }: ModelCost) => additions + multiplications,
  },
  {
    name: "energy",
    axis: "energy, µJ",
    scale: 1,
    read: (cost: ModelCost) => cost.energyMicrojoules.executed,
  },
  {
    name: "training time",
    axis: "training step, ms",
    scale: 1,
    read: (cost: ModelCost) => cost.trainStepMs ?? Number.NaN,
  },
] as const;

/** Neurons whose complexity is inside. */
const COMPLEX = ["s-lif2hh", "hh-published", "hh"];
const LEAST_RUNS = 3;

/** What a neuron gains over leaky ones that cost the same. */
export interface Gain {
  readonly neuron: string;
  readonly gain: number;
  readonly ci95: readonly [number, number];
  /** It costs less or more than any leaky network run: the nearest is compared, which is not at equal cost. */
  readonly outside: boolean;
  /** Seeds of the scarcer side. */
  readonly runs: number;
}

/**
 * Every neuron's gain over leaky ones at equal cost, the largest first. Leaky scores are interpolated between widths
 * over the logarithm of the cost, each width's mean over its seeds; both sides are drawn anew for the interval.
 */
export function gainsAt({ models }: Performance, read: (cost: ModelCost) => number): Gain[] {
  const leaky = models.filter(({ neuron }) => neuron === "lif").sort((a, b) => read(a.cost) - read(b.cost));
  if (leaky.length === 0) return [];
  return models
    .filter(({ neuron }) => neuron !== "lif")
    .map(({ neuron, cost, scores }): Gain => {
      const rng = new Rng(`complexity/${neuron}`);
      const gainOf = (own: readonly number[], others: readonly (readonly number[])[]) =>
        mean(own) -
        interpolate(
          leaky.map((model) => Math.log(read(model.cost))),
          others.map(mean),
          Math.log(read(cost)),
        );
      const lifScores = leaky.map((model) => model.scores);
      return {
        neuron,
        outside: read(cost) < read(leaky[0]!.cost) || read(cost) > read(leaky.at(-1)!.cost),
        gain: gainOf(scores, lifScores),
        ci95: bootstrapBand(() => [gainOf(resample([scores], rng)[0]!, resample(lifScores, rng))])[0]!,
        runs: Math.min(scores.length, ...lifScores.map(({ length }) => length)),
      };
    })
    .sort((a, b) => b.gain - a.gain);
}

/** Linear between rising abscissae, the nearest value outside of them. */
export function interpolate(x: readonly number[], y: readonly number[], at: number): number {
  const right = x.findIndex((own) => own >= at);
  if (right < 0) return y.at(-1)!;
  if (right === 0) return y[0]!;
  const share = (at - x[right - 1]!) / (x[right]! - x[right - 1]!);
  return y[right - 1]! + share * (y[right]! - y[right - 1]!);
}

/** Which neuron buys most at equal cost, by every measure of both. */
export function judgeComplexity(performances: readonly Performance[]): Verdict {
  const parts = performances.flatMap((performance) =>
    COSTS.flatMap(({ name, read }) => {
      const gains = gainsAt(performance, read);
      const best = gains[0];
      if (best === undefined) return [];
      const digits = performance.name === "accuracy" ? 2 : 0;
      const show = (x: number) => `${x > 0 ? "+" : ""}${x.toFixed(digits)}`;
      const isSure = best.runs >= LEAST_RUNS;
      const complex = gains.filter(({ neuron }) => COMPLEX.includes(neuron));
      return [
        {
          text:
            best.gain > 0
              ? `${performance.name} at equal ${name}: ${best.neuron} (${show(best.gain)} [${show(best.ci95[0])}, ${show(best.ci95[1])}], ${best.runs} run${best.runs === 1 ? "" : "s"}${best.outside ? ", but no leaky network run costs as much or as little, so it decides nothing" : ""})`
              : `${performance.name} at equal ${name}: lif (the next is ${best.neuron}, ${show(best.gain)} [${show(best.ci95[0])}, ${show(best.ci95[1])}])`,
          wins: isSure && !best.outside && COMPLEX.includes(best.neuron) && best.ci95[0] > 0,
          loses:
            complex.length > 0 &&
            complex.every(({ ci95, runs, outside }) => runs >= LEAST_RUNS && !outside && ci95[1] < 0),
        },
      ];
    }),
  );
  if (parts.length === 0) return { holds: "undecided", sentence: "No two neurons were run." };
  return {
    holds: parts.every(({ wins }) => wins)
      ? "holds"
      : parts.some(({ loses }) => loses)
        ? "does not hold"
        : "undecided",
    sentence: `Which neuron buys most: ${parts.map(({ text }) => text).join("; ")}.`,
  };
}
