import type { Tensor2D, Tensor3D, Tensor4D, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { SpikegymError } from "../core/errors.ts";
import { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";
import { isDefined, runDefinition } from "./neuron-definition.ts";
import { bindingOf, type HistoryRun, type NeuronKernel } from "./neuron-kernels.ts";
import { NeuronOp } from "./neuron-op.ts";
import {
  attributesOf,
  type CompiledRun,
  checkRun,
  historyBytes,
  openPass,
  outputShape,
  type RunAttributes,
  runBackward,
  runForward,
  runForwardOutputs,
} from "./neuron-pass.ts";
import type { NeuronRun } from "./neuron-run.ts";

const op = new NeuronOp<CompiledRun>("SpikegymNeuron", ["currents"]);
const GRADIENT = "SpikegymNeuronGradient";
const TRACE = "SpikegymNeuronTrace";

/**
 * A population of neurons over all ticks in one call, differentiable in currents and initial state, and in the constants
 * where `run.trainsConstants`.
 *
 * @param currents [inputs, batch, inputsPerUnit x units], each shown for `run.repeat` ticks: ticks = inputs x repeat. A
 *   neuron with several inputs a unit has one plane of `units` after the other.
 * @param constants [rows, units], see NeuronKernel
 * @param initial [states, batch, units]; the resting state if absent
 * @returns mean output [batch, outputsPerUnit x units], or the output of every tick [ticks, batch, outputsPerUnit x units]
 * @throws ShapeError where they do not fit; DivergenceError naming tick and unit where a current is not a number
 */
export function runNeuron(
  currents: Tensor3D,
  constants: Tensor2D,
  run: NeuronRun & { mean: true },
  initial?: Tensor3D,
): Tensor2D;
export function runNeuron(
  currents: Tensor3D,
  constants: Tensor2D,
  run: NeuronRun,
  initial?: Tensor3D,
): Tensor2D | Tensor3D;
export function runNeuron(
  currents: Tensor3D,
  constants: Tensor2D,
  run: NeuronRun,
  initial?: Tensor3D,
): Tensor2D | Tensor3D {
  if (isDefined(run)) return runDefinition(currents, constants, run, initial).output();
  return op.run(checked(currents, constants, run as CompiledRun, initial), run as CompiledRun, false).output;
}

/** The same with the state after the last tick [states, batch, units] beside the output; differentiable through both. */
export function runNeuronCarry(
  currents: Tensor3D,
  constants: Tensor2D,
  run: NeuronRun,
  initial?: Tensor3D,
): { output: Tensor2D | Tensor3D; state: Tensor3D } {
  if (isDefined(run)) {
    const { output, state } = runDefinition(currents, constants, run, initial);
    return { output: output(), state };
  }
  const inputs = checked(currents, constants, run as CompiledRun, initial);
  const { output, state } = op.run(inputs, run as CompiledRun, true);
  return { output, state: state! };
}

/** The same run with everything kept, for recording; no gradient. `states` is [ticks, states, batch, units] after each tick. */
export function traceNeuron(
  currents: Tensor3D,
  constants: Tensor2D,
  run: NeuronRun,
  initial?: Tensor3D,
): { output: Tensor3D; states: Tensor4D } {
  if (isDefined(run)) {
    const { output, states } = runDefinition(currents, constants, { ...run, mean: false }, initial);
    return { output: output() as Tensor3D, states: states() };
  }
  const inputs = checked(currents, constants, run as CompiledRun, initial);
  const [output, states] = tf
    .engine()
    .runKernel(TRACE, inputs, attributesOf({ ...run, mean: false })) as unknown as [Tensor3D, Tensor4D];
  return { output, states };
}

function checked(
  currents: Tensor3D,
  constants: Tensor2D,
  run: CompiledRun,
  initial?: Tensor3D,
): tf.NamedTensorMap {
  checkRun(run, currents.shape, constants, initial);
  return initial === undefined ? { currents, constants } : { currents, constants, initial };
}

type NeuronInputs = Record<"currents" | "constants", TensorInfo> & { initial?: TensorInfo };

/** A pass over the tensors of an op. */
function open(frame: Frame, inputs: tf.NamedTensorInfoMap, attrs: unknown) {
  const { currents, constants, initial } = inputs as NeuronInputs;
  const [steps, batch, width] = currents.shape as [number, number, number];
  return openPass(frame, (attrs as RunAttributes<CompiledRun>).run, {
    currents: frame.input(currents),
    inputs: steps,
    batch,
    width,
    constants,
    initial,
  });
}

/** Bytes a neuron that a taped run keeps for its backward pass; 0 where it computes them again. */
export function keptBytes(neuron: NeuronKernel, run: HistoryRun): number {
  if (neuron.kernel === "definition") {
    throw new SpikegymError(
      "keptBytes: a neuron without a kernel keeps what tfjs' tape keeps, which is not counted",
    );
  }
  return bindingOf(neuron).historyBytes(neuron, run);
}

/** Makes tfjs know the ops. Called once for each backend name. */
export function registerNeuron(host: KernelHost, backendName: string): void {
  const register = (kernelName: string, kernelFunc: tf.KernelFunc) =>
    tf.registerKernel({ kernelName, backendName, kernelFunc });

  const run =
    (carry: boolean): tf.KernelFunc =>
    ({ inputs, backend, attrs }) => {
      const frame = new Frame(host, backend);
      const pass = open(frame, inputs, attrs);
      // Kept where computing it again would cost more, and only while gradients are being taped.
      const { taped } = attrs as unknown as RunAttributes<CompiledRun>;
      const bytes = taped ? historyBytes(pass.run, pass) : 0;
      runForwardOutputs(pass, carry, bytes > 0 ? frame.newWorkspace(bytes) : 0);
      return frame.finish();
    };
  op.register(backendName, run);

  register(GRADIENT, ({ inputs, backend, attrs }) => {
    const frame = new Frame(host, backend);
    const pass = open(frame, inputs, attrs);
    const { dy, y, dState, currents } = inputs as Record<"dy" | "y" | "currents", TensorInfo> & {
      dState?: TensorInfo;
    };
    const history = frame.workspaceOf(y)?.address ?? 0;
    runBackward(pass, { dy, dState, history }, frame.output([...currents.shape]));
    return frame.finish();
  });

  register(TRACE, ({ inputs, backend, attrs }) => {
    const frame = new Frame(host, backend);
    const pass = open(frame, inputs, attrs);
    const { lanes, batch, units, ticks, states } = pass;
    const out = lanes.result(frame.output(outputShape(pass)), pass.outputRows);
    const trace = lanes.result(frame.output([ticks, states, batch, units]), ticks * states * batch);
    runForward(pass, { out, trace });
    lanes.close();
    return frame.finish();
  });
}

/** Once for all backends. */
export function registerNeuronGradient(): void {
  op.registerGradient({
    kernel: GRADIENT,
    leading: 1,
    of: ([dCurrents]) => ({ currents: () => dCurrents! }),
  });
}
