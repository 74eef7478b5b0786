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

/** Every section of the verb's JSON; a kind of thing that has no catalogue is an empty list. */
async function collectSections(): Promise<Record<string, Entry[]>> {
  // Together, because each takes its time to load.
  const [
    { environments },
    { engines },
    { neurons },
    { encoders },
    { readouts },
    { algorithms },
    { presets },
    { perturbations },
  ] = await Promise.all([
    import("../envs/index.ts"),
    import("../envs/physics/index.ts"),
    import("../neurons/index.ts"),
    import("../neurons/encoders/index.ts"),
    import("../neurons/readouts/index.ts"),
    import("../agents/index.ts"),
    import("../training/presets/index.ts"),
    import("../training/perturbations/index.ts"),
  ]);
  return {
    environments: describe(environments.entries),
    engines: describe(engines.entries),
    neurons: describe(neurons.entries),
    encoders: describe(encoders.entries),
    readouts: describe(readouts.entries),
    algorithms: describe(algorithms.entries),
    perturbations: describe(perturbations.entries),
    presets: describe(presets.entries),
  };
}

function describe(entries: readonly Definition[]): Entry[] {
  return entries.map(({ id, summary }) => ({ id, summary }));
}
