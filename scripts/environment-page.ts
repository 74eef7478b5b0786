import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { SpikegymError } from "../core/errors.ts";
import { Box, type Space } from "../core/space.ts";
import type { AnyEnv, EnvironmentDefinition } from "../envs/definition.ts";
import { environments, make } from "../envs/index.ts";
import { changeTimeOf } from "../envs/parameter-change.ts";
import { wrappers } from "../envs/wrappers/index.ts";
import { picturePath } from "./environment-picture.ts";
import { anchorOf, formatNumber, renderParameters, renderTable } from "./markdown.ts";

/** Where the page belongs. */
export const PAGE_PATH = fileURLToPath(new URL("../docs/environments.md", import.meta.url));
/** What makes it anew. */
export const PAGE_COMMAND = "node --import tsx scripts/write-environment-page.ts";

const ENVS_FOLDER = fileURLToPath(new URL("../envs", import.meta.url));

/** docs/environments.md: every environment and wrapper, from their definitions and doc comments alone. */
export function renderEnvironmentPage(): string {
  return `${[
    "# Environments",
    `<!-- Generated from the definitions: ${PAGE_COMMAND} -->`,
    "Every environment has Gymnasium's semantics (`core/env.ts`) on each of its engines; the first engine is the default. " +
      "Every parameter can be set: `make(id, { engine, ...parameters })`, or `--config` on the command line.",
    "A living environment changes with `env.setParameters({ poleMassKg: 3 })`, in the middle of an episode too where the " +
      'table says "any time": positions and velocities stay, inertia follows mass and length. What may change "between ' +
      'episodes" only is for `env.reset({ parameters: { timeStepS: 0.01 } })`. `env.parameters` holds all values in force, and ' +
      "a snapshot restores them. `env.applyForces([10, 0])` pushes (N on the slider, N m on every hinge) until it is set " +
      "again or the environment is reset; `forcesOfPoint` of `envs/physics/cart-chain.ts` finds those of a force at any " +
      "point of a pole.",
    "In the pictures the orange poles stand near where an episode starts, the faint ones where they should be; all of it is " +
      "drawn from the scenes that the environments describe.",
    [
      "```ts",
      'import { make, Rng, wrap } from "spikegym/envs";',
      "",
      'const env = wrap(make("InvertedPendulum-v5", { engine: "lagrangian" }), [{ id: "RecordEpisodeStatistics" }]);',
      'const rng = new Rng("my actions");',
      "env.reset({ seed: 0 });",
      "for (let over = false; !over; ) {",
      "  const [observation, reward, terminated, truncated, info] = env.step(env.actionSpace.sample(rng));",
      "  over = terminated || truncated;",
      "  if (over) console.log(info.episode); // { return, length, simulatedSeconds }",
      "}",
      "```",
    ].join("\n"),
    environments.entries.map(({ id }) => `- [${id}](#${anchorOf(id)})`).join("\n"),
    ...environments.entries.map(renderEnvironment),
    "## Several at once",
    '`await makeVector(id, { count: 64, threads: "all", options: { engine: "lagrangian" } })` of `spikegym/envs` ' +
      "gives environments that step together, in one thread or in one a core, with the same numbers either way; `reset` and " +
      "`step` take and give flat arrays, row i for environment i. What follows an episode's end is `autoreset`: `next-step` " +
      "(the step after the end is the reset), `same-step` (the step that ends it also starts the next) or `disabled` (reset " +
      "with a mask). Its last observation always stands in `finalObservations`, its info in `infos`. `setParameters` and " +
      "`reset({ parameters })` change all environments or each its own. How the threads share the work: " +
      "[decision](decisions/vector-threads.md).",
    "## Wrappers",
    'Put around an environment by `wrap(env, [{ id: "FrameStack", frames: 4 }])`, the first innermost; seeds and snapshots ' +
      "go through all of them.",
    ...wrappers.entries.map(({ id, summary, parameters }) =>
      [`### ${id}`, summary, ...renderParameters(parameters)].join("\n\n"),
    ),
  ].join("\n\n")}\n`;
}

function renderEnvironment(definition: EnvironmentDefinition): string {
  const env: AnyEnv = make(definition.id as string);
  const { contract, file } = readContract(definition.id);
  const facts = [
    `- Engines: ${definition.engines.map((engine) => `\`${engine}\``).join(", ")}`,
    `- Step: ${formatNumber(env.stepSeconds)} s; truncated after ${env.maxEpisodeSteps} steps`,
    `- Solved at a mean return of ${env.rewardThreshold}`,
    ...definition.references.map((reference) => `- ${reference}`),
  ];
  env.close();
  return [
    `## ${definition.id}`,
    definition.summary,
    `![${definition.id}: the bodies to scale, their angles and the push](${picturePath(definition.id)})`,
    facts.join("\n"),
    contract,
    `Observation, ${env.observationSpace.describe()}:`,
    renderEntries(env.observationSpace, env.observationLabels),
    `Action, ${env.actionSpace.describe()}:`,
    renderEntries(env.actionSpace as Space, env.actionLabels),
    ...renderParameters(definition.parameters, {
      title: "may change",
      cell: (key) => changeTimeOf(definition.parameters.shape[key] as z.ZodType),
    }),
    `Source: [\`envs/${file}\`](../envs/${file})`,
  ].join("\n\n");
}

/** One row an entry, with its bounds where the space is a box. */
function renderEntries(space: Space, labels: readonly string[]): string {
  if (!(space instanceof Box)) return labels.map((label) => `- ${label}`).join("\n");
  const rows = labels.map((label, i) => [
    String(i),
    label,
    formatBound(space.low[i]!),
    formatBound(space.high[i]!),
  ]);
  return renderTable([["#", "what", "from", "to"], ...rows]);
}

/** What the doc comment says from `Reward:` on: reward, start, ends, info, versions. */
function readContract(id: string): { contract: string; file: string } {
  for (const file of readdirSync(ENVS_FOLDER).filter((name) => name.endsWith(".ts"))) {
    const source = readFileSync(join(ENVS_FOLDER, file), "utf8");
    const at = source.search(new RegExp(`= defineEnvironment\\(\\{\\s*id: "${id}"`));
    if (at < 0) continue;
    const comment = source.slice(source.lastIndexOf("/**", at), source.lastIndexOf("*/", at));
    const lines = comment.split("\n").map((line) => line.replace(/^ \* ?/, "").trimEnd());
    const start = lines.findIndex((line) => line.startsWith("Reward:"));
    if (start < 0) break;
    const kept = lines
      .slice(start)
      .filter((line) => line !== "")
      .join("\n");
    // A list: an entry for each line that begins with its own heading word.
    return { file, contract: kept.replace(/^([A-Z][a-z]+): /gm, "- **$1**: ").replace(/^(?!- |$)/gm, "  ") };
  }
  throw new SpikegymError(
    `docs: found no doc comment with "Reward:" above the definition of ${id} in envs/*.ts; write one`,
  );
}

function formatBound(x: number): string {
  return Number.isFinite(x) ? formatNumber(x) : x < 0 ? "-infinity" : "infinity";
}
