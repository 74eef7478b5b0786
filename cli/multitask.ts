import type { Command } from "commander";
import { UsageError, unknownName } from "../core/errors.ts";
import { addMultitaskData } from "./multitask-data.ts";
import { addMultitaskEval } from "./multitask-eval.ts";
import { addMultitaskInformation } from "./multitask-information.ts";
import { addMultitaskNoise } from "./multitask-noise.ts";
import { addMultitaskStudy } from "./multitask-study.ts";
import { addMultitaskTrain } from "./multitask-train.ts";
import type { VerbContext } from "./verb.ts";

/** `spikegym multitask ACTION`: two-task classification on the same neurons. */
export function addMultitask(program: Command, context: VerbContext): void {
  const multitask = program
    .command("multitask")
    .description("classification of images with two labels on the same neurons");
  addMultitaskData(multitask, context);
  addMultitaskTrain(multitask, context);
  addMultitaskEval(multitask, context);
  addMultitaskNoise(multitask, context);
  addMultitaskInformation(multitask, context);
  addMultitaskStudy(multitask, context);
  // Only reached when the next word is none of the verbs above.
  multitask.allowExcessArguments().action(() => {
    const known = multitask.commands.map((command) => command.name());
    const word = multitask.args[0];
    if (word !== undefined) throw unknownName("verb", word, known);
    throw new UsageError(`multitask: expected what to do (known: ${known.join(", ")})`);
  });
}
