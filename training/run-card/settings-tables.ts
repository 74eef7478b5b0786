import type { z } from "zod";
import { algorithms } from "../../agents/index.ts";
import { environments } from "../../envs/index.ts";
import { encoders } from "../../neurons/encoders/index.ts";
import { neurons } from "../../neurons/index.ts";
import { type RunConfig, runConfigSchema } from "../config.ts";
import { formatMarkdownTable } from "../markdown.ts";

/** Every setting of a run, defaults filled in, with the sentence its schema has for it: one table a part. */
export function renderSettings(config: RunConfig): string[] {
  const { environment, algorithm, policy, training } = config;
  const { neuron, encoder } = policy;
  return [
    ...part(
      `Environment ${environment.id}, engine ${environment.engine}`,
      environments.get(environment.id).parameters,
      environment.parameters,
    ),
    ...part(`Neuron ${neuron.id}`, neurons.get(neuron.id).parameters, neuron.parameters),
    ...part(`Encoder ${encoder.id}`, encoders.get(encoder.id).parameters, encoder.parameters),
    ...part("Policy", runConfigSchema.shape.policy, policy, ["neuron", "encoder"]),
    ...part(`Algorithm ${algorithm.id}`, algorithms.get(algorithm.id).parameters, algorithm.parameters),
    ...part("Training", runConfigSchema.shape.training, training),
  ];
}

function part(
  title: string,
  schema: z.ZodObject,
  settings: Readonly<Record<string, unknown>>,
  leaveOut: readonly string[] = [],
): string[] {
  const values = schema.parse(settings) as Record<string, unknown>;
  const rows = Object.entries(schema.shape)
    .filter(([key]) => !leaveOut.includes(key))
    .map(([key, field]) => [
      key,
      `\`${JSON.stringify(values[key])}\``,
      (field as { description?: string }).description ?? "",
    ]);
  return rows.length === 0
    ? []
    : [`### ${title}`, formatMarkdownTable(["setting", "value", "what it is"], rows)];
}
