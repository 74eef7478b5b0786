import { z } from "zod";
import type { Env } from "../../core/env.ts";
import { parse } from "../../core/parse.ts";
import { make } from "../index.ts";
import { prepareEngine } from "../physics/index.ts";
import { type WrapperSpec, wrap } from "../wrappers/index.ts";

/** An environment as plain JSON, so that another thread can make it, too. */
export interface EnvSpec {
  readonly id: string;
  /** Engine and parameters, as for `make`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The first innermost. */
  readonly wrappers?: readonly WrapperSpec[];
}

const schema = z.strictObject({
  id: z.string(),
  options: z.record(z.string(), z.unknown()).optional(),
  wrappers: z.array(z.looseObject({ id: z.string() })).optional(),
});

/**
 * Loads what the environment's engine needs, in this thread; to be awaited before `makeFromSpec`.
 *
 * @throws UsageError for an unknown engine; SpikegymError where an optional package is missing
 */
export async function prepareSpec({ options }: EnvSpec): Promise<void> {
  // Anything but a text is for `makeFromSpec` to refuse.
  if (typeof options?.engine === "string") await prepareEngine(options.engine);
}

/** @throws UsageError for an unknown id, engine or key (with the nearest), or an impossible value */
export function makeFromSpec(spec: EnvSpec): Env<unknown> {
  const { id, options, wrappers } = parse(schema, spec, "environment of a vector");
  const env: Env<unknown> = make(id, options);
  // `wrap` checks every option again.
  return wrap(env, (wrappers ?? []) as readonly unknown[] as readonly WrapperSpec[]);
}
