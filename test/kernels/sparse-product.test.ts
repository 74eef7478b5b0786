import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { type KernelHost, loadKernels, type SimdLevel } from "../../kernels/host.ts";

const hosts = new Map<SimdLevel, KernelHost>();
async function hostOf(simd: SimdLevel): Promise<KernelHost> {
  const host = hosts.get(simd) ?? (await loadKernels({ simd, memoryMiB: 64 }));
  hosts.set(simd, host);
  return host;
}

// From all zeros over the density where the dense product takes over to none; shapes that panels of six and seven
// vectors can make up and others, more rows of B than one block, rows left over.
const cases = fc.record({
  m: fc.integer({ min: 1, max: 70 }),
  k: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 250, max: 270 }), fc.constant(512)),
  n: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(24, 28, 48, 52, 56, 128, 132)),
  density: fc.constantFrom(0, 0.02, 0.2, 0.5, 0.7, 1),
  relu: fc.boolean(),
  seed: fc.integer(),
});

/** Numbers in the kernels' memory, freed by `free`. */
class Arrays {
  readonly #host: KernelHost;
  readonly #addresses: number[] = [];

  constructor(host: KernelHost) {
    this.#host = host;
  }

  add(values: Float32Array): number {
    const at = this.#host.pool.allocate(Math.max(16, values.byteLength));
    this.#addresses.push(at);
    this.#host.floats.set(values, at >> 2);
    return at;
  }

  read(at: number, length: number): Float32Array {
    return this.#host.floats.slice(at >> 2, (at >> 2) + length);
  }

  free(): void {
    for (const at of this.#addresses) this.#host.pool.free(at);
  }
}

function normals(rng: Rng, length: number): Float32Array {
  const values = new Float32Array(length);
  rng.fillNormal(values);
  return values;
}

/** With so many that are not zero; whole rows of zeros among them. */
function withZeros(rng: Rng, rows: number, columns: number, density: number): Float32Array {
  const values = normals(rng, rows * columns);
  for (let i = 0; i < rows; i++) {
    const isEmpty = density < 1 && rng.uniform() < 0.1;
    for (let j = 0; j < columns; j++) {
      if (isEmpty || rng.uniform() >= density) values[i * columns + j] = 0;
    }
  }
  return values;
}

describe.each<SimdLevel>(["relaxed", "strict"])("products that skip zeros, %s", (simd) => {
  it("equal the dense ones to the last bit: forward, weight gradient, input gradient", async () => {
    const host = await hostOf(simd);
    const { call } = host;
    fc.assert(
      fc.property(cases, ({ m, k, n, density, relu, seed }) => {
        const rng = new Rng(`sparse ${seed}`);
        const arrays = new Arrays(host);
        const x = arrays.add(withZeros(rng, m, k, density));
        const w = arrays.add(normals(rng, k * n));
        const g = arrays.add(withZeros(rng, m, n, density));
        const nothing = arrays.add(new Float32Array(n));
        const scratch = arrays.add(new Float32Array(4 * (m * k + k * n + n * m) + 600 * (m + k + n + 28)));
        // Adding to zeros is always done densely.
        const both = (size: number) =>
          [arrays.add(normals(rng, size)), arrays.add(new Float32Array(size))] as const;
        const same = ([own, dense]: readonly [number, number], size: number, clip = false) => {
          const expected = arrays.read(dense, size);
          const given = arrays.read(own, size);
          // A zero's sign may differ, so === and not Object.is; there are no NaNs here.
          const wrong = given.findIndex((v, i) => v !== (clip ? Math.max(0, expected[i]!) : expected[i]));
          expect(wrong).toBe(-1);
        };

        const y = both(m * n);
        call.dense(x, w, nothing, y[0], m, n, k, relu, scratch);
        call.matmul(x, w, y[1], m, n, k, true, scratch);
        if (n > 1) same(y, m * n, relu);

        const dw = both(k * n);
        call.matmulTransposedLeft(x, g, dw[0], k, n, m, false, scratch);
        call.matmulTransposedLeft(x, g, dw[1], k, n, m, true, scratch);
        same(dw, k * n);

        const dx = both(m * k);
        call.matmulTransposedRight(g, w, dx[0], m, k, n, false, scratch);
        call.matmulTransposedRight(g, w, dx[1], m, k, n, true, scratch);
        same(dx, m * k);
        arrays.free();
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it("skips zeros where there are many, and only there: an infinite weight behind a zero tells", async () => {
    const host = await hostOf(simd);
    const sees = (density: number) => {
      const arrays = new Arrays(host);
      const [m, k, n] = [8, 64, 128];
      const values = withZeros(new Rng("zeros"), m, k, density);
      for (let i = 0; i < m; i++) values[i * k] = 0;
      const x = arrays.add(values);
      const weights = normals(new Rng("weights"), k * n);
      weights.fill(Number.POSITIVE_INFINITY, 0, n);
      const w = arrays.add(weights);
      const bias = arrays.add(new Float32Array(n));
      const y = arrays.add(new Float32Array(m * n));
      const scratch = arrays.add(new Float32Array(60_000));
      host.call.dense(x, w, bias, y, m, n, k, false, scratch);
      const given = arrays.read(y, m * n);
      arrays.free();
      return given.some(Number.isNaN);
    };
    expect(sees(0.5)).toBe(false);
    expect(sees(0.95)).toBe(true);
  });
});
