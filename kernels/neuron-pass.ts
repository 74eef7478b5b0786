import type { TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { DivergenceError, ShapeError, SpikegymError } from "../core/errors.ts";
import type { Frame } from "./frame.ts";
import { type NeuronCall, type NeuronResults, writeCall } from "./neuron-call.ts";
import { bindingOf, type CompiledNeuron } from "./neuron-kernels.ts";
import { LANES, openLanes } from "./neuron-lanes.ts";
import type { NeuronRun } from "./neuron-run.ts";

/** A run of a neuron that is compiled. */
export type CompiledRun = NeuronRun & { readonly neuron: CompiledNeuron };

/** A run as attributes of an op. */
export interface RunAttributes<Run extends NeuronRun> {
  readonly run: Run;
  /** A gradient may follow. Asked before the op runs: inside a kernel tfjs' tape always looks off. */
  readonly taped: boolean;
}

export function attributesOf(run: NeuronRun): tf.NamedAttrMap {
  return { run, taped: tf.engine().isTapeOn() } as unknown as tf.NamedAttrMap;
}

/**
 * @param currents their shape, [inputs, batch, inputsPerUnit x units]
 * @throws ShapeError where currents, constants and initial state do not fit
 */
export function checkRun(
  run: CompiledRun,
  [inputs, batch, width]: readonly [number, number, number],
  constants: TensorInfo,
  initial: TensorInfo | undefined,
): void {
  const binding = bindingOf(run.neuron);
  const ticks = inputs * run.repeat;
  const units = width / binding.inputsPerUnit;
  if (!Number.isInteger(units)) {
    throw new ShapeError(
      `${nameOf(run)}: currents`,
      [inputs, batch, width],
      `[inputs, batch, ${binding.inputsPerUnit} x units]`,
    );
  }
  const rows = binding.constantRows(ticks);
  if (constants.shape[0]! < rows || constants.shape[1] !== units) {
    throw new ShapeError(
      `${nameOf(run)}: constants`,
      constants.shape,
      `[${rows} or more, ${units}] for ${ticks} ticks`,
    );
  }
  if (initial === undefined) return;
  const states = binding.states(run.neuron);
  const { shape } = initial;
  if (shape.length !== 3 || shape[0] !== states || shape[1] !== batch || shape[2] !== units) {
    throw new ShapeError(`${nameOf(run)}: initial`, shape, `[${states}, ${batch}, ${units}]`);
  }
}

export interface PassInputs {
  /** Address of [inputs, batch, inputsPerUnit x units]. */
  readonly currents: number;
  readonly inputs: number;
  readonly batch: number;
  readonly width: number;
  /** [rows, units] */
  readonly constants: TensorInfo;
  /** [states, batch, units] */
  readonly initial?: TensorInfo | undefined;
}

/** What every pass over a population starts from: its call without results, and its sizes. */
export function openPass(frame: Frame, run: CompiledRun, from: PassInputs) {
  const binding = bindingOf(run.neuron);
  const { constants, initial, batch, width } = from;
  const units = width / binding.inputsPerUnit;
  const call: NeuronCall = {
    currents: from.currents,
    inputs: from.inputs,
    repeat: run.repeat,
    rows: batch,
    units,
    constants: frame.input(constants),
    initial: initial === undefined ? 0 : frame.input(initial),
    mean: run.mean,
  };
  const ticks = from.inputs * run.repeat;
  const states = binding.states(run.neuron);
  const constantRows = constants.shape[0]!;
  const lanes = openLanes(frame, call, { constantRows, states, inputsPerUnit: binding.inputsPerUnit });
  const outputRows = (run.mean ? batch : ticks * batch) * binding.outputsPerUnit;
  return { run, binding, frame, call, batch, units, ticks, states, lanes, outputRows, constantRows };
}

export type Pass = ReturnType<typeof openPass>;

export function outputShape({ run, binding, batch, units, ticks }: Pass): number[] {
  const width = binding.outputsPerUnit * units;
  return run.mean ? [batch, width] : [ticks, batch, width];
}

/** Bytes of the history of a whole call: in groups of four units, as the kernels keep it. */
export function historyBytes(
  run: CompiledRun,
  { ticks, batch, units }: Pick<Pass, "ticks" | "batch" | "units">,
): number {
  const { mean, trainsConstants } = run;
  const bytes = bindingOf(run.neuron).historyBytes(run.neuron, { ticks, batch, mean, trainsConstants });
  return bytes * batch * Math.ceil(units / LANES) * LANES;
}

/** @throws DivergenceError naming tick and unit where a membrane is not a number */
export function runForward(pass: Pass, results: NeuronResults): void {
  const { run, binding, lanes, frame } = pass;
  const call = writeCall(frame.host, run.neuron, lanes.call, results);
  if (binding.forward(frame.host, call, run.neuron)) throw brokenMembrane(pass);
}

/** The forward pass as an op wants it: outputs of the frame for the output, and for the last state if that is wanted. */
export function runForwardOutputs(pass: Pass, carry: boolean, history: number): void {
  const { frame, lanes, batch, units, states } = pass;
  const out = lanes.result(frame.output(outputShape(pass)), pass.outputRows);
  const final = carry ? lanes.result(frame.output([states, batch, units]), states * batch) : 0;
  runForward(pass, { out, final, history });
  lanes.close();
}

export interface Upstream {
  /** Of the loss with respect to the output, and to the last state if that was wanted. */
  readonly dy: TensorInfo;
  readonly dState?: TensorInfo | undefined;
  /** What the forward pass kept; 0: it is run again. */
  readonly history: number;
}

/**
 * The backward pass: all gradients in one. That of the currents goes to the address `dCurrents`; those of the constants
 * (if `run.trainsConstants`) and of the initial state (if there is one) become outputs of the frame.
 */
export function runBackward(pass: Pass, { dy, dState, history }: Upstream, dCurrents: number): void {
  const { run, binding, frame, lanes, call, batch, units, states } = pass;
  const { host } = frame;
  const sink = lanes.result(dCurrents, call.inputs * batch * binding.inputsPerUnit);
  let dConstants = 0;
  if (run.trainsConstants === true) {
    const rows = pass.constantRows;
    dConstants = lanes.result(frame.output([rows, units]), rows);
    host.floats.fill(0, dConstants >> 2, (dConstants >> 2) + rows * lanes.call.units);
  }
  const dInitial =
    call.initial === 0 ? 0 : lanes.result(frame.output([states, batch, units]), states * batch);
  const bytes = historyBytes(run, pass);
  let kept = bytes > 0 ? history : 0;
  if (bytes > 0 && kept === 0) {
    kept = frame.temporary(bytes);
    runForward(pass, { out: frame.temporary(pass.outputRows * lanes.call.units * 4), history: kept });
  }
  const address = writeCall(host, run.neuron, lanes.call, {
    history: kept,
    gradient: lanes.input(frame.input(dy), pass.outputRows),
    dFinal: dState === undefined ? 0 : lanes.input(frame.input(dState), states * batch),
    dCurrents: sink,
    dConstants,
    dInitial,
  });
  binding.backward(host, address, run.neuron);
  lanes.close();
}

/** Finds what was not a number, by a second run with everything kept. */
function brokenMembrane({ run, binding, frame, lanes, ticks, states, batch, units }: Pass): DivergenceError {
  const { host } = frame;
  const rows = lanes.call.units * batch;
  const trace = frame.temporary(ticks * states * rows * 4);
  const out = frame.temporary(ticks * binding.outputsPerUnit * rows * 4);
  const call = writeCall(host, run.neuron, { ...lanes.call, mean: false }, { out, trace });
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

/** The gradient with respect to the constants, which only a run that trains them has. */
export function constantsGradient<T>(gradient: T | undefined): T {
  if (gradient !== undefined) return gradient;
  throw new SpikegymError("runNeuron: the gradient with respect to the constants needs trainsConstants");
}

/** The neuron's name in an error. */
export function nameOf({ name, neuron }: NeuronRun): string {
  return name ?? `${neuron.kernel} neuron`;
}
