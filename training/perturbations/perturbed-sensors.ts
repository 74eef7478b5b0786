import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { Box } from "../../core/space.ts";
import { requireBox, Wrapper } from "../../envs/wrappers/wrapper.ts";
import { ChannelRow, type Placed } from "./channel-row.ts";
import type { SensorDefinition } from "./definition.ts";

type OwnState = { readonly steps: number; readonly row: ReturnType<ChannelRow["save"]> };

/** What the agent sees is not what there is. Rewards and ends are those of the true state. */
export class PerturbedSensors<A = Float32Array> extends Wrapper<A> {
  readonly #row: ChannelRow;
  readonly #seen: Float64Array;
  #steps = 0;

  constructor(env: Env<A>, sensors: readonly Placed<SensorDefinition>[]) {
    const { size } = requireBox(env.observationSpace, "observations", env, "perturbed sensors");
    // Noise knows no bounds.
    const bounds = new Float32Array(size).fill(Number.POSITIVE_INFINITY);
    super("perturbed sensors", env, {
      observationSpace: new Box(
        bounds.map((x) => -x),
        bounds,
      ),
    });
    this.#row = new ChannelRow(sensors, size);
    this.#seen = new Float64Array(size);
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const [observation, info] = this.env.reset(options);
    this.#steps = 0;
    this.#row.start(observation, options?.seed);
    return [this.#sense(observation), info];
  }

  override step(action: A): StepResult {
    const [observation, ...rest] = this.env.step(action);
    this.#steps++;
    return [this.#sense(observation), ...rest];
  }

  #sense(observation: Float32Array): Float32Array {
    this.#seen.set(observation);
    this.#row.apply(this.#seen, this.#steps * this.stepSeconds);
    observation.set(this.#seen);
    return observation;
  }

  protected override saveOwn(): Readonly<Record<string, unknown>> {
    return { steps: this.#steps, row: this.#row.save() };
  }

  protected override loadOwn(own: Readonly<Record<string, unknown>>): void {
    const { steps, row } = own as unknown as OwnState;
    this.#steps = steps;
    this.#row.load(row);
  }
}
