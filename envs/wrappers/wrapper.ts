import type {
  Env,
  EnvDiagnostics,
  EnvParameters,
  EnvSnapshot,
  Info,
  PhysicalState,
  ResetOptions,
  StepResult,
} from "../../core/env.ts";
import { UsageError } from "../../core/errors.ts";
import type { Scene } from "../../core/scene.ts";
import { Box, type Space } from "../../core/space.ts";

/** What a wrapper may say differently of the environment. */
export type WrapperChanges<A> = Partial<
  Pick<Env<A>, "observationSpace" | "actionSpace" | "observationLabels">
>;

/**
 * An environment around an environment: everything is handed through but what a subclass changes.
 *
 * Seeds and parameters go inwards with `reset`. A snapshot holds the wrapper's own state and, under `env`, the inner snapshot, so a stack
 * of wrappers restores to the bit.
 */
export abstract class Wrapper<A = Float32Array> implements Env<A> {
  readonly env: Env<A>;
  /** Its id in the catalogue. */
  readonly wrapperId: string;
  readonly id: string;
  readonly observationSpace: Space<Float32Array>;
  readonly actionSpace: Space<A>;
  readonly observationLabels: readonly string[];
  readonly rewardThreshold: number;
  readonly diagnostics?: () => EnvDiagnostics;
  readonly setParameters?: (changes: EnvParameters) => void;
  readonly applyForces?: (forces: ArrayLike<number>) => void;

  constructor(wrapperId: string, env: Env<A>, changes: WrapperChanges<A> = {}) {
    this.env = env;
    this.wrapperId = wrapperId;
    this.id = env.id;
    this.observationSpace = changes.observationSpace ?? env.observationSpace;
    this.actionSpace = changes.actionSpace ?? env.actionSpace;
    this.observationLabels = changes.observationLabels ?? env.observationLabels;
    this.rewardThreshold = env.rewardThreshold;
    if (env.diagnostics !== undefined) this.diagnostics = () => env.diagnostics!();
    if (env.setParameters !== undefined) this.setParameters = (changes) => env.setParameters!(changes);
    if (env.applyForces !== undefined) this.applyForces = (forces) => env.applyForces!(forces);
  }

  // What follows the parameters is asked for anew.

  get scene(): Scene {
    return this.env.scene;
  }

  get actionLabels(): readonly string[] {
    return this.env.actionLabels;
  }

  get stepSeconds(): number {
    return this.env.stepSeconds;
  }

  get maxEpisodeSteps(): number {
    return this.env.maxEpisodeSteps;
  }

  get parameters(): EnvParameters | undefined {
    return this.env.parameters;
  }

  reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    return this.env.reset(options);
  }

  step(action: A): StepResult {
    return this.env.step(action);
  }

  state(): PhysicalState {
    return this.env.state();
  }

  poses(out: Float64Array): Float64Array {
    return this.env.poses(out);
  }

  actionForceN(action: A): number {
    return this.env.actionForceN(action);
  }

  snapshot(): EnvSnapshot {
    return { wrapper: this.wrapperId, own: this.saveOwn(), env: this.env.snapshot() };
  }

  /** @throws UsageError for the snapshot of another stack of wrappers */
  restore(snapshot: EnvSnapshot): void {
    const { wrapper, own, env } = snapshot as { wrapper?: unknown; own?: unknown; env?: unknown };
    if (wrapper !== this.wrapperId || own === undefined || typeof env !== "object" || env === null) {
      throw new UsageError(
        `${this.id}.restore: the snapshot is of ${wrapper === undefined ? "no wrapper" : `the wrapper ${String(wrapper)}`}, expected ${this.wrapperId}; wrap both environments alike`,
      );
    }
    this.env.restore(env as EnvSnapshot);
    this.loadOwn(own as Readonly<Record<string, unknown>>);
  }

  close(): void {
    this.env.close();
  }

  /** The wrapper's own state as plain JSON. */
  protected saveOwn(): Readonly<Record<string, unknown>> {
    return {};
  }

  /** Puts back what `saveOwn` gave. */
  protected loadOwn(_own: Readonly<Record<string, unknown>>): void {}
}

/** @throws UsageError unless the space is a Box */
export function requireBox(space: Space, what: string, env: Pick<Env, "id">, wrapperId: string): Box {
  if (space instanceof Box) return space;
  throw new UsageError(
    `${wrapperId}: ${env.id} has ${what} ${space.describe()}, expected a Box; leave this wrapper out`,
  );
}

/** @throws UsageError for an environment whose actions are no boxes of numbers */
export function requireBoxActions(env: Env<unknown>, wrapperId: string): Env {
  requireBox(env.actionSpace, "actions", env, wrapperId);
  return env as Env<unknown> as Env;
}
