import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError, UsageError } from "../core/errors.ts";
import type { DefinedNeuron } from "../kernels/neuron-kernels.ts";
import type { Surrogate } from "../kernels/surrogate.ts";
import {
  type ConstantRange,
  type ConstantSetting,
  fillConstants,
  trainedConstants,
  typicalValue,
} from "./constant.ts";
import {
  type NeuronModel,
  type NeuronState,
  type NeuronVariable,
  packState,
  readStates,
} from "./neuron-model.ts";
import { spike } from "./surrogate.ts";

/** What a step of one's own gives back: the spikes, and the state after the tick. */
export interface Stepped<State extends string> {
  /** [batch, units] */
  readonly output: Tensor;
  readonly state: Readonly<Record<State, Tensor>>;
}

/** A neuron model as one writes it down: constants, state, one tick. */
export interface StepNeuron<Constant extends string, State extends string> {
  readonly id: string;
  /** Slope that stands for the spike's own: see `surrogateSchema`. */
  readonly surrogate: Surrogate;
  /** Neural time of one tick, ms; absent where the model has no time scale of its own. */
  readonly tickMs?: number;
  /** Numbers of each unit: fixed, drawn or trained (`constantSchema`), with the range that a trained one stays in. */
  readonly constants: Readonly<Record<Constant, { setting: ConstantSetting; range: ConstantRange }>>;
  /** What a unit carries from tick to tick, with its unit of measurement, role and resting value (0 where absent). */
  readonly state: Readonly<Record<State, Omit<NeuronVariable, "name"> & { readonly rest?: number }>>;
  /** A spike is a membrane above this; for pictures. */
  readonly threshold: ConstantSetting;
  /** Standard deviation of the current that makes it fire neither rarely nor always; twice the threshold where absent. */
  readonly startingCurrent?: number;
  /**
   * One tick, in tfjs ops.
   *
   * @param state [batch, units] each
   * @param current [batch, units]
   * @param constants [units] each
   * @param spike 1 where its argument is above 0, with the surrogate's slope
   */
  step(
    state: Readonly<Record<State, Tensor2D>>,
    current: Tensor2D,
    constants: Readonly<Record<Constant, Tensor1D>>,
    spike: (x: Tensor) => Tensor,
  ): Stepped<State>;
}

/**
 * The model of a neuron that has a definition and no kernel: it trains, records and exports like any other, more slowly,
 * as tfjs runs and differentiates it op by op (docs/extending.md has figures).
 *
 * @throws UsageError for a neuron without a state, ShapeError where a step returns other shapes than it was given
 */
export function stepNeuron<Constant extends string, State extends string>(
  neuron: StepNeuron<Constant, State>,
): NeuronModel {
  const { id, surrogate, tickMs = null } = neuron;
  const names = Object.keys(neuron.state) as State[];
  if (names.length === 0)
    throw new UsageError(`neuron "${id}": it carries no state; expected at least a membrane`);
  const rows = Object.entries<{ setting: ConstantSetting; range: ConstantRange }>(neuron.constants).map(
    ([name, row]) => ({ name, ...row }),
  );

  const rest = (batch: number, units: number): NeuronState =>
    Object.fromEntries(
      names.map((name) => [name, tf.fill([batch, units], neuron.state[name].rest ?? 0) as Tensor2D]),
    );

  const tick = (constants: Tensor2D, state: NeuronState, current: Tensor2D, slope: Surrogate) => {
    const values = rows.length === 0 ? [] : (tf.unstack(constants) as Tensor1D[]);
    const next = neuron.step(
      state as Readonly<Record<State, Tensor2D>>,
      current,
      Object.fromEntries(rows.map(({ name }, i) => [name, values[i]!])) as Record<Constant, Tensor1D>,
      (x) => spike(x, slope),
    );
    for (const [name, tensor] of [
      ["output", next.output] as const,
      ...names.map((n) => [n, next.state[n]] as const),
    ]) {
      if (tensor?.shape.join() !== current.shape.join()) {
        throw new ShapeError(
          `neuron "${id}": its step's ${name}`,
          tensor?.shape ?? [],
          `[batch=${current.shape[0]}, units=${current.shape[1]}]`,
        );
      }
    }
    return { output: next.output as Tensor2D, state: next.state as NeuronState };
  };

  const states = { states: names };
  const kernel: DefinedNeuron = {
    kernel: "definition",
    surrogate,
    inputsPerUnit: 1,
    outputsPerUnit: 1,
    rest: (batch, units) => packState(states, rest(batch, units)),
    tick(constants, packed, current, slope) {
      const parts = tf.unstack(packed) as Tensor2D[];
      const state = Object.fromEntries(names.map((name, i) => [name, parts[i]!]));
      const next = tick(constants, state, current, slope);
      return { output: next.output, state: packState(states, next.state) as Tensor3D };
    },
  };

  return {
    id,
    kernel,
    tickMs,
    threshold: typicalValue(neuron.threshold),
    variables: names.map((name) => ({ name, unit: neuron.state[name].unit, role: neuron.state[name].role })),
    inputsPerUnit: 1,
    outputsPerUnit: 1,
    states: names,
    trained: trainedConstants(rows),
    startingCurrent: neuron.startingCurrent ?? 2 * typicalValue(neuron.threshold),
    constants: (units, _ticks, rng) => ({ rows: rows.length, values: fillConstants(rows, units, rng) }),
    rest,
    step: (constants, state, current) => tick(constants, state, current, surrogate),
    readVariables: readStates(names.length),
  };
}
