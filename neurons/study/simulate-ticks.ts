import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { SpikegymError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { place, storage } from "../../kernels/load.ts";
import { traceNeuron } from "../../kernels/neuron.ts";
import { type NeuronModel, restingState } from "../neuron-model.ts";
import type { Current } from "./current.ts";
import { sampleTimes, type Trace, type TraceColumn } from "./trace.ts";

/** Kernels work on four units at a time; all four are the same neuron. */
const UNITS = 4;
/** Ticks in one call of a kernel. */
const TICKS_A_TURN = 4096;

/**
 * One neuron of the catalogue, tick by tick on its kernel (float32), from rest. Each tick takes the current in its
 * middle, on every input the neuron has; a spike is at the end of its tick.
 *
 * @param dtMs what one tick counts as
 * @param rng what the neuron's random constants are drawn from
 * @throws SpikegymError where a membrane is no longer finite: at which tick
 */
export function* simulateTicks(
  model: NeuronModel,
  current: Current,
  ticks: number,
  dtMs: number,
  rng: Rng,
): Generator<number, Trace> {
  const constants = model.constants(UNITS, ticks, rng);
  const states = new Float32Array(ticks * model.states.length * UNITS);
  const input = Float64Array.from({ length: ticks }, (_, t) => current.at((t + 0.5) * dtMs));
  const spikeTimesMs: number[] = [];
  // A neuron whose constants differ from tick to tick has to be run at one go.
  const turn = constants.rows > 16 ? ticks : TICKS_A_TURN;
  let carried: Float32Array | undefined;
  for (let first = 0; first < ticks; first += turn) {
    const count = Math.min(turn, ticks - first);
    const part = input.subarray(first, first + count);
    const { output, kept } = runTurn(model, constants, part, ticks, carried);
    states.set(kept, first * model.states.length * UNITS);
    carried = kept.slice((count - 1) * model.states.length * UNITS);
    const width = model.outputsPerUnit * UNITS;
    for (let t = 0; t < count; t++) {
      const x = kept[t * model.states.length * UNITS]!;
      if (!Number.isFinite(x)) {
        throw new SpikegymError(`neuron "${model.id}": ${model.states[0]} is ${x} after tick ${first + t}`);
      }
      // A neuron of several compartments spikes when any of them does.
      if (output.subarray(t * width, (t + 1) * width).some((s) => s > 0)) {
        spikeTimesMs.push((first + t + 1) * dtMs);
      }
    }
    yield (first + count) * dtMs;
  }
  return describeTicks(
    model,
    { ticks, units: UNITS, states, constants: constants.values },
    input,
    dtMs,
    spikeTimesMs,
  );
}

function runTurn(
  model: NeuronModel,
  constants: ReturnType<NeuronModel["constants"]>,
  input: Float64Array,
  ticks: number,
  carried: Float32Array | undefined,
): { output: Float32Array; kept: Float32Array } {
  return tf.tidy(() => {
    const width = model.inputsPerUnit * UNITS;
    const currents = new Float32Array(input.length * width);
    input.forEach((value, t) => {
      currents.fill(value, t * width, (t + 1) * width);
    });
    const drawn = place(constants.values, [constants.rows, UNITS]) as Tensor2D;
    const { output, states } = traceNeuron(
      place(currents, [input.length, 1, width]) as Tensor3D,
      model.kernelConstants?.(drawn, ticks) ?? drawn,
      { neuron: model.spikeKernel ?? model.kernel, repeat: 1, mean: false },
      carried === undefined
        ? restingState(model, 1, UNITS)
        : (place(carried, [model.states.length, 1, UNITS]) as Tensor3D),
    );
    return { output: storage(output).slice(), kept: storage(states).slice() };
  });
}

function describeTicks(
  model: NeuronModel,
  trace: Parameters<NeuronModel["readVariables"]>[0],
  input: Float64Array,
  dtMs: number,
  spikeTimesMs: readonly number[],
): Trace {
  const { ticks } = trace;
  const count = model.variables.length;
  const rows = new Float32Array(ticks * count);
  model.readVariables(trace, 0, rows);
  const columns: TraceColumn[] = model.variables.map((variable, k) => ({
    ...variable,
    values: Float64Array.from({ length: ticks }, (_, t) => rows[t * count + k]!),
  }));
  return {
    // The state after a tick is the one at its end.
    timesMs: sampleTimes(ticks + 1, dtMs).subarray(1),
    columns: [{ name: "I", unit: "", role: "input", values: input }, ...columns],
    spikeTimesMs,
    threshold: model.threshold,
  };
}
