import { FileError, SpikegymError } from "../../core/errors.ts";

/**
 * A layer of leaky integrate-and-fire neurons with a hard reset, as this project computes it:
 * v <- d v (1 - s) + W x + b, spike where v > threshold.
 */
export interface LifLayer {
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  /** [inputs, units], units fastest. */
  readonly weight: Float32Array;
  /** [units]. */
  readonly bias: Float32Array;
  /** d, [units]. */
  readonly decay: Float32Array;
  /** [units]. */
  readonly threshold: Float32Array;
}

/** The time step at which a reader must run the file to get the same spikes, in seconds. */
export const NIR_STEP_S = 1e-4;

/** The part of h5wasm that is used; typed here because the package is optional. */
interface HdfGroup {
  create_group(name: string): HdfGroup;
  create_dataset(dataset: { name: string; data: unknown; shape?: number[]; dtype?: string }): unknown;
}

async function loadHdf() {
  let hdf: typeof import("h5wasm/node");
  try {
    hdf = await import("h5wasm/node");
  } catch (error) {
    throw new SpikegymError(
      `export to nir needs the optional package h5wasm (${(error as Error).message.split("\n")[0]}); add it with: npm install h5wasm`,
    );
  }
  await hdf.ready;
  return hdf;
}

/**
 * The bytes of a NIR file (Pedersen et al., Nature Communications 15, 8122, 2024), HDF5 as the package `nir` reads it: a
 * chain Input -> (Affine -> LIF) x layers -> Output.
 *
 * NIR's LIF is the equation tau dv/dt = v_leak - v + r I. Readers take a forward Euler step of 0.1 ms,
 * v <- v + (dt / tau) (I - v), so the discrete neuron is met spike for spike with
 *
 *   tau = dt / (1 - d),   r = 1,   W' = W / (1 - d),   b' = b / (1 - d),   v_leak = v_reset = 0,   same threshold.
 *
 * @throws SpikegymError where d is 1 (an integrator without leak has no time constant) or h5wasm is missing
 */
export async function encodeNir(layers: readonly LifLayer[]): Promise<Uint8Array> {
  for (const { name, decay } of layers) {
    const unit = decay.findIndex((d) => !(d >= 0 && d < 1));
    if (unit >= 0) {
      throw new SpikegymError(
        `export to nir: layer "${name}" keeps ${decay[unit]} of unit ${unit}'s membrane each tick, expected at least 0 and less than 1: NIR's LIF has no time constant for it; export to onnx or safetensors instead`,
      );
    }
  }
  const { File, FS } = await loadHdf();
  const path = "export.nir";
  const file = new File(path, "w");
  try {
    writeGraph(file as unknown as HdfGroup, layers);
  } finally {
    file.close();
  }
  // h5wasm writes to its own file system in memory where it is told a bare name.
  const bytes = FS!.readFile(path) as Uint8Array;
  FS!.unlink(path);
  return bytes;
}

function writeGraph(root: HdfGroup, layers: readonly LifLayer[]): void {
  root.create_dataset({ name: "version", data: "1.0" });
  const graph = root.create_group("node");
  graph.create_dataset({ name: "type", data: "NIRGraph" });
  const nodes = graph.create_group("nodes");
  const edges: string[] = [];
  let previous = "input";
  writeEndpoint(nodes, "input", "Input", layers[0]!.inputs);
  for (const layer of layers) {
    const [affine, neurons] = [`${layer.name}_affine`, `${layer.name}_lif`];
    writeAffine(nodes.create_group(affine), layer);
    writeLif(nodes.create_group(neurons), layer);
    edges.push(previous, affine, affine, neurons);
    previous = neurons;
  }
  writeEndpoint(nodes, "output", "Output", layers.at(-1)!.units);
  edges.push(previous, "output");
  graph.create_dataset({ name: "edges", data: edges, shape: [edges.length / 2, 2] });
}

function writeEndpoint(nodes: HdfGroup, name: string, type: string, size: number): void {
  const group = nodes.create_group(name);
  group.create_dataset({ name: "type", data: type });
  group.create_dataset({ name: "shape", data: BigInt64Array.of(BigInt(size)), shape: [1], dtype: "<q" });
}

