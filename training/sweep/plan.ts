import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { algorithms } from "../../agents/index.ts";
import { UsageError, unknownName } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { environments } from "../../envs/index.ts";
import { engines } from "../../envs/physics/index.ts";
import { makeEncoder } from "../../neurons/encoders/index.ts";
import { makeNeuron } from "../../neurons/index.ts";
import type { RunConfig } from "../config.ts";
import { configureRun } from "../configure-run.ts";
import type { MapSettings } from "../measures/stability-map.ts";
import { perturbations } from "../perturbations/index.ts";
import { type PerturbationSpec, resolvePerturbation } from "../perturbations/spec.ts";
import { locatePolicy } from "../policy.ts";
import type { Axis, DesignPoint, PointList } from "./designs/design.ts";
import { designs } from "./designs/index.ts";
import type { SweepSpec } from "./spec.ts";
import { type EvaluationTrial, type Factors, identify, type TrainTrial, type Trial } from "./trial.ts";

/** One thing that an evaluation is made under, tried one after another. */
interface Condition {
  readonly factors: Factors;
  readonly map?: MapSettings;
  readonly perturbations: readonly PerturbationSpec[];
}

/** Axes that name a choice of the run instead of a path of its settings. */
const RUN_CHOICES = ["environment", "engine", "algorithm", "neuron"] as const;
const EVALUATION_AXES = ["evaluate.engine", "evaluate.episodes"] as const;
const PERTURB = "perturb.";

/**
 * All trials of a sweep in order: each training trial (or policy) followed by its evaluations. They are made one at a
 * time, so a plan of any length takes no memory to walk through.
 *
 * @param policies those that `spec.policies` names, read by `readPolicyContents`
 * @param code version of the code, part of each trial's identity
 * @throws UsageError for an axis that does not exist (with the nearest), a value that is impossible, or two trials that
 *   are the same
 */
export function* planTrials(
  spec: SweepSpec,
  policies: readonly PolicyContent[],
  code: string,
): Generator<Trial> {
  const axes = Object.entries(spec.axes) as Axis[];
  for (const [name] of axes) checkAxis(name, spec);
  const of = (kind: "run" | "evaluation") =>
    axes.filter(([name]) => isEvaluationAxis(name) === (kind === "evaluation"));
  const rng = new Rng(spec.seed).split("design");
  const design = designs.get(spec.design);
  // A grid's run axes are combined with its evaluation axes; a random design draws both at once.
  const together = spec.design !== "grid";
  const runPoints = design.points(together ? axes : of("run"), spec.samples, rng);
  const evaluationPoints: PointList = together ? ONE_POINT : design.points(of("evaluation"), undefined, rng);
  const conditions = conditionsOf(spec);
  const seen = new Map<string, number>();
  let index = 0;
  const admit = <T extends Trial>(trial: T): T => {
    const other = seen.get(trial.id);
    if (other !== undefined) {
      throw new UsageError(
        `sweep "${spec.name}": trials ${other} and ${trial.index} are the same (${describeFactors(trial.factors)}), id ${trial.id}; take a repeated value out of the axes`,
      );
    }
    seen.set(trial.id, trial.index);
    return trial;
  };

  for (let p = 0; p < runPoints.length; p++) {
    const point = runPoints.at(p);
    const { run, evaluation } = splitPoint(point);
    if (spec.train !== undefined) {
      for (const seed of spec.seeds) {
        const root = index;
        const config = configOf(spec, run, seed);
        const factors = { ...run, preset: config.preset, seed };
        const trial = admit(identify({ kind: "train", index: index++, root, factors, config }, code));
        yield trial as TrainTrial;
        for (const made of evaluations(evaluation, { trial: trial.id }, factors, spec.evaluate?.seed ?? 0)) {
          yield admit(identify({ ...made, index: index++, root }, code)) as EvaluationTrial;
        }
      }
    } else {
      for (const policy of policies) {
        for (const seed of spec.seeds) {
          const root = index;
          const factors = { policy: policy.path, ...(spec.seeds.length > 1 ? { repetition: seed } : {}) };
          const firstSeed = spec.evaluate!.seed + seed * spec.evaluate!.episodes;
          for (const made of evaluations(evaluation, policy, factors, firstSeed)) {
            yield admit(identify({ ...made, index: index++, root }, code)) as EvaluationTrial;
          }
        }
      }
    }
  }

  function* evaluations(
    drawn: DesignPoint,
    policy: EvaluationTrial["policy"],
    factors: Factors,
    seed: number,
  ): Generator<Omit<EvaluationTrial, "id" | "index" | "root">> {
    if (spec.evaluate === undefined) return;
    for (let e = 0; e < evaluationPoints.length; e++) {
      const point = { ...drawn, ...evaluationPoints.at(e) };
      const engine = point["evaluate.engine"] ?? spec.evaluate.engine ?? null;
      if (engine !== null) engines.get(String(engine));
      const crossed = crossedPerturbations(point);
      for (const condition of conditions) {
        yield {
          kind: "evaluate",
          policy,
          engine: engine === null ? null : String(engine),
          episodes: Number(point["evaluate.episodes"] ?? spec.evaluate.episodes),
          seed,
          perturbations: [...crossed.perturbations, ...condition.perturbations],
          map: condition.map ?? null,
          factors: { ...factors, ...evaluationFactors(point), ...crossed.factors, ...condition.factors },
        };
      }
    }
  }
}

const ONE_POINT: PointList = { length: 1, at: () => ({}) };

