import type { Tensor, Tensor2D, Tensor3D, Tensor4D, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { DivergenceError, ShapeError, SpikegymError } from "../core/errors.ts";
import { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";
import { isDefined, runDefinition } from "./neuron-definition.ts";
import {
  bindingOf,
  type CompiledNeuron,
  type HistoryRun,
  type NeuronCall,
  type NeuronKernel,
  writeCall,
} from "./neuron-kernels.ts";
import { LANES, openLanes } from "./neuron-lanes.ts";

export interface NeuronRun {
  readonly neuron: NeuronKernel;
  /** Ticks each input is shown for. */
  readonly repeat: number;
  /** Mean over the ticks instead of every tick. */
  readonly mean: boolean;
  /** The constants want a gradient too (some of them are trained). */
  readonly trainsConstants?: boolean;
  /** Who runs it, for errors. */
  readonly name?: string;
}

/** A run of a neuron that is compiled. */
type CompiledRun = NeuronRun & { readonly neuron: CompiledNeuron };

const FORWARD = "SpikegymNeuron";
const FORWARD_FROM = "SpikegymNeuronFrom";
const CARRY = "SpikegymNeuronCarry";
const CARRY_FROM = "SpikegymNeuronCarryFrom";
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
  const inputs = checked(currents, constants, run as CompiledRun, initial);
  return tf
    .engine()
    .runKernel(initial === undefined ? FORWARD : FORWARD_FROM, inputs, attributes(run)) as Tensor2D;
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
  const [output, state] = tf
    .engine()
    .runKernel(initial === undefined ? CARRY : CARRY_FROM, inputs, attributes(run)) as unknown as [
    Tensor2D,
    Tensor3D,
  ];
  return { output, state };
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
    .runKernel(TRACE, inputs, attributes({ ...run, mean: false })) as unknown as [Tensor3D, Tensor4D];
  return { output, states };
}

/** `taped`: a gradient may follow. Asked here, because inside a kernel tfjs' tape always looks off. */
function attributes(run: NeuronRun): tf.NamedAttrMap {
  return { ...run, taped: tf.engine().isTapeOn() } as unknown as tf.NamedAttrMap;
}

/** The neuron's name in an error. */
function nameOf({ name, neuron }: NeuronRun): string {
  return name ?? `${neuron.kernel} neuron`;
}

function checked(
  currents: Tensor3D,
  constants: Tensor2D,
  run: CompiledRun,
  initial?: Tensor3D,
): Record<string, Tensor> {
  const binding = bindingOf(run.neuron);
  const [inputs, batch, width] = currents.shape;
  const ticks = inputs * run.repeat;
  const units = width / binding.inputsPerUnit;
  if (!Number.isInteger(units)) {
    throw new ShapeError(
      `${nameOf(run)}: currents`,
      currents.shape,
      `[inputs, batch, ${binding.inputsPerUnit} x units]`,
    );
  }
  const rows = binding.constantRows(ticks);
  if (constants.shape[0] < rows || constants.shape[1] !== units) {
    throw new ShapeError(
      `${nameOf(run)}: constants`,
      constants.shape,
      `[${rows} or more, ${units}] for ${ticks} ticks`,
    );
  }
  if (initial === undefined) return { currents, constants };
  const states = binding.states(run.neuron);
  if (initial.shape.join() !== [states, batch, units].join()) {
    throw new ShapeError(`${nameOf(run)}: initial`, initial.shape, `[${states}, ${batch}, ${units}]`);
  }
  return { currents, constants, initial };
}

type NeuronInputs = Record<"currents" | "constants", TensorInfo> & { initial?: TensorInfo };

/** What every op starts from: its call without results, and its sizes. */
function open(host: KernelHost, inputs: tf.NamedTensorInfoMap, backend: unknown, attrs: unknown) {
  const { currents, constants, initial } = inputs as NeuronInputs;
  const run = attrs as unknown as CompiledRun & { readonly taped: boolean };
  const binding = bindingOf(run.neuron);
  const frame = new Frame(host, backend);
  const [steps, batch, width] = currents.shape as [number, number, number];
  const units = width / binding.inputsPerUnit;
  const call: NeuronCall = {
    currents: frame.input(currents),
    inputs: steps,
    repeat: run.repeat,
    rows: batch,
    units,
    constants: frame.input(constants),
    ...(initial === undefined ? {} : { initial: frame.input(initial) }),
    mean: run.mean,
  };
  const ticks = steps * run.repeat;
  const states = binding.states(run.neuron);
  const lanes = openLanes(frame, call, {
    constantRows: constants.shape[0]!,
    states,
    inputsPerUnit: binding.inputsPerUnit,
  });
  const outputRows = (run.mean ? batch : ticks * batch) * binding.outputsPerUnit;
  return { run, binding, frame, call, batch, units, ticks, states, lanes, outputRows, constants };
}

type Opened = ReturnType<typeof open>;

function outputShape({ run, binding, batch, units, ticks }: Opened): number[] {
  const width = binding.outputsPerUnit * units;
  return run.mean ? [batch, width] : [ticks, batch, width];
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

/** Bytes of the history of a whole call: in groups of four units, as the kernels keep it. */
function historyBytes({ run, binding, ticks, batch, units }: Opened): number {
  return (
    binding.historyBytes(run.neuron, { ...run, ticks, batch }) * batch * Math.ceil(units / LANES) * LANES
  );
}

function forward(host: KernelHost, op: Opened, results: Partial<NeuronCall>): void {
  const { run, binding, lanes } = op;
  const call = writeCall(host, run.neuron, { ...lanes.call, ...results });
  if (binding.forward(host, call, run.neuron)) throw brokenMembrane(host, op);
}

/** Finds what was not a number, by a second run with everything kept. */
function brokenMembrane(
  host: KernelHost,
  { run, binding, frame, lanes, ticks, states, batch, units }: Opened,
) {
  const rows = lanes.call.units * batch;
  const trace = frame.temporary(ticks * states * rows * 4);
  const out = frame.temporary(ticks * binding.outputsPerUnit * rows * 4);
  const call = writeCall(host, run.neuron, { ...lanes.call, mean: false, out, trace });
  binding.forward(host, call, run.neuron);
  const where = nameOf(run);
  for (let t = 0; t < ticks; t++) {
    for (let k = 0; k < states; k++) {
      for (let b = 0; b < batch; b++) {
        for (let u = 0; u < units; u++) {
          const at = (trace >> 2) + ((t * states + k) * batch + b) * lanes.call.units + u;
          if (Number.isNaN(host.floats[at]!)) {
            return new DivergenceError(
              `${where}: the membrane is not a number at tick ${t}, unit ${u} (batch row ${b}); its current or initial state is NaN, check what feeds it`,
            );
          }
        }
      }
    }
  }
  return new DivergenceError(`${where}: a membrane is not a number; check what feeds it`);
}

/** Makes tfjs know the ops. Called once for each backend name. */
export function registerNeuron(host: KernelHost, backendName: string): void {
  const register = (kernelName: string, kernelFunc: tf.KernelFunc) =>
    tf.registerKernel({ kernelName, backendName, kernelFunc });

  const run =
    (carry: boolean): tf.KernelFunc =>
    ({ inputs, backend, attrs }) => {
      const op = open(host, inputs, backend, attrs);
      const { frame, lanes, batch, units, states } = op;
      const out = lanes.result(frame.output(outputShape(op)), op.outputRows);
      const final = carry ? lanes.result(frame.output([states, batch, units]), states * batch) : 0;
      // Kept where computing it again would cost more, and only while gradients are being taped.
      const bytes = op.run.taped ? historyBytes(op) : 0;
      forward(host, op, { out, final, history: bytes > 0 ? frame.newWorkspace(bytes) : 0 });
      lanes.close();
      return frame.finish();
    };
  register(FORWARD, run(false));
  register(FORWARD_FROM, run(false));
  register(CARRY, run(true));
  register(CARRY_FROM, run(true));

  register(GRADIENT, ({ inputs, backend, attrs }) => {
    const op = open(host, inputs, backend, attrs);
    const { run, binding, frame, lanes, call, batch, units, states } = op;
    const { dy, y, dState } = inputs as Record<"dy" | "y", TensorInfo> & { dState?: TensorInfo };
    const width = binding.inputsPerUnit * units;
    const dCurrents = lanes.result(
      frame.output([call.inputs, batch, width]),
      call.inputs * batch * binding.inputsPerUnit,
    );
    const rows = op.constants.shape[0]!;
    let dConstants = 0;
    if (run.trainsConstants === true) {
      dConstants = lanes.result(frame.output([rows, units]), rows);
      host.floats.fill(0, dConstants >> 2, (dConstants >> 2) + rows * lanes.call.units);
    }
    const dInitial =
      call.initial === undefined ? 0 : lanes.result(frame.output([states, batch, units]), states * batch);
    const bytes = historyBytes(op);
    let history = bytes > 0 ? (frame.workspaceOf(y)?.address ?? 0) : 0;
    if (bytes > 0 && history === 0) {
      history = frame.temporary(bytes);
      forward(host, op, { out: frame.temporary(op.outputRows * lanes.call.units * 4), history });
    }
    const address = writeCall(host, run.neuron, {
      ...lanes.call,
      history,
      gradient: lanes.input(frame.input(dy), op.outputRows),
      dFinal: dState === undefined ? 0 : lanes.input(frame.input(dState), states * batch),
      dCurrents,
      dConstants,
      dInitial,
    });
    binding.backward(host, address, run.neuron);
    lanes.close();
    return frame.finish();
  });

  register(TRACE, ({ inputs, backend, attrs }) => {
    const op = open(host, inputs, backend, attrs);
    const { frame, lanes, batch, units, ticks, states } = op;
    const out = lanes.result(frame.output(outputShape(op)), op.outputRows);
    const trace = lanes.result(frame.output([ticks, states, batch, units]), ticks * states * batch);
    forward(host, op, { out, trace });
    lanes.close();
    return frame.finish();
  });
}

/** Once for all backends. */
export function registerNeuronGradient(): void {
  for (const kernelName of [FORWARD, FORWARD_FROM, CARRY, CARRY_FROM]) {
    const carry = kernelName === CARRY || kernelName === CARRY_FROM;
    const from = kernelName === FORWARD_FROM || kernelName === CARRY_FROM;
    const names = from ? ["currents", "constants", "initial"] : ["currents", "constants"];
    tf.registerGradient({
      kernelName,
      inputsToSave: names,
      outputsToSave: carry ? [true, false] : [true],
      gradFunc: (dy, saved, attrs) => {
        const [output, state] = carry ? (dy as Tensor[]) : [dy as Tensor];
        const inputs: Record<string, Tensor> = { dy: output!, y: saved[names.length]! };
        if (state !== undefined) inputs.dState = state;
        names.forEach((name, i) => {
          inputs[name] = saved[i]!;
        });
        const trains = (attrs as unknown as NeuronRun).trainsConstants === true;
        // One pass works all of them out.
        const all = tf.engine().runKernel(GRADIENT, inputs, attrs) as Tensor | Tensor[];
        const results = Array.isArray(all) ? [...all] : [all];
        const currents = results.shift()!;
        const constants = trains ? results.shift()! : undefined;
        const initial = from ? results.shift()! : undefined;
        return {
          currents: () => currents,
          constants: () => {
            if (constants !== undefined) return constants;
            throw new SpikegymError(
              "runNeuron: the gradient with respect to the constants needs trainsConstants",
            );
          },
          ...(initial === undefined ? {} : { initial: () => initial }),
        };
      },
    });
  }
}
