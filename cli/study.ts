import type { Command } from "commander";
import { SpikegymError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import { collectSettings, parseInteger } from "./options.ts";
import { openProgress, type Progress } from "./progress.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface StudyVerbOptions extends SharedOptions {
  readonly seeds: number;
  readonly workers: number;
  readonly out?: string;
  readonly report?: string;
  readonly set?: Readonly<Record<string, unknown>>;
}

/** `spikegym study ID`: a whole study in one command that may be killed and started again at any moment. */
export function addStudy(program: Command, context: VerbContext): void {
  addVerb(program, "study <id>", "runs a study: training, data, pictures and page in one resumable command")
    .option("--seeds <n>", "seeds 0 to n - 1", parseInteger(1, 10_000), 5)
    .option("--workers <n>", "training processes at a time", parseInteger(1, 1024), 1)
    .option("--out <dir>", "where it works and goes on (default: studies/<id>)")
    .option("--report <dir>", "where data, pictures and page go (default: <out>/report)")
    .option("--set <key=value>", "a parameter of the study, e.g. models='[\"lif\"]'", collectSettings)
    .action(async (id: string, options: StudyVerbOptions) => {
      const output = openOutput(context, options);
      const { studies } = await import("../training/studies/index.ts");
      const study = studies.get(id);
      const parameters = parse(study.parameters, options.set ?? {}, `study "${id}"`);
      const out = options.out ?? `studies/${id}`;
      const again = `spikegym study ${id} with the same options`;
      let progress: Progress | undefined;
      const result = await study
        .run(parameters, {
          out,
          report: options.report ?? `${out}/report`,
          seeds: options.seeds,
          workers: options.workers,
          signal: context.signal,
          onProgress: ({ done, total, unit, fields }) => {
            progress ??= openProgress(id, unit, context.streams);
            progress.update({ done, total, fields });
          },
          onNote: (line) => (progress === undefined ? output.note(line) : progress.note(line)),
        })
        .finally(() => progress?.stop());
      if (context.signal.aborted && !result.complete) {
        throw new SpikegymError(`study ${id} stopped; go on with ${again}`);
      }
      output.finish(result.document, result.text);
      if (!result.complete) {
        throw new SpikegymError(
          `study ${id}: not everything could be run (above); mend it and start ${again}`,
        );
      }
    });
}
