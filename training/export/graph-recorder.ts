import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { SpikegymError } from "../../core/errors.ts";

/** One tfjs kernel that ran, with the values it took and gave. */
export interface RecordedCall {
  readonly kernel: string;
  /** Operands in tfjs' names, e.g. `a` and `b`; lists of tensors as `0`, `1`, .... */
  readonly inputs: Readonly<Record<string, RecordedValue>>;
  readonly outputs: readonly RecordedValue[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A tensor met while recording. */
export interface RecordedValue {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Set where it hangs on no input of the graph. */
  readonly constant?: Float32Array | Uint8Array | Int32Array;
}

/** A computation as the kernels it ran, in order; what hangs on no input is a constant and has no calls. */
export interface RecordedGraph {
  readonly inputs: Readonly<Record<string, RecordedValue>>;
  readonly outputs: Readonly<Record<string, RecordedValue>>;
  readonly calls: readonly RecordedCall[];
}

const BACKEND = "graph-recorder";

/** The recording that is going on, if any; tfjs' registry is one per thread, and so is this. */
let current: Recording | undefined;

class Recording {
  readonly calls: RecordedCall[] = [];
  /** Reshaping shares a tensor's data, so a value is its data and its shape. Keeping the ids alive keeps them unique. */
  readonly #values = new Map<object, Map<string, RecordedValue>>();
  #count = 0;

  /** The value of a tensor; one never seen before is a constant. */
  valueOf(info: TensorInfo): RecordedValue {
    return this.#find(info) ?? this.add(info, constantOf(info));
  }

  isConstant(info: TensorInfo): boolean {
    return this.valueOf(info).constant !== undefined;
  }

  add(info: TensorInfo, constant?: RecordedValue["constant"]): RecordedValue {
    const value: RecordedValue = {
      id: this.#count++,
      shape: [...info.shape],
      dtype: info.dtype,
      ...(constant === undefined ? {} : { constant }),
    };
    const views = this.#values.get(info.dataId) ?? new Map<string, RecordedValue>();
    views.set(keyOf(info), value);
    this.#values.set(info.dataId, views);
    return value;
  }

  #find(info: TensorInfo): RecordedValue | undefined {
    return this.#values.get(info.dataId)?.get(keyOf(info));
  }

  record(kernel: string, inputs: tf.NamedTensorInfoMap, attributes: unknown, outputs: TensorInfo[]): void {
    const named = Object.fromEntries(
      Object.entries(inputs).filter((entry): entry is [string, TensorInfo] => entry[1] !== undefined),
    );
    if (Object.values(named).every((info) => this.isConstant(info))) {
      for (const info of outputs) if (this.#find(info) === undefined) this.add(info, constantOf(info));
      return;
    }
    // The same data in the same shape is the same value (tf.identity, and reshaping back).
    if (outputs.every((info) => this.#find(info) !== undefined)) return;
    this.calls.push({
      kernel,
      inputs: Object.fromEntries(Object.entries(named).map(([name, info]) => [name, this.valueOf(info)])),
      attributes: { ...(attributes as Record<string, unknown>) },
      outputs: outputs.map((info) => this.add(info)),
    });
  }
}

/**
 * Runs a computation written in plain tfjs ops and returns the kernels it ran: the way from a readable definition to a
 * graph for other programs, without a second definition. Fused ops of this project cannot be recorded; hand in their
 * definitions.
 *
 * @param shapes of the inputs, by name; they are the graph's for good
 * @param compute from one tensor an input to one an output
 */
export function recordGraph(
  shapes: Readonly<Record<string, readonly number[]>>,
  compute: (inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
): RecordedGraph {
  if (current !== undefined) throw new SpikegymError("recordGraph: a recording is already going on");
  register();
  const before = tf.getBackend();
  tf.setBackend(BACKEND);
  const recording = new Recording();
  let recorded: RecordedGraph | undefined;
  try {
    tf.tidy(() => {
      const inputs = Object.fromEntries(
        Object.entries(shapes).map(([name, shape]) => [name, tf.ones([...shape])] as const),
      );
      current = recording;
      const named = Object.entries(inputs).map(([name, x]) => [name, recording.add(x)] as const);
      const outputs = Object.entries(compute(inputs)).map(
        ([name, y]) => [name, recording.valueOf(y)] as const,
      );
      recorded = {
        inputs: Object.fromEntries(named),
        outputs: Object.fromEntries(outputs),
        calls: recording.calls,
      };
    });
  } finally {
    current = undefined;
    tf.setBackend(before);
  }
  return recorded!;
}

/** tfjs' CPU backend without its advertisement of another one. */
function makeBackend(): MathBackendCPU {
  const backend = new MathBackendCPU();
  (backend as unknown as { firstUse: boolean }).firstUse = false;
  return backend;
}

/** tfjs' CPU backend under another name, each of its kernels reporting to the recording. */
function register(): void {
  if (tf.findBackendFactory(BACKEND) !== null) return;
  tf.registerBackend(BACKEND, makeBackend, 0);
  for (const config of tf.getKernelsForBackend("cpu")) {
    tf.registerKernel({
      ...config,
      backendName: BACKEND,
      kernelFunc: (call) => {
        const result = config.kernelFunc(call);
        current?.record(
          config.kernelName,
          call.inputs,
          call.attrs,
          Array.isArray(result) ? result : [result],
        );
        return result;
      },
    });
  }
}

function keyOf({ shape, dtype }: TensorInfo): string {
  return `${dtype}[${shape.join()}]`;
}

function constantOf({ dataId, dtype }: TensorInfo): NonNullable<RecordedValue["constant"]> {
  const values = (tf.backend() as MathBackendCPU).readSync(dataId);
  if (dtype === "bool") return Uint8Array.from(values as Uint8Array);
  if (dtype === "int32") return Int32Array.from(values as Int32Array);
  return Float32Array.from(values as Float32Array);
}
