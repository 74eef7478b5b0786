import { Catalogue } from "../../core/catalogue.ts";
import { parse } from "../../core/parse.ts";
import { delta } from "./delta.ts";
import { direct } from "./direct.ts";
import { latency } from "./latency.ts";
import { latestWindow } from "./latest-window.ts";
import { poisson } from "./poisson.ts";
import { population } from "./population.ts";
import type { SpikeEncoder } from "./spike-encoder.ts";

/** Every spike encoder. Adding one: write its file, add one line here. */
export const encoders = new Catalogue("encoder", [latestWindow, direct, poisson, latency, delta, population]);

/** An encoder by id; throws a UsageError naming the nearest id or key. */
export function makeEncoder(id: string, parameters: unknown = {}): SpikeEncoder {
  const definition = encoders.get(id);
  const settings = parse(definition.parameters, parameters, `encoder "${id}"`);
  return (definition.create as (settings: unknown) => SpikeEncoder)(settings);
}
