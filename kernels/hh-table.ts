import type { KernelHost } from "./host.ts";

/** Layout: kernels/assembly/hh-gates.ts. */
const PER_MV = 16;
const FIRST_MV = -512;
const INTERVALS = -2 * FIRST_MV * PER_MV;
const ROW = 8;

const tables = new WeakMap<KernelHost, Map<number, number>>();

/**
 * The address of what the gates of `hh` need in a substep of `dtMs`, as functions of the voltage: limits of m, h, n and
 * the shares of the way to them, a parabola for each interval of 1/16 mV between -512 and 512 mV. Made once for a step
 * (1.6 MB, of which a run touches what its voltages reach). Against the functions themselves a parabola is off by less
 * than 1e-9, below what float32 holds.
 */
export function hhTable(host: KernelHost, dtMs: number): number {
  let own = tables.get(host);
  if (own === undefined) {
    own = new Map();
    tables.set(host, own);
  }
  let address = own.get(dtMs);
  if (address === undefined) {
    address = host.pool.allocate(INTERVALS * 3 * ROW * 4);
    fill(host.floats, address >> 2, dtMs);
    own.set(dtMs, address);
  }
  return address;
}

function fill(out: Float32Array, at: number, dtMs: number): void {
  let from = gates(FIRST_MV, dtMs);
  for (let i = 0; i < INTERVALS; i++) {
    const middle = gates(FIRST_MV + (i + 0.5) / PER_MV, dtMs);
    const to = gates(FIRST_MV + (i + 1) / PER_MV, dtMs);
    for (let k = 0; k < ROW; k++) {
      const [a, b, c] = [from[k]!, middle[k]!, to[k]!];
      const place = at + i * 3 * ROW + k;
      out[place] = a;
      out[place + ROW] = 4 * b - 3 * a - c;
      out[place + 2 * ROW] = 2 * (a + c) - 4 * b;
    }
    from = to;
  }
}

/** Limits of m, h, n, and the shares of the way to them in a substep, at V (mV); equations: neurons/hh.ts. */
function gates(v: number, dtMs: number): Float64Array {
  const u = v + 65;
  const rates = [
    [bernoulli(-(v + 40) / 10), 4 * Math.exp(-u / 18)],
    [0.07 * Math.exp(-u / 20), 1 / (1 + Math.exp(-(v + 35) / 10))],
    [0.1 * bernoulli(-(v + 55) / 10), 0.125 * Math.exp(-u / 80)],
  ] as const;
  const out = new Float64Array(ROW);
  rates.forEach(([alpha, beta], k) => {
    out[k] = alpha / (alpha + beta);
    out[4 + k] = -Math.expm1(-dtMs * (alpha + beta));
  });
  return out;
}

/** x / (e^x - 1). */
function bernoulli(x: number): number {
  return Math.abs(x) < 1e-6 ? 1 - x / 2 : x / Math.expm1(x);
}
