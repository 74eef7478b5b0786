import { SpikegymError } from "../core/errors.ts";
import { RELAXED_WASM, STRICT_WASM } from "./generated/wasm.ts";
import { MemoryPool } from "./memory.ts";

/**
 * How matrix products round: `relaxed` uses fused multiply-add (about a third faster; on processors without it the
 * last bits differ), `strict` is the same everywhere. A run records which it used.
 */
export type SimdLevel = "strict" | "relaxed";

type Kernel = (...args: (number | boolean)[]) => void;
/** Of neurons: the address of what kernels/neuron-kernels.ts writes, then settings; forward passes return 1 when a membrane is not a number. */
type NeuronFunction = (call: number, ...settings: number[]) => number;

/** The functions of kernels/assembly; addresses and counts are plain numbers. Their doc comments stand there. */
export interface KernelFunctions {
  readonly exp: Kernel;
  readonly covered: Kernel;
  readonly dense: Kernel;
  readonly denseGradient: Kernel;
  readonly matmul: Kernel;
  readonly matmulTransposedLeft: Kernel;
  readonly matmulTransposedRight: Kernel;
  readonly maskByRelu: Kernel;
  readonly rectify: Kernel;
  readonly sumRows: Kernel;
  readonly adam: Kernel;
  readonly polyak: Kernel;
  readonly turnedFilters: Kernel;
  readonly convolveBlocks: Kernel;
  readonly packRuns: Kernel;
  readonly addRuns: Kernel;
  readonly addChanges: Kernel;
  readonly addChangesGradient: Kernel;
  readonly addPixels: Kernel;
  readonly fillPixels: Kernel;
  readonly cutBorder: Kernel;
  readonly addInside: Kernel;
  readonly addPlanes: Kernel;
  readonly averagePool: Kernel;
  readonly spreadPool: Kernel;
  readonly binaryForward: NeuronFunction;
  readonly binaryBackward: NeuronFunction;
  readonly lifForward: NeuronFunction;
  readonly lifBackward: NeuronFunction;
  readonly alifForward: NeuronFunction;
  readonly alifBackward: NeuronFunction;
  readonly sLif2HhForward: NeuronFunction;
  readonly sLif2HhBackward: NeuronFunction;
  readonly filterForward: NeuronFunction;
  readonly filterBackward: NeuronFunction;
  readonly izhikevichForward: NeuronFunction;
  readonly izhikevichBackward: NeuronFunction;
  readonly hhForward: NeuronFunction;
  readonly hhBackward: NeuronFunction;
}

/** One instance of the compiled kernels with its memory. */
export interface KernelHost {
  readonly simd: SimdLevel;
  readonly call: KernelFunctions;
  readonly pool: MemoryPool;
  /** The whole memory as floats; it never moves (it does not grow). */
  readonly floats: Float32Array;
  /** The same memory as integers. */
  readonly ints: Int32Array;
  /** Scratch of at least this many bytes, valid until the next call that asks for it. */
  scratch(bytes: number): number;
}

export interface KernelOptions {
  /** Address space reserved for tensors, MiB; the operating system gives pages only as they are used. */
  readonly memoryMiB?: number;
  readonly simd?: SimdLevel;
}

const PAGES_PER_MIB = 16;

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Node 20 knows relaxed SIMD behind a flag only; browsers and newer Node have it on. */
async function enableRelaxedSimd(): Promise<void> {
  if (typeof process === "undefined" || process.versions?.node === undefined) return;
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 22) return;
  const { setFlagsFromString } = await import(/* @vite-ignore */ "node:v8");
  setFlagsFromString("--experimental-wasm-relaxed-simd");
}

/** The SIMD level this machine would run by default. */
export async function detectSimd(): Promise<SimdLevel | undefined> {
  await enableRelaxedSimd();
  if (WebAssembly.validate(decode(RELAXED_WASM))) return "relaxed";
  return WebAssembly.validate(decode(STRICT_WASM)) ? "strict" : undefined;
}

/**
 * Compiles and starts the kernels.
 *
 * Throws where the machine has no WebAssembly SIMD, or not the level asked for.
 */
export async function loadKernels(options: KernelOptions = {}): Promise<KernelHost> {
  const best = await detectSimd();
  const simd = options.simd ?? best;
  if (best === undefined || simd === undefined) {
    throw new SpikegymError(
      "this machine runs no WebAssembly SIMD; use Node 20.19 or later or a browser of 2021 or later",
    );
  }
  if (simd === "relaxed" && best === "strict") {
    throw new SpikegymError(
      'kernels: simd is "relaxed", but this machine offers only "strict"; a run made with the other level goes on, but not to the bit, with simd "strict"',
    );
  }
  const pages = (options.memoryMiB ?? 256) * PAGES_PER_MIB;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const bytes = decode(simd === "relaxed" ? RELAXED_WASM : STRICT_WASM);
  const { instance } = await WebAssembly.instantiate(bytes, {
    env: {
      memory,
      abort: () => {
        throw new SpikegymError("kernels: aborted (a bug: please report it)");
      },
    },
  });
  const heapBase = (instance.exports.__heap_base as WebAssembly.Global | undefined)?.value ?? 64 * 1024;
  const pool = new MemoryPool(heapBase, pages * 65536);
  let scratchAddress = 0;
  let scratchBytes = 0;
  return {
    simd,
    call: instance.exports as unknown as KernelFunctions,
    pool,
    floats: new Float32Array(memory.buffer),
    ints: new Int32Array(memory.buffer),
    scratch(size) {
      if (size > scratchBytes) {
        if (scratchBytes > 0) pool.free(scratchAddress);
        scratchAddress = pool.allocate(size);
        scratchBytes = size;
      }
      return scratchAddress;
    },
  };
}