/** NIR keeps weights as [out, in]. */
function writeAffine(group: HdfGroup, { inputs, units, weight, bias, decay }: LifLayer): void {
  const transposed = new Float32Array(units * inputs);
  for (let i = 0; i < inputs; i++) {
    for (let u = 0; u < units; u++) transposed[u * inputs + i] = weight[i * units + u]! / (1 - decay[u]!);
  }
  group.create_dataset({ name: "type", data: "Affine" });
  group.create_dataset({ name: "weight", data: transposed, shape: [units, inputs], dtype: "<f" });
  group.create_dataset({ name: "bias", data: bias.map((b, u) => b / (1 - decay[u]!)), dtype: "<f" });
}

function writeLif(group: HdfGroup, { units, decay, threshold }: LifLayer): void {
  const zeros = new Float32Array(units);
  const arrays = {
    tau: decay.map((d) => NIR_STEP_S / (1 - d)),
    r: new Float32Array(units).fill(1),
    v_leak: zeros,
    v_reset: zeros,
    v_threshold: threshold,
  };
  group.create_dataset({ name: "type", data: "LIF" });
  for (const [name, data] of Object.entries(arrays)) {
    group.create_dataset({ name, data: Float32Array.from(data), dtype: "<f" });
  }
}

/** A LIF layer read back from a file, to be run as NIR's readers run it. */
export interface NirLayer {
  readonly units: number;
  /**
   * One forward Euler step of NIR_STEP_S.
   *
   * @param x [inputs]
   * @param membrane [units], changed in place
   * @returns spikes [units]
   */
  step(x: Float32Array, membrane: Float32Array): Float32Array;
}

/**
 * The layers of a file that `encodeNir` wrote, from nothing but what stands in it.
 *
 * @throws FileError where a node that should be there is not
 */
export async function readNir(bytes: Uint8Array): Promise<NirLayer[]> {
  const { File, FS } = await loadHdf();
  const path = "import.nir";
  FS!.writeFile(path, bytes);
  const file = new File(path, "r");
  try {
    const read = (name: string): Float32Array => {
      const dataset = file.get(`node/nodes/${name}`) as { value?: unknown } | null;
      if (!(dataset?.value instanceof Float32Array)) {
        throw new FileError(`the NIR file has no array "${name}"; expected one that spikegym wrote`);
      }
      return dataset.value;
    };
    return chainOf(file.get("node/edges") as { value?: unknown } | null)
      .filter((name) => name.endsWith("_lif"))
      .map((name) => nirLayer(read, name, name.replace(/_lif$/, "_affine")));
  } finally {
    file.close();
    FS!.unlink(path);
  }
}

/** The nodes from input to output, along the edges [from, to, from, to, ...]. */
function chainOf(edges: { value?: unknown } | null): string[] {
  const ends = edges?.value;
  if (!Array.isArray(ends))
    throw new FileError('the NIR file has no "edges"; expected one that spikegym wrote');
  const chain: string[] = [];
  for (let node = "input"; node !== "output"; ) {
    const at = ends.findIndex((from, i) => i % 2 === 0 && from === node);
    if (at < 0 || chain.includes(node)) {
      throw new FileError(`the NIR file's edges do not lead from "${node}" to the output; expected a chain`);
    }
    chain.push(node);
    node = String(ends[at + 1]);
  }
  return chain;
}

function nirLayer(read: (name: string) => Float32Array, lif: string, affine: string): NirLayer {
  const [tau, r, leak, reset, threshold] = ["tau", "r", "v_leak", "v_reset", "v_threshold"].map((name) =>
    read(`${lif}/${name}`),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
  const [weight, bias] = [read(`${affine}/weight`), read(`${affine}/bias`)];
  const units = bias.length;
  const inputs = weight.length / units;
  return {
    units,
    step(x, membrane) {
      const spikes = new Float32Array(units);
      for (let u = 0; u < units; u++) {
        let current = bias[u]!;
        for (let i = 0; i < inputs; i++) current += weight[u * inputs + i]! * x[i]!;
        const v = membrane[u]! + (NIR_STEP_S / tau[u]!) * (leak[u]! - membrane[u]! + r[u]! * current);
        spikes[u] = v > threshold[u]! ? 1 : 0;
        membrane[u] = spikes[u] === 1 ? reset[u]! : v;
      }
      return spikes;
    },
  };
}
