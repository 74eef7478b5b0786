import { join } from "node:path";
import type { Command } from "commander";
import { SpikegymError } from "../core/errors.ts";
import { DEFAULT_EVALUATION_SEED } from "./eval.ts";
import { parseInteger } from "./options.ts";
import { resolveRun } from "./resolve-run.ts";
import { describeSummary, runTraining } from "./train.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";
import { DEFAULT_PORT, untilAborted } from "./view.ts";

interface StartOptions extends SharedOptions {
  readonly out?: string;
  readonly port: number;
}

const DEFAULT_PRESET = "tuned/double-hh-published";
const EPISODES = 20;

/** `spikegym start`: the whole story in one line: trains, evaluates, records an episode, and shows it. */
export function addStart(program: Command, context: VerbContext): void {
  addVerb(
    program,
    "start [preset]",
    "trains a spiking policy, evaluates it, and shows an episode in the viewer",
  )
    .option("--out <dir>", "the run's folder (default: runs/<preset>-seed<seed>)")
    .option(
      "--port <n>",
      "port of the viewer on 127.0.0.1; 0: any free one",
      parseInteger(0, 65_535),
      DEFAULT_PORT,
    )
    .action(async (preset: string | undefined, options: StartOptions) => {
      const output = openOutput(context, options);
      const { config, out } = await resolveRun(preset ?? DEFAULT_PRESET, options);
      const { neuron, population } = config.policy;
      output.note(
        `${population} ${neuron.id} neurons learn ${config.environment.id} (${config.environment.engine} engine) with ${config.algorithm.id.toUpperCase()}, seed ${config.seed}`,
      );
      const { neurons } = await import("../neurons/index.ts");
      const { caveat } = neurons.get(neuron.id);
      if (caveat !== undefined) output.note(`note: ${neuron.id}: ${caveat}`);
      const training = await runTraining(config, out, false, context);
      if (!training.complete) {
        throw new SpikegymError(
          `stopped at step ${training.steps}; go on with: spikegym train --resume ${out}`,
        );
      }

      const [{ loadPolicy }, { evaluatePolicy }, { CARD_SEED }] = await Promise.all([
        import("../training/policy.ts"),
        import("../training/evaluate-policy.ts"),
        import("../training/run-card/run-card.ts"),
      ]);
      const policy = await loadPolicy(out);
      output.note(`evaluating ${EPISODES} episodes`);
      const { summary } = await evaluatePolicy(policy, { episodes: EPISODES, seed: DEFAULT_EVALUATION_SEED });
      // Recorded with the run's card.
      const replay = join(out, "replays", `seed-${CARD_SEED}.mcap`);
      policy.agent.dispose();

      const solved = summary.mean >= training.solvedReturn;
      output.finish(
        {
          ...training,
          evaluation: { episodes: EPISODES, seed: DEFAULT_EVALUATION_SEED, ...summary },
          solved,
          replay,
        },
        [
          describeSummary(training),
          `${solved ? "solved" : "not solved"}: mean return ${summary.mean.toFixed(1)} of ${EPISODES} fresh episodes (threshold ${training.solvedReturn})`,
        ].join("\n"),
      );
      if (!options.json) await show(out, options.port, context, output.say.bind(output));
      if (!solved) {
        throw new SpikegymError(
          `mean return ${summary.mean.toFixed(1)} is below ${training.solvedReturn}; another seed may do: spikegym start --seed ${config.seed + 1}`,
        );
      }
    });
}

/** Serves the viewer until Ctrl-C; a busy port is no reason to lose the sight of what was just learnt. */
async function show(
  run: string,
  port: number,
  context: VerbContext,
  say: (line: string) => void,
): Promise<void> {
  const { PortInUseError, startViewerServer } = await import("./viewer-server.ts");
  const paths = [join(run, "replays")];
  const server = await startViewerServer({ paths, port, onError: say }).catch((error: unknown) => {
    if (!(error instanceof PortInUseError)) throw error;
    say(`port ${port} is in use; taking a free one`);
    return startViewerServer({ paths, port: 0, onError: say });
  });
  try {
    say(`watch it: ${server.url}   (Ctrl-C ends)`);
    await untilAborted(context.signal);
  } finally {
    await server.close();
  }
}
