import { fittedConstants } from "./fitted-constants.ts";
import { sLif2HhSchema } from "./s-lif2hh.ts";

/** The constants as released. */
export const publishedConstants = sLif2HhSchema.parse({
  dtMs: 1,
  threshold: 70,
  leak: [0.1, 0.1, 0.1, 0.1],
  gain: [1, 1, 1],
  offset: [0, 0, 0],
  weight: [1, 1, 1],
  bias: 0,
  reset: [0, 0, 0, 0],
  start: [0, 0, 0, 0],
  // 1e5 dt for the matching spike and as much for the fourth's, which come together.
  synapse: 2e5,
});

/** By the name of `--settings`. */
export const chainConstants = { published: publishedConstants, fitted: sLif2HhSchema.parse(fittedConstants) };
