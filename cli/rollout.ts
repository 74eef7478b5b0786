import type { Command } from "commander";
import { z } from "zod";
import type { EnvDiagnostics, PhysicalState } from "../core/env.ts";
import { SpikegymError, UsageError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import { Box, Discrete } from "../core/space.ts";
import type { AnyEnv, BoxEnv, DiscreteEnv } from "../envs/definition.ts";
import { readActions } from "./action-file.ts";
import { parseInteger } from "./options.ts";
import { formatTable } from "./output.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

/** Steps of a rollout without actions that nothing else ends. */
const DEFAULT_STEPS = 1000;

interface RolloutOptions extends SharedOptions {
  readonly env: string;
  readonly engine?: string;
  readonly state?: string;
  readonly actions?: string;
  readonly config?: string;
  readonly ideal?: true;
  readonly holdPastEnd?: true;
  readonly steps?: number;
}

interface RolloutStep extends Partial<EnvDiagnostics> {
  readonly observation: Float32Array;
  readonly reward: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
  readonly state: PhysicalState;
}

const stateSchema = z.strictObject({ qpos: z.array(z.number()), qvel: z.array(z.number()) });
const configSchema = z.record(z.string(), z.unknown());

/** `spikegym rollout`: steps an environment with given actions, no agent. */
export function addRollout(program: Command, context: VerbContext): void {
  addVerb(program, "rollout", "steps an environment with given actions, no agent")
    .requiredOption("--env <id>", "the environment, for example InvertedDoublePendulum-v5")
    .option("--engine <id>", "the physics engine (default: the environment's own)")
    .option("--state <json>", 'start exactly here: {"qpos": [...], "qvel": [...]}, hinges relative')
    .option("--actions <file>", "JSON array or CSV of actions, - for the standard input (default: zeros)")
    .option("--config <json>", "parameters of the environment, for example '{\"poleLengthM\": 1}'")
    .option("--ideal", "the textbook model: no friction, no stops, 20 ms steps, actions in newtons, no end")
    .option("--hold-past-end", "go on after the episode has ended")
    .option("--steps <n>", "take only so many steps", parseInteger(1))
    .action(async (options: RolloutOptions) => {
      const output = openOutput(context, options);
      const env = await makeEnv(options);
      const actions = chooseActions(options, env);
      const state =
        options.state === undefined ? undefined : parseJson(stateSchema, options.state, "--state");
      const [observation] = env.reset({ seed: options.seed ?? 0, ...(state === undefined ? {} : { state }) });
      const start = { observation, state: env.state(), ...env.diagnostics?.() };
      const steps = roll(env, actions, options.holdPastEnd === true, context.signal);
      if (steps.length < actions.length && options.actions !== undefined) {
        output.note(
          `rollout: the episode ended after ${steps.length} of ${actions.length} actions (--hold-past-end goes on)`,
        );
      }
      output.finish(
        { env: env.id, stepSeconds: env.stepSeconds, start, steps },
        summarise(env, start, steps),
      );
    });
}

async function makeEnv(options: RolloutOptions): Promise<AnyEnv> {
  const [{ environments, make }, { prepareEngine }] = await Promise.all([
    import("../envs/index.ts"),
    import("../envs/physics/index.ts"),
  ]);
  const { ideal } = environments.get(options.env);
  if (options.engine !== undefined) await prepareEngine(options.engine);
  return make(options.env, {
    ...(options.ideal ? ideal : {}),
    ...(options.holdPastEnd ? { afterEnd: "continue" } : {}),
    ...(options.config === undefined ? {} : parseJson(configSchema, options.config, "--config")),
    ...(options.engine === undefined ? {} : { engine: options.engine }),
  });
}

/** One row of numbers a step; a choice is a row of one. */
function chooseActions({ actions: path, steps }: RolloutOptions, env: AnyEnv): Float64Array[] {
  const { actionSpace } = env;
  const { low, high } = boundsOf(env);
  const size = low.length;
  if (path === undefined) {
    const count = steps ?? Math.min(DEFAULT_STEPS, env.maxEpisodeSteps);
    return Array.from({ length: count }, () => new Float64Array(size));
  }
  const actions = readActions(path, size);
  if (steps !== undefined && steps > actions.length) {
    throw new UsageError(`rollout: --steps is ${steps}, but there are only ${actions.length} actions`);
  }
  actions.forEach((action, i) => {
    action.forEach((x, k) => {
      const whole = actionSpace instanceof Box || Number.isInteger(x);
      if (x >= low[k]! && x <= high[k]! && whole) return;
      const expected =
        actionSpace instanceof Box ? `${low[k]} to ${high[k]}` : `an integer from ${low[k]} to ${high[k]}`;
      throw new UsageError(
        `rollout: action ${i} is ${x}, expected ${expected}${env.actionLabels[k] ? ` (${env.actionLabels[k]})` : ""}${actionSpace instanceof Box ? "; clip it" : ""}`,
      );
    });
  });
  return steps === undefined ? actions : actions.slice(0, steps);
}

/** Bounds of every number of an action. */
function boundsOf({ id, actionSpace }: AnyEnv): { low: ArrayLike<number>; high: ArrayLike<number> } {
  if (actionSpace instanceof Box) return actionSpace;
  if (actionSpace instanceof Discrete) return { low: [0], high: [actionSpace.n - 1] };
  throw new UsageError(
    `rollout: ${id} has actions ${actionSpace.describe()}, expected a box of numbers or choices`,
  );
}

function roll(
  env: AnyEnv,
  actions: readonly Float64Array[],
  holdPastEnd: boolean,
  signal: AbortSignal,
): RolloutStep[] {
  const steps: RolloutStep[] = [];
  const take = (action: Float64Array) =>
    env.actionSpace instanceof Discrete
      ? (env as DiscreteEnv).step(action[0]!)
      : (env as BoxEnv).step(action);
  for (const action of actions) {
    if (signal.aborted)
      throw new SpikegymError(`rollout: stopped after ${steps.length} of ${actions.length} steps`);
    const [observation, reward, terminated, truncated] = take(action);
    steps.push({ observation, reward, terminated, truncated, state: env.state(), ...env.diagnostics?.() });
    if ((terminated || truncated) && !holdPastEnd) break;
  }
  return steps;
}

/** The result for people. */
function summarise(env: AnyEnv, start: Partial<EnvDiagnostics>, steps: readonly RolloutStep[]): string {
  const last = steps.at(-1);
  if (last === undefined) return "no steps: the actions are empty";
  const total = steps.reduce((sum, step) => sum + step.reward, 0);
  const end = last.terminated ? "terminated" : last.truncated ? "truncated" : "still running";
  const rows = [
    ["environment", env.id],
    ["steps", `${steps.length} of ${env.stepSeconds} s, ${end}`],
    ["return", total.toPrecision(8)],
    ["qpos", last.state.qpos.map((x) => x.toPrecision(6)).join(", ")],
    ["qvel", last.state.qvel.map((x) => x.toPrecision(6)).join(", ")],
  ];
  if (start.energyJ !== undefined && last.energyJ !== undefined) {
    rows.push([
      "energy",
      `${start.energyJ.toPrecision(8)} J at the start, ${last.energyJ.toPrecision(8)} J at the end`,
    ]);
  }
  const gap = steps.reduce((largest, step) => Math.max(largest, step.jointGapM ?? 0), 0);
  rows.push(["largest joint gap", `${gap.toExponential(1)} m`]);
  return formatTable(rows);
}

function parseJson<S extends z.ZodType>(schema: S, text: string, option: string): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`rollout: ${option} is not JSON: ${(error as Error).message}`);
  }
  return parse(schema, value, `rollout: ${option}`);
}
