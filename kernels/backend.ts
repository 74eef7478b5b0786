import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { DataType, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { KernelHost } from "./host.ts";

/** The name under which tfjs knows this project's backend. */
export const BACKEND_NAME = "spikegym";

type Values = Parameters<MathBackendCPU["write"]>[0];
type DataId = TensorInfo["dataId"];

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
  readonly #addresses = new WeakMap<object, number>();
  readonly #workspaces = new WeakMap<object, Workspace>();

  constructor(host: KernelHost) {
    super();
    this.host = host;
  }

  override write(values: Values, _shape: number[], dtype: DataType): DataId {
    const dataId = { id: this.#nextId++ };
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
    const address = this.#addresses.get(dataId);
    if (address !== undefined) {
      this.#addresses.delete(dataId);
      this.host.pool.free(address);
    }
    const workspace = this.#workspaces.get(dataId);
    if (workspace !== undefined) {
      this.#workspaces.delete(dataId);
      this.host.pool.free(workspace.address);
    }
    return true;
  }

  /** A float32 tensor in kernel memory, contents undefined. */
  allocate(shape: number[]): TensorInfo {
    const size = tf.util.sizeFromShape(shape);
    const address = this.host.pool.allocate(size * 4);
    const dataId = { id: this.#nextId++ };
    const values = this.host.floats.subarray(address >> 2, (address >> 2) + size);
    this.data.set(dataId, { values, dtype: "float32", refCount: 1 });
    this.#addresses.set(dataId, address);
    return { dataId, shape, dtype: "float32" };
  }

  /** Where the tensor lies in kernel memory; undefined if it lies outside. */
  address(dataId: DataId): number | undefined {
    return this.#addresses.get(dataId);
  }

  attachWorkspace(dataId: DataId, address: number): void {
    this.#workspaces.set(dataId, { address, ready: false });
  }

  workspace(dataId: DataId): Workspace | undefined {
    return this.#workspaces.get(dataId);
  }

  #isKernelMemory(values: Values | undefined): values is Float32Array {
    return values instanceof Float32Array && values.buffer === this.host.floats.buffer;
  }
}
