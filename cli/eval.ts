import type { Command } from "commander";
import { UsageError } from "../core/errors.ts";
import { parseInteger } from "./options.ts";
import { formatTable } from "./output.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface EvalOptions extends SharedOptions {
  readonly episodes: number;
  readonly engine?: string;
  readonly perturb?: readonly string[];
  readonly record?: string;
}

/** Starts of `eval`'s episodes when no seed is given: others than training's evaluations start from. */
export const DEFAULT_EVALUATION_SEED = 1_000_000;

/** `spikegym eval RUN`: the mean action, episode after episode. */
export function addEval(program: Command, context: VerbContext): void {
  addVerb(
    program,
    "eval <run>",
    "evaluates a run folder's best checkpoint, a checkpoint file, or a policy file",
  )
    .option("--episodes <n>", "episodes; the i-th starts from seed + i", parseInteger(1, 100_000), 20)
    .option("--engine <id>", "physics engine instead of the run's")
    .option(
      "--perturb <axis=level>",
      "a perturbation, repeatable: sensor-noise=0.1, or actuator-delay=s2 for severity 2 of 5; spikegym list has the axes",
      (text: string, previous: readonly string[] = []) => [...previous, text],
    )
    .option("--record <file>", "write the first episode as a replay file (.mcap)")
    .action(async (run: string, options: EvalOptions) => {
      const output = openOutput(context, options);
      const [{ loadPolicy }, { evaluatePolicy }, { parsePerturbation }] = await Promise.all([
        import("../training/policy.ts"),
        import("../training/evaluate-policy.ts"),
        import("../training/perturbations/spec.ts"),
      ]);
      const perturbations = (options.perturb ?? []).map(parsePerturbation);
      if (options.record !== undefined && !options.record.endsWith(".mcap")) {
        throw new UsageError(`eval: --record ${options.record}, expected a file name ending in .mcap`);
      }
      const policy = await loadPolicy(run);
      if (policy.warning !== undefined) output.note(`spikegym: ${policy.warning}`);
      const seed = options.seed ?? DEFAULT_EVALUATION_SEED;
      const { episodes, summary, engine, spikesPerDecision } = await evaluatePolicy(policy, {
        episodes: options.episodes,
        seed,
        perturbations,
        ...(options.engine === undefined ? {} : { engine: options.engine }),
      });
      if (options.record !== undefined) {
        const { recordPolicy } = await import("../training/evaluate-policy.ts");
        await recordPolicy(policy, {
          path: options.record,
          seeds: [seed],
          engine,
          perturbations,
          signal: context.signal,
        });
        output.note(`replay: ${options.record}`);
      }
      policy.agent.dispose();
      const rows = episodes.map((e) => [
        String(e.seed),
        e.return.toFixed(2),
        String(e.length),
        e.terminated ? "fell" : "held",
        e.angleRmsRad.toFixed(4),
        e.cartRmsM.toFixed(4),
        e.effort.toFixed(2),
      ]);
      const [low, high] = summary.ci95;
      output.finish(
        {
          run: policy.run,
          checkpoint: policy.checkpoint,
          engine,
          seed,
          perturbations,
          episodes,
          summary,
          spikesPerDecision,
        },
        [
          formatTable([
            ["seed", "return", "steps", "end", "angle RMS rad", "cart RMS m", "effort N"],
            ...rows,
          ]),
          "",
          `mean ${summary.mean.toFixed(2)}, std ${summary.std.toFixed(2)}, interquartile mean ${summary.iqm.toFixed(2)} (95 % ${low.toFixed(2)} to ${high.toFixed(2)}), solved ${(100 * summary.solvedShare).toFixed(0)} %`,
          `${policy.checkpoint === "only" ? "policy file" : `${policy.checkpoint} checkpoint of`} ${policy.run}, engine ${engine}`,
          ...perturbations.map(
            ({ axis, level, severity }) =>
              `perturbed: ${axis} ${level} (severity ${severity.toFixed(1)} of 5)`,
          ),
        ].join("\n"),
      );
    });
}
