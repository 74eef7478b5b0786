import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { KernelBackend, type Workspace } from "./backend.ts";
import type { KernelHost } from "./host.ts";

/**
 * The seam between fused ops and tensor storage: one call's view of its arguments as addresses in kernel memory.
 *
 * On this project's backend tensors are used where they lie. On tfjs' CPU backend they are copied in and out, so every
 * op works on both, only slower.
 */
export class Frame {
  readonly host: KernelHost;
  readonly #backend: MathBackendCPU;
  readonly #temporary: number[] = [];
  readonly #outputs: { shape: number[]; address: number; info: TensorInfo | undefined }[] = [];
  #workspaceAddress: number | undefined;

  constructor(host: KernelHost, backend: unknown) {
    this.host = host;
    this.#backend = backend as MathBackendCPU;
  }

  /** Address of an input's values (read-only). */
  input(info: TensorInfo): number {
    const backend = this.#backend;
    if (backend instanceof KernelBackend) {
      const address = backend.address(info.dataId);
      if (address !== undefined) return address;
    }
    const values = backend.data.get(info.dataId).values as Float32Array;
    const address = this.temporary(values.length * 4);
    this.host.floats.set(values, address >> 2);
    return address;
  }

  /** Address for a new float32 output of this shape; contents undefined. */
  output(shape: number[]): number {
    if (this.#backend instanceof KernelBackend) {
      const info = this.#backend.allocate(shape);
      const address = this.#backend.address(info.dataId)!;
      this.#outputs.push({ shape, address, info });
      return address;
    }
    const address = this.temporary(tf.util.sizeFromShape(shape) * 4);
    this.#outputs.push({ shape, address, info: undefined });
    return address;
  }

  /** Memory that lasts until `finish`. */
  temporary(bytes: number): number {
    const address = this.host.pool.allocate(bytes);
    this.#temporary.push(address);
    return address;
  }

  /** Memory for the gradient's use: lasts as long as the first output where storage allows it, else until `finish`. */
  newWorkspace(bytes: number): number {
    if (!(this.#backend instanceof KernelBackend)) return this.temporary(bytes);
    this.#workspaceAddress = this.host.pool.allocate(bytes);
    return this.#workspaceAddress;
  }

  /** The workspace the forward op left with its output, if this storage keeps any. */
  workspaceOf(output: TensorInfo): Workspace | undefined {
    return this.#backend instanceof KernelBackend ? this.#backend.workspace(output.dataId) : undefined;
  }

  /** The outputs (one, or several in the order they were asked for) as tfjs wants them; frees what was temporary. */
  finish(): TensorInfo | TensorInfo[] {
    const infos = this.#outputs.map(({ shape, address, info }) => {
      if (info !== undefined) return info;
      const size = tf.util.sizeFromShape(shape);
      return this.#backend.makeTensorInfo(
        shape,
        "float32",
        this.host.floats.slice(address >> 2, (address >> 2) + size),
      );
    });
    if (this.#workspaceAddress !== undefined && this.#backend instanceof KernelBackend) {
      this.#backend.attachWorkspace(infos[0]!.dataId, this.#workspaceAddress);
    }
    for (const address of this.#temporary) this.host.pool.free(address);
    return infos.length === 1 ? infos[0]! : infos;
  }
}
