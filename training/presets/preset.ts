import type { Definition } from "../../core/catalogue.ts";
import type { RunConfigInput } from "../config.ts";

/** A named starting point: everything but the seed. */
export interface Preset extends Definition {
  readonly config: Omit<RunConfigInput, "preset" | "seed">;
}
