import { z } from "zod";
import { Catalogue } from "../../core/catalogue.ts";
import type { Env } from "../../core/env.ts";
import { parse } from "../../core/parse.ts";
import { clipAction } from "./clip-action.ts";
import type { WrapperDefinition } from "./definition.ts";
import { delayAction } from "./delay-action.ts";
import { delayObservation } from "./delay-observation.ts";
import { frameStack } from "./frame-stack.ts";
import { normalizeObservation } from "./normalize-observation.ts";
import { normalizeReward } from "./normalize-reward.ts";
import { orderEnforcing } from "./order-enforcing.ts";
import { publishedReward } from "./published-reward.ts";
import { recordEpisodeStatistics } from "./record-episode-statistics.ts";
import { repeatAction } from "./repeat-action.ts";
import { rescaleAction } from "./rescale-action.ts";
import { stickyAction } from "./sticky-action.ts";
import { timeLimit } from "./time-limit.ts";

const definitions = [
  timeLimit,
  orderEnforcing,
  recordEpisodeStatistics,
  normalizeObservation,
  normalizeReward,
  clipAction,
  rescaleAction,
  frameStack,
  repeatAction,
  stickyAction,
  delayAction,
  delayObservation,
  publishedReward,
] as const;

type Known = (typeof definitions)[number];

export const wrappers = new Catalogue<WrapperDefinition>("wrapper", definitions);

export type WrapperId = Known["id"];

/** A wrapper with its options as plain JSON: `{ id: "FrameStack", frames: 4 }`. */
export type WrapperSpec = {
  [D in Known as D["id"]]: { readonly id: D["id"] } & OptionsOf<z.input<D["parameters"]>>;
}[WrapperId];

/** What zod infers for no options at all would forbid the `id`, too. */
type OptionsOf<Input> = string extends keyof Input ? unknown : Input;

const spec = z.looseObject({ id: z.string() });

/**
 * Puts wrappers around an environment, the first innermost:
 * `wrap(make("InvertedPendulum-v5"), [{ id: "RescaleAction" }, { id: "FrameStack", frames: 4 }])`.
 *
 * @param specs checked, whatever their origin
 * @throws UsageError for an unknown id or key (with the nearest), an impossible value, an environment that does not fit
 */
export function wrap<A>(env: Env<A>, specs: readonly WrapperSpec[]): Env<A> {
  return specs.reduce<Env<unknown>>((inner, entry, i) => {
    const { id, ...options } = parse(spec, entry, `wrapper ${i}`);
    return wrappers.get(id).wrap(inner, options);
  }, env) as Env<A>;
}
