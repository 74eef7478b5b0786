import type { LearnerSnapshot, Moment } from "./algorithm.ts";
import { LearnerState } from "./learner-state.ts";
import type { SpikingActor } from "./spiking-actor.ts";

/** What every algorithm's agent does alike: its state is saved and put back, its actor decides. */
export abstract class SpikingAgent {
  abstract readonly actor: SpikingActor;
  /** Everything that is learnt registers here. */
  protected readonly state: LearnerState;

  /** @param id of the algorithm, for messages */
  constructor(id: string) {
    this.state = new LearnerState(id);
  }

  get policyParameters(): number {
    return this.actor.parameterCount;
  }

  get restMemory(): Float32Array {
    return this.actor.restMemory;
  }

  /** With exploration the trained policy decides, without it the evaluated one. */
  act(
    windows: Float32Array,
    batch: number,
    explore: Moment | null,
    out: Float32Array,
    memory?: Float32Array,
  ): void {
    const { parameters, evaluated } = this.actor;
    const choose = (heads: Float32Array) => this.choose(heads, batch, explore, out);
    this.actor.decide(windows, batch, explore === null ? evaluated : parameters, choose, memory);
  }

  snapshot(): LearnerSnapshot {
    return this.state.snapshot();
  }

  restore(snapshot: LearnerSnapshot): void {
    this.state.restore(snapshot);
  }

  dispose(): void {
    this.state.dispose();
  }

  /** Actions from the heads' outputs [members, batch, outputs] into `out`. */
  protected abstract choose(
    heads: Float32Array,
    batch: number,
    explore: Moment | null,
    out: Float32Array,
  ): void;
}
