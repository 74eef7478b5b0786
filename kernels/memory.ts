import { SpikegymError } from "../core/errors.ts";

const ALIGN = 16;

/**
 * Hands out pieces of the kernels' linear memory.
 *
 * Sizes are rounded up to one of four classes per power of two and freed pieces are kept by class: a training loop asks
 * for the same few sizes again and again, so after the first round nothing is ever searched or split.
 */
export class MemoryPool {
  readonly #end: number;
  readonly #free = new Map<number, number[]>();
  readonly #sizeAt = new Map<number, number>();
  #top: number;
  #used = 0;

  /** Manages the bytes [start, end) of the memory. */
  constructor(start: number, end: number) {
    this.#top = Math.ceil(start / ALIGN) * ALIGN;
    this.#end = end;
  }

  /** Bytes handed out and not yet freed. */
  get usedBytes(): number {
    return this.#used;
  }

  /** The address of at least `bytes` bytes, 16-byte aligned, contents undefined. */
  allocate(bytes: number): number {
    const size = sizeClass(bytes);
    const address = this.#free.get(size)?.pop() ?? this.#grow(size);
    this.#sizeAt.set(address, size);
    this.#used += size;
    return address;
  }

  free(address: number): void {
    const size = this.#sizeAt.get(address);
    if (size === undefined)
      throw new SpikegymError(`kernel memory: ${address} is freed but was not handed out`);
    this.#sizeAt.delete(address);
    this.#used -= size;
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [address]);
    else list.push(address);
  }

  #grow(size: number): number {
    const address = this.#top;
    if (address + size > this.#end) {
      throw new SpikegymError(
        `kernel memory is full: ${size} bytes asked for, ${this.#used} of ${this.#end} in use; ` +
          "use a smaller batch, or a larger memoryMiB in loadKernels()",
      );
    }
    this.#top += size;
    return address;
  }
}

/** The smallest of 2^k x {1, 1.25, 1.5, 1.75} not below `bytes`, at least 64, a multiple of 16. */
function sizeClass(bytes: number): number {
  if (bytes <= 64) return 64;
  const power = 2 ** Math.floor(Math.log2(bytes));
  return power + Math.ceil((bytes - power) / (power / 4)) * (power / 4);
}
