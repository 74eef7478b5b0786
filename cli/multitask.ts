import type { Command } from "commander";
import { UsageError } from "../core/errors.ts";
import { addMultitaskData } from "./multitask-data.ts";
import { addMultitaskTrain } from "./multitask-train.ts";
import type { VerbContext } from "./verb.ts";

/** `spikegym multitask ACTION`: two-task classification on the same neurons. */
export function addMultitask(program: Command, context: VerbContext): void {
  const multitask = program
    .command("multitask")
    .description("classification of images with two labels on the same neurons");
  addMultitaskData(multitask, context);
  addMultitaskTrain(multitask, context);
  multitask.action(() => {
    const known = multitask.commands.map((command) => command.name()).join(", ");
    throw new UsageError(`multitask: expected what to do (known: ${known})`);
  });
}
