import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { UsageError } from "../../core/errors.ts";
import { Wrapper } from "../../envs/wrappers/wrapper.ts";
import type { Placed } from "./channel-row.ts";
import type { BodyDefinition, ForceDefinition } from "./definition.ts";
import { Lane, type LaneState } from "./lane.ts";

type OwnState = { readonly steps: number; readonly lanes: readonly LaneState[] };

interface BodyLane {
  readonly lane: Lane;
  readonly definition: BodyDefinition;
  /** Names of the parameters it changes. */
  readonly touched: readonly string[];
}

interface ForceLane {
  readonly lane: Lane;
  readonly definition: ForceDefinition;
}

/**
 * The world is not the one the agent was trained in: other masses, lengths, gravity, friction, and forces beside the
 * actuator's. Rewards and ends are the environment's own rules in this world.
 */
export class PerturbedBodies<A = Float32Array> extends Wrapper<A> {
  readonly #bodies: readonly BodyLane[];
  readonly #forces: readonly ForceLane[];
  /** The parameters as the environment was made. */
  readonly #nominal: Readonly<Record<string, number>>;
  readonly #applied: Float64Array;
  #inForce: Record<string, number>;
  #steps = 0;

  /** @throws UsageError for an environment without such parameters or bodies */
  constructor(
    env: Env<A>,
    bodies: readonly Placed<BodyDefinition>[],
    forces: readonly Placed<ForceDefinition>[],
  ) {
    super("perturbed bodies", env);
    const parameters = env.parameters ?? {};
    this.#bodies = bodies.map(({ definition, spec, at }) => {
      const touched = Object.keys(parameters).filter(
        (name) => definition.touches(name) && typeof parameters[name] === "number",
      );
      if (touched.length === 0 || env.setParameters === undefined) {
        throw new UsageError(
          `perturbation "${spec.axis}": ${env.id} has nothing that it changes; leave it out`,
        );
      }
      return { definition, touched, lane: new Lane(spec, at) };
    });
    if (forces.length > 0 && env.applyForces === undefined) {
      throw new UsageError(
        `perturbation "${forces[0]!.spec.axis}": ${env.id} has no bodies to push; leave it out`,
      );
    }
    this.#forces = forces.map(({ definition, spec, at }) => ({ definition, lane: new Lane(spec, at) }));
    const names = new Set(this.#bodies.flatMap(({ touched }) => touched));
    this.#nominal = Object.fromEntries([...names].map((name) => [name, parameters[name] as number]));
    this.#inForce = { ...this.#nominal };
    this.#applied = new Float64Array(1 + poleLengthsM(env).length);
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    this.#steps = 0;
    for (const { lane } of [...this.#bodies, ...this.#forces]) lane.start(options?.seed);
    // Before the start is chosen: the first observation is already that of the changed world.
    this.#changeBodies();
    return this.env.reset(options);
  }

  override step(action: A): StepResult {
    if (this.#steps > 0) this.#changeBodies();
    this.#push();
    this.#steps++;
    return this.env.step(action);
  }

  get #seconds(): number {
    return this.#steps * this.stepSeconds;
  }

  #changeBodies(): void {
    if (this.#bodies.length === 0) return;
    const now: Record<string, number> = { ...this.#nominal };
    for (const { lane, definition, touched } of this.#bodies) {
      const level = lane.level(this.#seconds);
      for (const name of touched) {
        now[name] = definition.change(now[name]!, level, this.#seconds, lane.spec.options);
      }
    }
    // Making the bodies anew costs some microseconds, and more with `mujoco`.
    if (Object.keys(now).every((name) => now[name] === this.#inForce[name])) return;
    this.env.setParameters!(now);
    this.#inForce = now;
  }

  #push(): void {
    if (this.#forces.length === 0) return;
    const { qpos, qvel } = this.env.state();
    const moment = {
      qpos,
      qvel,
      lengthsM: poleLengthsM(this.env),
      seconds: this.#seconds,
      stepSeconds: this.stepSeconds,
    };
    this.#applied.fill(0);
    for (const { lane, definition } of this.#forces) {
      definition.add(this.#applied, lane.level(this.#seconds), moment, lane.spec.options);
    }
    this.env.applyForces!(this.#applied);
  }

  protected override saveOwn(): Readonly<Record<string, unknown>> {
    return {
      steps: this.#steps,
      inForce: this.#inForce,
      lanes: [...this.#bodies, ...this.#forces].map(({ lane }) => lane.save()),
    };
  }

  protected override loadOwn(own: Readonly<Record<string, unknown>>): void {
    const { steps, lanes, inForce } = own as unknown as OwnState & { inForce: Record<string, number> };
    this.#steps = steps;
    this.#inForce = { ...inForce };
    [...this.#bodies, ...this.#forces].forEach(({ lane }, i) => {
      lane.load(lanes[i]!);
    });
  }
}

function poleLengthsM({ scene }: Pick<Env, "scene">): number[] {
  return scene.bodies.flatMap(({ role, shape }) =>
    role === "pole" && shape.kind === "rod" ? [shape.lengthM] : [],
  );
}
