import type { Tensor, Tensor1D, Tensor2D, Tensor3D, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../core/errors.ts";
import { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";
import { type MlpShape, mlpLayoutLength, packingBytes } from "./mlp-shape.ts";
import { bindingOf } from "./neuron-kernels.ts";
import { NeuronOp, type NeuronResult } from "./neuron-op.ts";
import {
  type CompiledRun,
  checkRun,
  historyBytes,
  nameOf,
  openPass,
  type RunAttributes,
  runBackward,
  runForwardOutputs,
} from "./neuron-pass.ts";

const op = new NeuronOp<LayerRun>("SpikegymLayer", ["x", "parameters"]);
const GRADIENT = "SpikegymLayerGradient";
const GRADIENT_X = "SpikegymLayerGradientX";

/** Numbers a projection takes and gives. */
export interface Projected {
  readonly size: number;
  readonly width: number;
}

/** A projection and the population it drives. */
export type LayerRun = CompiledRun & Projected;

/**
 * Projection and neurons in one op, I = x W + b: what `project` and `runNeuron` are together, with the bookkeeping of one
 * op instead of two, which costs more than a small layer does. Differentiable in inputs, parameters and initial state, and
 * in the constants where `run.trainsConstants`.
 *
 * @param x [inputs, batch, size]
 * @param parameters flat: weight [size, width], bias [width]; what may follow is another's, and its gradient is 0
 * @param constants [rows, units], see NeuronKernel
 * @param initial [states, batch, units]; the resting state if absent
 * @param carry the last state is wanted too
 * @throws ShapeError where they do not fit; DivergenceError naming tick and unit where a current is not a number
 */
export function runLayer(
  x: Tensor3D,
  parameters: Tensor1D,
  constants: Tensor2D,
  run: LayerRun,
  initial: Tensor3D | undefined,
  carry: boolean,
): NeuronResult {
  const [inputs, batch, size] = x.shape;
  if (size !== run.size) throw new ShapeError(`${nameOf(run)}: x`, x.shape, `[inputs, batch, ${run.size}]`);
  const length = mlpLayoutLength(projectionOf(run));
  if (parameters.size < length) {
    throw new ShapeError(`${nameOf(run)}: parameters`, parameters.shape, `[${length}], or more`);
  }
  checkRun(run, [inputs, batch, run.width], constants, initial);
  const given = initial === undefined ? { x, parameters, constants } : { x, parameters, constants, initial };
  return op.run(given, run, carry);
}

type LayerInputs = Record<"x" | "parameters" | "constants", TensorInfo> & { readonly initial?: TensorInfo };

function projectionOf({ size, width }: LayerRun): MlpShape {
  return { sizes: [size, width], members: 1 };
}

/** Where a flat vector of parameters goes on behind a projection's weights. */
function biasOf(weights: number, { size, width }: LayerRun): number {
  return weights + Math.ceil((size * width) / 4) * 16;
}

/** Rows of the projection, over inputs and batch. */
function rowsOf({ shape }: TensorInfo): number {
  return shape[0]! * shape[1]!;
}

function project(frame: Frame, { x, parameters }: LayerInputs, run: LayerRun, currents: number): void {
  const { host } = frame;
  const rows = rowsOf(x);
  const weights = frame.input(parameters);
  const scratch = host.scratch(packingBytes([run.size, run.width], rows));
  host.call.dense(
    frame.input(x),
    weights,
    biasOf(weights, run),
    currents,
    rows,
    run.width,
    run.size,
    false,
    scratch,
  );
}

function open(frame: Frame, { x, constants, initial }: LayerInputs, run: LayerRun, currents: number) {
  const [inputs, batch] = x.shape as [number, number, number];
  return openPass(frame, run, { currents, inputs, batch, width: run.width, constants, initial });
}

/** Makes tfjs know the ops. Called once for each backend name. */
export function registerLayer(host: KernelHost, backendName: string): void {
  const register = (kernelName: string, kernelFunc: tf.KernelFunc) =>
    tf.registerKernel({ kernelName, backendName, kernelFunc });

  const forward =
    (carry: boolean): tf.KernelFunc =>
    ({ inputs, backend, attrs }) => {
      const given = inputs as unknown as LayerInputs;
      const { run, taped } = attrs as unknown as RunAttributes<LayerRun>;
      const frame = new Frame(host, backend);
      const bytes = rowsOf(given.x) * run.width * 4;
      const units = run.width / bindingOf(run.neuron).inputsPerUnit;
      const [steps, batch] = given.x.shape as [number, number, number];
      const kept = historyBytes(run, { ticks: steps * run.repeat, batch, units });
      // The gradient begins from the currents and what else is kept.
      const currents = taped ? frame.newWorkspace(bytes + kept) : frame.temporary(bytes);
      project(frame, given, run, currents);
      const pass = open(frame, given, run, currents);
      runForwardOutputs(pass, carry, taped && kept > 0 ? currents + bytes : 0);
      return frame.finish();
    };
  op.register(backendName, forward);

  // Outputs: gradients of currents and parameters, of the constants where they are trained, of the initial state if given.
  register(GRADIENT, ({ inputs, backend, attrs }) => {
    const given = inputs as unknown as LayerInputs & Record<"dy" | "y", TensorInfo>;
    const { dState } = inputs as { dState?: TensorInfo };
    const { run } = attrs as unknown as RunAttributes<LayerRun>;
    const frame = new Frame(host, backend);
    const rows = rowsOf(given.x);
    const bytes = rows * run.width * 4;
    const kept = frame.workspaceOf(given.y)?.address;
    const currents = kept ?? frame.temporary(bytes);
    if (kept === undefined) project(frame, given, run, currents);
    const pass = open(frame, given, run, currents);
    const dCurrents = frame.output([given.x.shape[0]!, given.x.shape[1]!, run.width]);
    const length = given.parameters.shape[0]!;
    const dParameters = frame.output([length]);
    const history = kept === undefined ? 0 : kept + bytes;
    runBackward(pass, { dy: given.dy, dState, history }, dCurrents);
    const scratch = host.scratch(packingBytes([run.size, run.width], rows));
    host.call.denseGradient(frame.input(given.x), dCurrents, dParameters, run.size, run.width, rows, scratch);
    const end = (biasOf(dParameters, run) >> 2) + run.width;
    host.floats.fill(0, end, (dParameters >> 2) + length);
    return frame.finish();
  });

  register(GRADIENT_X, ({ inputs, backend, attrs }) => {
    const { dCurrents, parameters } = inputs as Record<"dCurrents" | "parameters", TensorInfo>;
    const { size, width } = (attrs as unknown as RunAttributes<LayerRun>).run;
    const frame = new Frame(host, backend);
    const rows = rowsOf(dCurrents);
    const dx = frame.output([dCurrents.shape[0]!, dCurrents.shape[1]!, size]);
    const scratch = host.scratch(packingBytes([size, width], rows));
    host.call.matmulTransposedRight(
      frame.input(dCurrents),
      frame.input(parameters),
      dx,
      rows,
      size,
      width,
      false,
      scratch,
    );
    return frame.finish();
  });
}

/** Once for all backends. */
export function registerLayerGradient(): void {
  op.registerGradient({
    kernel: GRADIENT,
    leading: 2,
    of([dCurrents, dParameters], { parameters }, _run, attributes) {
      const given = { dCurrents: dCurrents!, parameters: parameters! };
      return {
        x: () => tf.engine().runKernel(GRADIENT_X, given, attributes) as Tensor,
        parameters: () => dParameters!,
      };
    },
  });
}
