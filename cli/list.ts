import type { Command } from "commander";
import type { Definition } from "../core/catalogue.ts";
import { formatTable } from "./output.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

/** `spikegym list`: every catalogue, with the one sentence each entry says of itself. */
export function addList(program: Command, context: VerbContext): void {
  addVerb(program, "list", "what there is: environments, engines, neurons, algorithms, presets").action(
    async (options: SharedOptions) => {
      const output = openOutput(context, options);
      const sections = await collectSections();
      const text = Object.entries(sections)
        .filter(([, entries]) => entries.length > 0)
        .map(
          ([title, entries]) =>
            `${title}\n${formatTable(entries.map(({ id, summary }) => [`  ${id}`, summary]))}`,
        )
        .join("\n\n");
      output.finish(sections, text);
    },
  );
}

interface Entry {
  readonly id: string;
  readonly summary: string;
}

/** Every section of the verb's JSON; one whose catalogue is empty is an empty list. */
async function collectSections(): Promise<Record<string, Entry[]>> {
  const { neurons } = await import("../neurons/index.ts");
  return {
    environments: [],
    engines: [],
    neurons: describe(neurons.entries),
    encoders: [],
    algorithms: [],
    perturbations: [],
    presets: [],
  };
}

function describe(entries: readonly Definition[]): Entry[] {
  return entries.map(({ id, summary }) => ({ id, summary }));
}
