import type { Tensor, Tensor2D, Tensor3D, Tensor4D, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError, SpikegymError } from "../core/errors.ts";
import { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";

/** In the order of kernels/assembly/surrogate.ts, where the formulas stand. */
export const surrogateShapes = [
  "rectangle",
  "triangle",
  "sigmoid",
  "fast-sigmoid",
  "arctangent",
  "gaussian",
  "piecewise-exponential",
] as const;

export interface Surrogate {
  readonly shape: (typeof surrogateShapes)[number];
  /** In the unit of the membrane. */
  readonly width: number;
  /** Value at the threshold. */
  readonly height: number;
}

/**
 * Which compiled neuron runs, with what is the same for all units. What differs from unit to unit are rows of the
 * `constants` tensor [rows, units]; the equations stand in neurons/<model>.ts.
 */
export type NeuronKernel =
  /** constants: decay, threshold */
  | { readonly kernel: "lif"; readonly surrogate: Surrogate }
  /** constants: keep A (one row a tick), drive c (one row a tick), gain dt, threshold; further rows are the model's own */
  | { readonly kernel: "filter"; readonly surrogate: Surrogate }
  /** constants: none are read */
  | { readonly kernel: "binary"; readonly surrogate: Surrogate; readonly threshold: number }
  /** constants: none are read */
  | {
      readonly kernel: "hh";
      readonly surrogate: Surrogate;
      readonly dtMs: number;
      readonly substeps: number;
      /** I = gain x + offset, uA/cm2. */
      readonly gain: number;
      readonly offset: number;
      readonly thresholdMv: number;
      /** 0: spikes; else the width of the synaptic sigmoid, mV. */
      readonly smoothMv: number;
      readonly detachGates: boolean;
    };

export interface NeuronRun {
  readonly neuron: NeuronKernel;
  /** Ticks each input is shown for. */
  readonly repeat: number;
  /** Mean over the ticks instead of every tick. */
  readonly mean: boolean;
}

const FORWARD = "SpikegymNeuron";
const FORWARD_FROM = "SpikegymNeuronFrom";
const GRADIENT = "SpikegymNeuronGradient";
const TRACE = "SpikegymNeuronTrace";

/** State arrays of each kernel: V (and m, h, n). */
const STATES = { lif: 1, filter: 1, binary: 1, hh: 4 } as const;
const LANES = 4;

function substepsOf(neuron: NeuronKernel): number {
  return neuron.kernel === "hh" ? neuron.substeps : 1;
}

/**
 * A population of neurons over all ticks in one call, differentiable in the currents.
 *
 * @param currents [inputs, batch, units], each shown for `run.repeat` ticks: ticks = inputs x repeat
 * @param constants [rows, units], see NeuronKernel
 * @param initial [states, batch, units]; the resting state if absent
 * @returns mean output [batch, units], or the output of every tick [ticks, batch, units]
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
  const inputs = checked(currents, constants, run, initial);
  return tf
    .engine()
    .runKernel(initial === undefined ? FORWARD : FORWARD_FROM, inputs, attributes(run)) as Tensor2D;
}

/** The same run with everything kept, for recording; no gradient. `states` is [ticks, states, batch, units] after each tick. */
export function traceNeuron(
  currents: Tensor3D,
  constants: Tensor2D,
  run: NeuronRun,
  initial?: Tensor3D,
): { output: Tensor3D; states: Tensor4D } {
  const inputs = checked(currents, constants, run, initial);
  const [output, states] = tf
    .engine()
    .runKernel(TRACE, inputs, attributes({ ...run, mean: false })) as unknown as [Tensor3D, Tensor4D];
  return { output, states };
}

function attributes(run: NeuronRun): tf.NamedAttrMap {
  return { ...run } as unknown as tf.NamedAttrMap;
}

function checked(
  currents: Tensor3D,
  constants: Tensor2D,
  run: NeuronRun,
  initial?: Tensor3D,
): Record<string, Tensor> {
  const [inputs, batch, units] = currents.shape;
  const ticks = inputs * run.repeat;
  const rows = { lif: 2, filter: 2 * ticks + 2, binary: 0, hh: 0 }[run.neuron.kernel];
  if (rows > 0 && (constants.shape[0] < rows || constants.shape[1] !== units)) {
    throw new ShapeError(
      `${run.neuron.kernel} neuron: constants`,
      constants.shape,
      `[${rows} or more, ${units}] for ${ticks} ticks`,
    );
  }
  if (initial === undefined) return { currents, constants };
  const states = STATES[run.neuron.kernel];
  if (initial.shape.join() !== [states, batch, units].join()) {
    throw new ShapeError(
      `${run.neuron.kernel} neuron: initial`,
      initial.shape,
      `[${states}, ${batch}, ${units}]`,
    );
  }
  return { currents, constants, initial };
}

/** Addresses and counts of one call. */
interface Call {
  readonly currents: number;
  readonly inputs: number;
  readonly repeat: number;
  readonly batch: number;
  readonly units: number;
  readonly constants: number;
  /** 0: at rest. */
  readonly initial: number;
  readonly mean: boolean;
}

/** Rows of the filter's constants in the order its kernels take them: keep, gain, drive, threshold. */
function filterConstants({ constants, inputs, repeat, units }: Call) {
  const row = units * 4;
  const ticks = inputs * repeat;
  return [
    constants,
    constants + 2 * ticks * row,
    constants + ticks * row,
    constants + (2 * ticks + 1) * row,
  ] as const;
}

/** What both kernels of `hh` take, in their order. */
function hhSettings(neuron: Extract<NeuronKernel, { kernel: "hh" }>) {
  const { substeps, dtMs, gain, offset, thresholdMv, smoothMv } = neuron;
  return [substeps, dtMs, gain, offset, thresholdMv, smoothMv] as const;
}

function forward(
  host: KernelHost,
  neuron: NeuronKernel,
  c: Call,
  out: number,
  states: number,
  everySubstep = false,
): void {
  const { call } = host;
  const row = c.units * 4;
  const common = [c.currents, c.inputs, c.repeat, c.batch, c.units] as const;
  switch (neuron.kernel) {
    case "lif":
      call.lifForward(...common, c.constants, c.constants + row, c.initial, out, c.mean, states);
      return;
    case "filter":
      call.filterForward(...common, ...filterConstants(c), c.initial, out, c.mean, states);
      return;
    case "binary":
      call.binaryForward(...common, neuron.threshold, out, c.mean, states);
      return;
    case "hh":
      call.hhForward(
        ...common,
        ...hhSettings(neuron),
        c.initial,
        out,
        c.mean,
        states,
        everySubstep,
        // 96 bytes for every group of four units.
        host.scratch(24 * (c.units + 3)),
      );
  }
}

function backward(
  host: KernelHost,
  neuron: NeuronKernel,
  c: Call,
  gradient: number,
  states: number,
  dCurrents: number,
): void {
  const { call } = host;
  const row = c.units * 4;
  const ticks = c.inputs * c.repeat;
  const common = [c.currents, c.inputs, c.repeat, c.batch, c.units] as const;
  const surrogate = [
    surrogateShapes.indexOf(neuron.surrogate.shape),
    neuron.surrogate.width,
    neuron.surrogate.height,
  ] as const;
  switch (neuron.kernel) {
    case "lif": {
      const scratch = host.scratch(ticks * 16);
      call.lifBackward(
        ...common,
        c.constants,
        c.constants + row,
        c.initial,
        gradient,
        c.mean,
        ...surrogate,
        scratch,
        dCurrents,
      );
      return;
    }
    case "filter":
      call.filterBackward(
        ...common,
        ...filterConstants(c),
        c.initial,
        gradient,
        c.mean,
        ...surrogate,
        host.scratch(ticks * 16),
        dCurrents,
      );
      return;
    case "binary":
      call.binaryBackward(...common, neuron.threshold, gradient, c.mean, ...surrogate, dCurrents);
      return;
    case "hh":
      call.hhBackward(
        ...common,
        ...hhSettings(neuron),
        c.initial,
        states,
        gradient,
        c.mean,
        ...surrogate,
        neuron.detachGates,
        dCurrents,
      );
  }
}

/** Copies rows of `units` floats into rows of four, so that even one to three units fill a vector. */
function widen(frame: Frame, address: number, rows: number, units: number): number {
  const { floats } = frame.host;
  const out = frame.temporary(rows * LANES * 4);
  floats.fill(0, out >> 2, (out >> 2) + rows * LANES);
  for (let r = 0; r < rows; r++) {
    for (let u = 0; u < units; u++)
      floats[(out >> 2) + r * LANES + u] = floats[(address >> 2) + r * units + u]!;
  }
  return out;
}

function narrow({ floats }: KernelHost, from: number, to: number, rows: number, units: number): void {
  for (let r = 0; r < rows; r++) {
    for (let u = 0; u < units; u++) floats[(to >> 2) + r * units + u] = floats[(from >> 2) + r * LANES + u]!;
  }
}

interface Result {
  readonly address: number;
  readonly rows: number;
}

/** The call on at least four units, with addresses for its results; `close` brings the results home. */
interface Lanes {
  readonly call: Call;
  readonly targets: readonly number[];
  close(): void;
}

function openLanes(
  frame: Frame,
  call: Call,
  constantRows: number,
  states: number,
  results: readonly Result[],
): Lanes {
  const { units } = call;
  if (units >= LANES)
    return { call, targets: results.map((result) => result.address), close: () => undefined };
  const targets = results.map((result) => frame.temporary(result.rows * LANES * 4));
  return {
    call: {
      ...call,
      units: LANES,
      currents: widen(frame, call.currents, call.inputs * call.batch, units),
      constants: widen(frame, call.constants, constantRows, units),
      initial: call.initial === 0 ? 0 : widen(frame, call.initial, states * call.batch, units),
    },
    targets,
    close: () => {
      results.forEach((result, i) => {
        narrow(frame.host, targets[i]!, result.address, result.rows, units);
      });
    },
  };
}

type NeuronInputs = Record<"currents" | "constants", TensorInfo> & { initial?: TensorInfo };

function open(host: KernelHost, inputs: tf.NamedTensorInfoMap, backend: unknown, attrs: unknown) {
  const { currents, constants, initial } = inputs as NeuronInputs;
  const run = attrs as NeuronRun;
  const frame = new Frame(host, backend);
  const [steps, batch, units] = currents.shape as [number, number, number];
  const call: Call = {
    currents: frame.input(currents),
    inputs: steps,
    repeat: run.repeat,
    batch,
    units,
    constants: frame.input(constants),
    initial: initial === undefined ? 0 : frame.input(initial),
    mean: run.mean,
  };
  const states = STATES[run.neuron.kernel];
  const lanes = (results: readonly Result[]) =>
    openLanes(frame, call, constants.shape[0] ?? 0, states, results);
  return { run, frame, call, ticks: steps * run.repeat, states, lanes };
}

/** Makes tfjs know the ops. Called once for each backend name. */
export function registerNeuron(host: KernelHost, backendName: string): void {
  const forwardKernel: tf.KernelFunc = ({ inputs, backend, attrs }) => {
    const { run, frame, call, ticks, states, lanes } = open(host, inputs, backend, attrs);
    const { batch, units } = call;
    const out = frame.output(run.mean ? [batch, units] : [ticks, batch, units]);
    // Only the backward pass of `hh` reads them (every substep: doing them again would cost a forward pass), and only while gradients are being taped.
    const keep = run.neuron.kernel === "hh" && units >= LANES && tf.engine().isTapeOn();
    const kept = keep ? frame.newWorkspace(substepsOf(run.neuron) * ticks * states * batch * units * 4) : 0;
    const l = lanes([{ address: out, rows: run.mean ? batch : ticks * batch }]);
    forward(host, run.neuron, l.call, l.targets[0]!, kept, true);
    l.close();
    return frame.finish();
  };
  const gradientKernel: tf.KernelFunc = ({ inputs, backend, attrs }) => {
    const { run, frame, call, ticks, states, lanes } = open(host, inputs, backend, attrs);
    const { batch, units } = call;
    const { dy, y } = inputs as Record<"dy" | "y", TensorInfo>;
    const out = frame.output([call.inputs, batch, units]);
    let gradient = frame.input(dy);
    if (units < LANES) gradient = widen(frame, gradient, run.mean ? batch : ticks * batch, units);
    const l = lanes([{ address: out, rows: call.inputs * batch }]);
    let kept = frame.workspaceOf(y)?.address ?? 0;
    if (run.neuron.kernel === "hh" && kept === 0) {
      kept = frame.temporary(substepsOf(run.neuron) * ticks * states * batch * l.call.units * 4);
      forward(host, run.neuron, l.call, frame.temporary(ticks * batch * l.call.units * 4), kept, true);
    }
    backward(host, run.neuron, l.call, gradient, kept, l.targets[0]!);
    l.close();
    return frame.finish();
  };
  const traceKernel: tf.KernelFunc = ({ inputs, backend, attrs }) => {
    const { run, frame, call, ticks, states, lanes } = open(host, inputs, backend, attrs);
    const { batch, units } = call;
    const out = frame.output([ticks, batch, units]);
    const trace = frame.output([ticks, states, batch, units]);
    const l = lanes([
      { address: out, rows: ticks * batch },
      { address: trace, rows: ticks * states * batch },
    ]);
    forward(host, run.neuron, l.call, l.targets[0]!, l.targets[1]!);
    l.close();
    return frame.finish();
  };
  for (const kernelName of [FORWARD, FORWARD_FROM])
    tf.registerKernel({ kernelName, backendName, kernelFunc: forwardKernel });
  tf.registerKernel({ kernelName: GRADIENT, backendName, kernelFunc: gradientKernel });
  tf.registerKernel({ kernelName: TRACE, backendName, kernelFunc: traceKernel });
}

/** Once for all backends. */
export function registerNeuronGradient(): void {
  for (const kernelName of [FORWARD, FORWARD_FROM]) {
    const names = kernelName === FORWARD ? ["currents", "constants"] : ["currents", "constants", "initial"];
    tf.registerGradient({
      kernelName,
      inputsToSave: names,
      outputsToSave: [true],
      gradFunc: (dy, saved, attrs) => {
        const inputs: Record<string, Tensor> = { dy: dy as Tensor, y: saved[names.length]! };
        names.forEach((name, i) => {
          inputs[name] = saved[i]!;
        });
        const fixed = (name: string) => () => {
          throw new SpikegymError(
            `runNeuron: no gradient with respect to ${name}; they are constants of the model`,
          );
        };
        return {
          currents: () => tf.engine().runKernel(GRADIENT, inputs, attrs) as Tensor,
          constants: fixed("constants"),
          ...(kernelName === FORWARD ? {} : { initial: fixed("the initial state") }),
        };
      },
    });
  }
}
