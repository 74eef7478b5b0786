import { beforeAll, expect, it } from "vitest";
import type { KernelHost } from "../../kernels/host.ts";
import { useKernels } from "../../kernels/load.ts";

let host: KernelHost;
beforeAll(async () => {
  host = await useKernels();
});

function exp(values: number[], kernel: "exp" | "covered" = "exp"): Float32Array {
  const n = Math.ceil(values.length / 4) * 4;
  const x = host.pool.allocate(n * 4);
  const y = host.pool.allocate(n * 4);
  host.floats.set(values, x >> 2);
  host.call[kernel](x, y, n);
  const out = host.floats.slice(y >> 2, (y >> 2) + values.length);
  host.pool.free(x);
  host.pool.free(y);
  return out;
}

it("exp: relative error below 2e-7 over the whole range of normal results", () => {
  const values: number[] = [];
  for (let x = -87.33; x < 88.72; x += 0.00137) values.push(Math.fround(x));
  const got = exp(values);
  let worst = 0;
  values.forEach((x, i) => {
    worst = Math.max(worst, Math.abs(got[i]! / Math.exp(x) - 1));
  });
  expect(worst).toBeLessThan(2e-7);
});

it("exp: infinities, NaN, overflow and underflow", () => {
  const got = exp([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 89, -104, 0, -0, 1000]);
  expect(Array.from(got)).toEqual([
    Number.POSITIVE_INFINITY,
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    0,
    1,
    1,
    Number.POSITIVE_INFINITY,
  ]);
});

it("covered: 1 - e^-x with relative error below 2e-7 from 1e-20 to 100, NaN stays NaN, infinity covers all", () => {
  const values: number[] = [];
  for (let x = 1e-20; x < 100; x *= 1.00123) values.push(Math.fround(x));
  const got = exp(values, "covered");
  let worst = 0;
  values.forEach((x, i) => {
    worst = Math.max(worst, Math.abs(got[i]! / -Math.expm1(-x) - 1));
  });
  expect(worst).toBeLessThan(2e-7);
  const [zero, nan, all] = exp([0, Number.NaN, Number.POSITIVE_INFINITY, 0], "covered");
  expect([zero, nan, all]).toEqual([0, Number.NaN, 1]);
});
