import { Catalogue } from "../../core/catalogue.ts";
import { classic } from "./classic.ts";
import type { EngineDefinition } from "./engine.ts";
import { lagrangian } from "./lagrangian.ts";
import { matter } from "./matter.ts";
import { mujoco } from "./mujoco.ts";
import { own } from "./own.ts";

/** The physics engines, the default first. */
export const engines = new Catalogue<EngineDefinition>("engine", [matter, lagrangian, mujoco, classic, own]);

/**
 * Loads what an engine needs beyond this package; to be awaited once, before the first `make` with it. Only `mujoco` needs
 * it; for the others there is nothing to do.
 *
 * @throws UsageError for an unknown engine; SpikegymError where an optional package is missing, with how to add it
 */
export async function prepareEngine(id: string): Promise<void> {
  await engines.get(id).prepare?.();
}
