import { z } from "zod";
import { Dict, Tuple } from "./composite-space.ts";
import { parse } from "./parse.ts";
import { Box, Discrete, MultiDiscrete, type Space, type SpaceJson } from "./space.ts";

const bounds = z.array(z.number().nullable()).min(1);

const schema: z.ZodType<SpaceJson> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("box"), low: bounds, high: bounds }),
    z.strictObject({ kind: z.literal("discrete"), n: z.number() }),
    z.strictObject({ kind: z.literal("multi-discrete"), counts: z.array(z.number()) }),
    z.strictObject({ kind: z.literal("dict"), entries: z.record(z.string(), schema) }),
    z.strictObject({ kind: z.literal("tuple"), members: z.array(schema) }),
  ]),
);

/**
 * The space that `toJSON` described.
 *
 * @param where what is being read, for the message
 * @throws UsageError for anything that describes no space
 */
export function spaceFromJson(json: unknown, where = "space"): Space {
  return build(parse(schema, json, where));
}

function build(json: SpaceJson): Space {
  switch (json.kind) {
    case "box":
      return new Box(
        json.low.map((x) => x ?? Number.NEGATIVE_INFINITY),
        json.high.map((x) => x ?? Number.POSITIVE_INFINITY),
      );
    case "discrete":
      return new Discrete(json.n);
    case "multi-discrete":
      return new MultiDiscrete(json.counts);
    case "dict":
      return new Dict(
        Object.fromEntries(Object.entries(json.entries).map(([key, entry]) => [key, build(entry)])),
      );
    case "tuple":
      return new Tuple(json.members.map(build));
  }
}