function isEvaluationAxis(name: string): boolean {
  return name.startsWith(PERTURB) || name.startsWith("evaluate.");
}

/** @throws UsageError naming the nearest axis there is */
function checkAxis(name: string, spec: SweepSpec): void {
  if (name.startsWith(PERTURB)) {
    perturbations.get(name.slice(PERTURB.length).split(".")[0]!);
  } else if (name.startsWith("evaluate.")) {
    if (!(EVALUATION_AXES as readonly string[]).includes(name))
      throw unknownName("axis", name, EVALUATION_AXES);
  } else if (spec.train === undefined) {
    throw new UsageError(
      `sweep "${spec.name}": axis "${name}" is a setting of training, and there is no "train"; expected evaluate.engine, evaluate.episodes or perturb.<id>`,
    );
  }
  if (isEvaluationAxis(name) && spec.evaluate === undefined) {
    throw new UsageError(
      `sweep "${spec.name}": axis "${name}" is of evaluations, and there is no "evaluate"`,
    );
  }
}

function splitPoint(point: DesignPoint): { run: DesignPoint; evaluation: DesignPoint } {
  const entries = Object.entries(point);
  return {
    run: Object.fromEntries(entries.filter(([name]) => !isEvaluationAxis(name))),
    evaluation: Object.fromEntries(entries.filter(([name]) => isEvaluationAxis(name))),
  };
}

function configOf(spec: SweepSpec, point: DesignPoint, seed: number): RunConfig {
  const { preset: chosen, ...rest } = point;
  const choices: Record<string, unknown> = {};
  const settings: Record<string, unknown> = { ...spec.train!.set };
  for (const [name, value] of Object.entries(rest)) {
    if ((RUN_CHOICES as readonly string[]).includes(name)) choices[name] = value;
    else settings[name] = value;
  }
  try {
    const config = configureRun(String(chosen ?? spec.train!.preset), { ...choices, seed, settings });
    checkComponents(config);
    return config;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`sweep "${spec.name}": ${error.message}`);
  }
}

/** What would otherwise be found out in the middle of a sweep. */
function checkComponents({ environment, algorithm, policy }: RunConfig): void {
  environments.get(environment.id);
  engines.get(environment.engine);
  algorithms.get(algorithm.id);
  makeNeuron(policy.neuron.id, policy.neuron.parameters);
  makeEncoder(policy.encoder.id, policy.encoder.parameters);
}

/** The unperturbed one alone where there are none. */
function conditionsOf(spec: SweepSpec): readonly Condition[] {
  const conditions: Condition[] = [];
  for (const [axis, values] of Object.entries(spec.evaluate?.perturb ?? {})) {
    const { severity, level, ...options } = Array.isArray(values)
      ? { severity: values, level: undefined }
      : values;
    if ((severity === undefined) === (level === undefined)) {
      throw new UsageError(
        `sweep "${spec.name}": perturb.${axis} needs either severities or levels, e.g. ${axis}: [0, 1, 2, 3, 4, 5]`,
      );
    }
    for (const amount of (severity ?? level)!) {
      const made = resolvePerturbation({
        axis,
        ...(severity === undefined ? { level: amount } : { severity: amount }),
        ...options,
      });
      conditions.push({ perturbations: [made], factors: { perturbation: axis, ...amountOf(made) } });
    }
  }
  const map = spec.evaluate?.map ?? null;
  return [
    ...(conditions.length === 0 ? [{ perturbations: [], factors: {} }] : conditions),
    ...(map === null ? [] : [{ perturbations: [], factors: { measure: "stability map" }, map }]),
  ];
}

function amountOf({ level, severity }: PerturbationSpec): Factors {
  return { level, severity };
}

/** `perturb.<id>` is a severity, `perturb.<id>.level` a level, `perturb.<id>.<option>` an option of it. */
function crossedPerturbations(point: DesignPoint): Condition {
  const inputs = new Map<string, Record<string, unknown>>();
  for (const [name, value] of Object.entries(point)) {
    if (!name.startsWith(PERTURB)) continue;
    const [axis, key = "severity"] = name.slice(PERTURB.length).split(".") as [string, string?];
    const input = inputs.get(axis) ?? { axis };
    input[key] = value;
    inputs.set(axis, input);
  }
  const made = [...inputs.values()].map(resolvePerturbation);
  return {
    perturbations: made,
    factors: Object.fromEntries(
      made.map((spec) => [`${PERTURB}${spec.axis}`, point[`${PERTURB}${spec.axis}`] ?? spec.level]),
    ),
  };
}

function evaluationFactors(point: DesignPoint): Factors {
  return Object.fromEntries(
    EVALUATION_AXES.filter((name) => name in point).map((name) => [name, point[name]]),
  );
}

/** A policy to evaluate, by what is in it. */
export interface PolicyContent {
  readonly path: string;
  readonly sha256: string;
}

/** @throws UsageError for a path that holds no policy */
export function readPolicyContents(spec: SweepSpec): Promise<PolicyContent[]> {
  return Promise.all(
    (spec.policies ?? []).map(async (path) => {
      const { run, checkpoint } = locatePolicy(path);
      const file = join(run, "checkpoints", `${checkpoint}.json`);
      if (!existsSync(file))
        throw new UsageError(`${path} has no checkpoint; expected a run folder with one`);
      // It names the hash of the arrays, too.
      return {
        path,
        sha256: createHash("sha256")
          .update(await readFile(file))
          .digest("hex"),
      };
    }),
  );
}

export function describeFactors(factors: Factors): string {
  return Object.entries(factors)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}
