import { createHash } from "node:crypto";
import type { RunConfig } from "../config.ts";
import type { MapSettings } from "../measures/stability-map.ts";
import type { PerturbationSpec } from "../perturbations/spec.ts";

/** What tells trials apart in a report: axis -> value. */
export type Factors = Readonly<Record<string, unknown>>;

interface AnyTrial {
  /** Hash of everything its result depends on. */
  readonly id: string;
  /** Its place in the plan. */
  readonly index: number;
  /** Place of the training trial (or the policy) it hangs on: all of one root belong to one shard. */
  readonly root: number;
  readonly factors: Factors;
}

export interface TrainTrial extends AnyTrial {
  readonly kind: "train";
  readonly config: RunConfig;
}

export interface EvaluationTrial extends AnyTrial {
  readonly kind: "evaluate";
  /** A run folder or checkpoint and the hash of what is in it; or the training trial whose policy it is. */
  readonly policy: { readonly path: string; readonly sha256: string } | { readonly trial: string };
  /** The policy's own, if null. */
  readonly engine: string | null;
  readonly episodes: number;
  readonly seed: number;
  readonly perturbations: readonly PerturbationSpec[];
  /** A stability map is drawn instead of episodes run. */
  readonly map: MapSettings | null;
}

export type Trial = TrainTrial | EvaluationTrial;

/** A trial before it has its id. */
export type TrialBody = Omit<TrainTrial, "id"> | Omit<EvaluationTrial, "id">;

/**
 * The identity of a trial: the SHA-256, 16 hexadecimal digits of it, of what its result depends on: kind, resolved
 * configuration or policy and conditions, seed, and the version of the code. Where it stands in a plan and how its axes
 * are called does not matter; where a policy lies does not either, its content does.
 */
export function identify<T extends TrialBody>(body: T, code: string): T & { readonly id: string } {
  const { index, root, factors, ...result } = body as TrialBody;
  const named =
    result.kind === "evaluate" && "path" in result.policy
      ? { ...result, policy: { sha256: result.policy.sha256 } }
      : result;
  const id = createHash("sha256")
    .update(canonicalJson({ ...named, code }))
    .digest("hex")
    .slice(0, 16);
  return { ...body, id };
}

/** JSON with the keys of every object sorted: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
