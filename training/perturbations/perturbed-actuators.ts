import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { requireBox, Wrapper } from "../../envs/wrappers/wrapper.ts";
import { ChannelRow, type Placed } from "./channel-row.ts";
import type { ActuatorDefinition } from "./definition.ts";

type OwnState = { readonly steps: number; readonly row: ReturnType<ChannelRow["save"]> };

/**
 * What is done is not what the agent asked for. Channels see the action in shares of the largest one, (-1, 1), and each
 * one's result is clipped to it.
 */
export class PerturbedActuators extends Wrapper {
  readonly #row: ChannelRow;
  readonly #share: Float64Array;
  readonly #action: Float32Array;
  readonly #centre: Float64Array;
  readonly #half: Float64Array;
  #steps = 0;

  /** @throws UsageError for an environment whose actions are no bounded boxes of numbers */
  constructor(env: Env, actuators: readonly Placed<ActuatorDefinition>[]) {
    const { low, high, size } = requireBox(env.actionSpace, "actions", env, "perturbed actuators");
    super("perturbed actuators", env);
    this.#row = new ChannelRow(actuators, size);
    this.#share = new Float64Array(size);
    this.#action = new Float32Array(size);
    this.#centre = Float64Array.from(low, (bound, i) => (bound + high[i]!) / 2);
    this.#half = Float64Array.from(low, (bound, i) => (high[i]! - bound) / 2);
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    this.#steps = 0;
    this.#row.start(this.#share.fill(0), options?.seed);
    return this.env.reset(options);
  }

  override step(action: Float32Array): StepResult {
    const share = this.#share;
    for (let i = 0; i < share.length; i++) share[i] = (action[i]! - this.#centre[i]!) / this.#half[i]!;
    this.#row.apply(share, this.#steps * this.stepSeconds, clip);
    this.#steps++;
    for (let i = 0; i < share.length; i++) this.#action[i] = this.#centre[i]! + this.#half[i]! * share[i]!;
    return this.env.step(this.#action);
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

function clip(share: Float64Array): void {
  for (let i = 0; i < share.length; i++) share[i] = Math.max(-1, Math.min(1, share[i]!));
}
