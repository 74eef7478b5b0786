import type { Agent, LearnerSnapshot } from "../../agents/algorithm.ts";
import type { SpikingActor } from "../../agents/spiking-actor.ts";
import { UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { mlpLayout } from "../../kernels/mlp-shape.ts";
import type { SpikeFault } from "../../neurons/spiking-layer.ts";
import type { PerturbedNetwork } from "./definition.ts";
import { perturbations } from "./index.ts";
import type { PerturbationSpec } from "./spec.ts";

/**
 * Applies the network perturbations among `specs`, one after another, to an agent's own arrays.
 *
 * @param seed each perturbation draws from a stream of its own
 * @returns puts the network back as it was
 */
export function perturbNetwork(agent: Agent, specs: readonly PerturbationSpec[], seed: number): () => void {
  const before = agent.snapshot();
  const after = structuredClone(before) as LearnerSnapshot;
  const { layer } = agent.actor;
  const faults: SpikeFault[] = [];
  const network = openNetwork(after, agent.actor, faults);
  specs.forEach((spec, at) => {
    const definition = perturbations.get(spec.axis);
    if (definition.kind !== "network") return;
    definition.apply(network, spec.level, new Rng(`network/${seed}`).split(`${at}/${spec.axis}`));
  });
  agent.restore(after);
  if (faults.length > 0) {
    layer.fault = (spikes) => {
      for (const fault of faults) fault(spikes);
    };
  }
  return () => {
    agent.restore(before);
    layer.fault = null;
  };
}

/** Views of the policy's arrays within a snapshot. */
function openNetwork(
  { arrays }: LearnerSnapshot,
  actor: SpikingActor,
  faults: SpikeFault[],
): PerturbedNetwork {
  const array = (name: string): Float32Array => {
    const found = arrays[`actor/${name}`];
    if (found === undefined)
      throw new UsageError(`network perturbation: the agent has no array "actor/${name}"`);
    return found.values;
  };
  const { layer } = actor;
  const body = array("body");
  const heads = array("heads");
  const constants = array("constants");
  const headLayout = mlpLayout(actor.headShape);
  const matrices = [
    [layer.layout, body],
    [headLayout, heads],
  ] as const;
  // The first matrix of every head, [neurons, hidden].
  const listeners = headLayout.slots.filter(({ name }) => name.endsWith("/0/weight"));
  return {
    weights: matrices.flatMap(([layout, flat]) =>
      layout.slots.filter(({ name }) => name.endsWith("weight")).map(({ name }) => layout.view(flat, name)),
    ),
    units: layer.units,
    silence(unit) {
      for (const { name, shape } of listeners) {
        const weight = headLayout.view(heads, name);
        const hidden = shape[1]!;
        // A unit with several spike trains has one in each plane of `units`.
        for (let row = unit; row < layer.outputSize; row += layer.units) {
          weight.fill(0, row * hidden, (row + 1) * hidden);
        }
      }
    },
    disturbSpikes: (fault) => void faults.push(fault),
    spread(what, factors) {
      const spread = layer.model.spread?.[what];
      if (spread === undefined) {
        throw new UsageError(
          `perturbation "${what}-spread": neuron "${layer.model.id}" has no ${what} of its own a unit; leave it out for this neuron`,
        );
      }
      spread(constants, factors, layer.ticks);
    },
  };
}
