import type { z } from "zod";
import type { Definition } from "../../core/catalogue.ts";
import type { Env } from "../../core/env.ts";

/** One wrapper: what the catalogue, the documentation and the contract tests derive from. */
export interface WrapperDefinition<Id extends string = string, S extends z.ZodObject = z.ZodObject>
  extends Definition<Id> {
  readonly parameters: S;
  /** Wraps; `options` of any origin. @throws UsageError for a wrong option or an environment it does not fit */
  wrap(env: Env<unknown>, options: unknown): Env<unknown>;
}

/** A definition that keeps its literal id and its own parameters' types. */
export function defineWrapper<const Id extends string, S extends z.ZodObject>(
  definition: WrapperDefinition<Id, S>,
): WrapperDefinition<Id, S> {
  return definition;
}
