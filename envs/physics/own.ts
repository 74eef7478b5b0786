import { UsageError } from "../../core/errors.ts";
import type { EngineDefinition } from "./engine.ts";

/** What environments name that bring their equations with them (envs/simple-environment.ts). */
export const own: EngineDefinition = {
  id: "own",
  summary: "No engine: the environment steps by equations of its own.",
  references: [],
  create(chain) {
    throw new UsageError(
      `engine "own": it moves no bodies, and a cart with ${chain.links.length} poles needs one that does; take matter, lagrangian or mujoco`,
    );
  },
};
