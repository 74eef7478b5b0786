import type { Tensor1D } from "@tensorflow/tfjs-core";
import { fusedPolyak } from "../kernels/fused-adam.ts";
import { storage } from "../kernels/load.ts";
import type { LearnerState } from "./learner-state.ts";
import type { ActorParameters, SpikingActor } from "./spiking-actor.ts";

/** A second set of an actor's parameters that follows the trained one; it begins as its copy. */
export class FollowingActor {
  readonly parameters: ActorParameters;
  readonly #actor: SpikingActor;

  /** @param name of its arrays in the learner's state, e.g. `target` */
  constructor(actor: SpikingActor, name: string, state: LearnerState) {
    const copy = (array: string, values: Tensor1D) =>
      state.kept<Tensor1D>(`${name}/${array}`, storage(values).slice());
    const { front, body, heads } = actor.parameters;
    this.#actor = actor;
    this.parameters = {
      front: front.map((values, i) => copy(`front/${i}`, values)),
      body: copy("body", body),
      heads: copy("heads", heads),
    };
  }

  /** p' <- (1 - tau) p' + tau p; with tau 1 a copy. */
  follow(tau: number): void {
    const { front, body, heads } = this.#actor.parameters;
    this.parameters.front.forEach((own, i) => {
      fusedPolyak(own, front[i]!, tau);
    });
    fusedPolyak(this.parameters.body, body, tau);
    fusedPolyak(this.parameters.heads, heads, tau);
  }
}
