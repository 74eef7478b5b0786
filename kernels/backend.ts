import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { DataType, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { KernelHost } from "./host.ts";

/** The name under which tfjs knows this project's backend. */
export const BACKEND_NAME = "spikegym";

type Values = Parameters<MathBackendCPU["write"]>[0];
type DataId = TensorInfo["dataId"];

/** The identity of a tensor's values; it knows where they lie, which asks less than a table of all tensors. */
class KernelDataId {
  readonly id: number;
  /** Undefined where they lie outside of the kernels' memory. */
  address: number | undefined;
  workspace: Workspace | undefined = undefined;

  constructor(id: number, address: number | undefined) {
    this.id = id;
    this.address = address;
  }
}

/** What tfjs keeps of a tensor in the kernels' memory. The view is made when somebody looks: fused ops never do. */
class KernelTensorData {
  readonly dtype = "float32";
  refCount = 1;
  readonly #floats: Float32Array;
  readonly #start: number;
  readonly #end: number;
  #values: Float32Array | undefined = undefined;

  constructor(floats: Float32Array, start: number, size: number) {
    this.#floats = floats;
    this.#start = start;
    this.#end = start + size;
  }

  get values(): Float32Array {
    this.#values ??= this.#floats.subarray(this.#start, this.#end);
    return this.#values;
  }
}

/** Intermediate results of a fused op that its gradient wants; they live as long as the op's output does. */
export interface Workspace {
  readonly address: number;
  /** Set by a gradient that has left something for the next one. */
  ready: boolean;
}

/**
 * A tfjs backend whose fused ops keep their tensors in the kernels' memory, so that nothing is copied between them.
 *
 * Everything that is not fused runs tfjs' own CPU kernels on views of that memory. tfjs' slices are views of their
 * input and its reads hand the storage out, so values are copied when they are written and when they are read.
 */
export class KernelBackend extends MathBackendCPU {
  readonly host: KernelHost;
  #nextId = 0;

  constructor(host: KernelHost) {
    super();
    this.host = host;
  }

  override write(values: Values, _shape: number[], dtype: DataType): DataId {
    const dataId = new KernelDataId(this.#nextId++, undefined);
    this.data.set(dataId, {
      values: this.#isKernelMemory(values) ? values.slice() : values,
      dtype,
      refCount: 1,
    });
    return dataId;
  }

  override readSync(dataId: DataId): Values {
    const values = super.readSync(dataId);
    return this.#isKernelMemory(values) ? values.slice() : values;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const gone = super.disposeData(dataId, force);
    if (!gone) return false;
    if (!(dataId instanceof KernelDataId)) return true;
    const { address, workspace } = dataId;
    if (address !== undefined) {
      dataId.address = undefined;
      this.host.pool.free(address);
    }
    if (workspace !== undefined) {
      dataId.workspace = undefined;
      this.host.pool.free(workspace.address);
    }
    return true;
  }

  /** A float32 tensor in kernel memory, contents undefined. */
  allocate(shape: number[]): TensorInfo {
    const size = tf.util.sizeFromShape(shape);
    const address = this.host.pool.allocate(size * 4);
    const dataId = new KernelDataId(this.#nextId++, address);
    this.data.set(dataId, new KernelTensorData(this.host.floats, address >> 2, size));
    return { dataId, shape, dtype: "float32" };
  }

  /** Where the tensor lies in kernel memory; undefined if it lies outside. */
  address(dataId: DataId): number | undefined {
    return dataId instanceof KernelDataId ? dataId.address : undefined;
  }

  attachWorkspace(dataId: DataId, address: number): void {
    (dataId as KernelDataId).workspace = { address, ready: false };
  }

  workspace(dataId: DataId): Workspace | undefined {
    return dataId instanceof KernelDataId ? dataId.workspace : undefined;
  }

  #isKernelMemory(values: Values | undefined): values is Float32Array {
    return values instanceof Float32Array && values.buffer === this.host.floats.buffer;
  }
}
