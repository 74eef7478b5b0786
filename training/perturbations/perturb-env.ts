import type { Env } from "../../core/env.ts";
import { UsageError } from "../../core/errors.ts";
import { requireBoxActions } from "../../envs/wrappers/wrapper.ts";
import type { Placed } from "./channel-row.ts";
import type { PerturbationDefinition } from "./definition.ts";
import { perturbations } from "./index.ts";
import { PerturbedActuators } from "./perturbed-actuators.ts";
import { PerturbedBodies } from "./perturbed-bodies.ts";
import { PerturbedReward } from "./perturbed-reward.ts";
import { PerturbedSensors } from "./perturbed-sensors.ts";
import type { PerturbationSpec } from "./spec.ts";

/**
 * Puts perturbations around an environment: bodies innermost, then actuators, then sensors, each kind in the order given.
 * Those of the network are passed over. Everything random derives from the seed of `reset`, each perturbation having a
 * stream of its own, so that an episode is the same alone and beside others.
 *
 * @param purpose rewards may be perturbed in training only
 * @throws UsageError for one that does not fit the environment
 */
export function perturbEnv<A>(
  env: Env<A>,
  specs: readonly PerturbationSpec[],
  purpose: "training" | "evaluation" = "evaluation",
): Env<A> {
  const placed = specs.map((spec, at) => ({ spec, at, definition: perturbations.get(spec.axis) }));
  const of = <K extends PerturbationDefinition["kind"]>(kind: K) =>
    placed.filter(({ definition }) => definition.kind === kind) as Placed<
      Extract<PerturbationDefinition, { kind: K }>
    >[];
  let wrapped = env;
  const [bodies, forces] = [of("body"), of("force")];
  if (bodies.length + forces.length > 0) wrapped = new PerturbedBodies(wrapped, bodies, forces);
  if (of("actuator").length > 0) {
    wrapped = new PerturbedActuators(
      requireBoxActions(wrapped as Env<unknown>, `perturbation "${of("actuator")[0]!.spec.axis}"`),
      of("actuator"),
    ) as Env<unknown> as Env<A>;
  }
  if (of("sensor").length > 0) wrapped = new PerturbedSensors(wrapped, of("sensor"));
  const [reward] = of("reward");
  if (reward === undefined) return wrapped;
  if (purpose === "evaluation") {
    throw new UsageError(
      `perturbation "${reward.spec.axis}": it changes what a learner is told, so it is for training; an evaluation reports the true return`,
    );
  }
  return new PerturbedReward(wrapped, of("reward"));
}
