import { keptBytes } from "../../kernels/neuron.ts";
import type { NeuronModel } from "../../neurons/neuron-model.ts";

/** A population as memory sees it. */
export interface Population {
  readonly model: NeuronModel;
  readonly units: number;
  readonly ticks: number;
  /** Distinct inputs; the others are shown for several ticks. */
  readonly inputs: number;
  /** Numbers handed on at every tick; 0 where only the mean is. */
  readonly outputs: number;
}

const FLOAT = 4;
/** A learner's, as against the single sample of a decision: a kernel may keep something for many samples only. */
const LARGE_BATCH = 64;

/** What the neurons carry from tick to tick, batch 1, bytes. */
export function stateBytes(populations: readonly Population[]): number {
  return populations.reduce((sum, { model, units }) => sum + FLOAT * model.states.length * units, 0);
}

/**
 * What one sample keeps between the forward and the backward pass, bytes: the input currents (from which the backward
 * pass computes the membranes again), what a kernel keeps beside them, the outputs that are handed on, and the state.
 */
export function keptBytesOf(populations: readonly Population[]): number {
  return populations.reduce((sum, { model, units, ticks, inputs, outputs }) => {
    const currents = FLOAT * inputs * model.inputsPerUnit * units;
    const run = { ticks, batch: LARGE_BATCH, mean: outputs === 0, trainsConstants: model.trained.length > 0 };
    const history = keptBytes(model.kernel, run) * units;
    return sum + currents + history + FLOAT * ticks * outputs;
  }, stateBytes(populations));
}

/** What a learner is: the arrays that its checkpoint holds. */
interface LearnerArrays {
  readonly arrays: Readonly<Record<string, { readonly values: { readonly length: number } }>>;
}

/**
 * Bytes of a learner during an update: its arrays (weights, both moments of Adam, targets, constants) and a gradient of
 * all that is trained. For a classifier that is 16 bytes a parameter; an actor has its critics and targets beside it.
 */
export function learnerBytes({ arrays }: LearnerArrays): number {
  return Object.entries(arrays).reduce((sum, [name, { values }]) => {
    const isMoment = name.startsWith("adam/") && name.endsWith("/m");
    return sum + FLOAT * values.length * (isMoment ? 2 : 1);
  }, 0);
}
