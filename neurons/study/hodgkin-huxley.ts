import { z } from "zod";

/** Constants of one neuron; the names are those of the catalogue's `hh`. */
export const hodgkinHuxleySchema = z.strictObject({
  gNa: z.number().min(0).default(120).describe("sodium conductance, mS/cm2"),
  gK: z.number().min(0).default(36).describe("potassium conductance, mS/cm2"),
  gL: z.number().positive().default(0.3).describe("leak conductance, mS/cm2"),
  eNa: z.number().default(50).describe("sodium reversal potential, mV"),
  eK: z.number().default(-77).describe("potassium reversal potential, mV"),
  eL: z.number().default(-54.387).describe("leak reversal potential, mV"),
  capacitance: z.number().positive().default(1).describe("membrane capacitance, uF/cm2"),
  thresholdMv: z.number().default(0).describe("an upward crossing of this voltage is a spike, mV"),
  weakSpikeMvPerMs: z
    .number()
    .positive()
    .nullable()
    .default(20)
    .describe(
      "a spike that peaks below the threshold counts, at its peak, if it rose this fast; null: it does not",
    ),
  startMv: z
    .number()
    .min(-200)
    .max(200)
    .default(-65)
    .describe("voltage at the start, mV; the gates start at their stationary values there"),
});

export type HodgkinHuxley = z.output<typeof hodgkinHuxleySchema>;

/** V (mV), m, h, n: the state of a neuron is a vector of these four. */
export const STATE_NAMES = ["V", "m", "h", "n"] as const;

/** x / (e^x - 1), continued through its removable singularity at 0, where it is 1; relative error below 1e-15. */
export function bernoulli(x: number): number {
  // expm1 is exact near 0, so that only 0/0 itself needs care.
  return x === 0 ? 1 : x / Math.expm1(x);
}

/**
 * Opening (alpha) and closing (beta) rates of the three gates at V, in 1/ms (Hodgkin and Huxley 1952, modern
 * convention: rest at -65 mV).
 *
 *   alpha_m = 0.1 (V + 40) / (1 - exp(-(V + 40) / 10))      beta_m = 4 exp(-(V + 65) / 18)
 *   alpha_h = 0.07 exp(-(V + 65) / 20)                      beta_h = 1 / (1 + exp(-(V + 35) / 10))
 *   alpha_n = 0.01 (V + 55) / (1 - exp(-(V + 55) / 10))     beta_n = 0.125 exp(-(V + 65) / 80)
 *
 * alpha_m at -40 mV and alpha_n at -55 mV are 0/0 as written; their limits are 1 and 0.1.
 *
 * @param v mV
 * @param out alpha and beta of m, of h, of n: six numbers
 */
export function gateRates(v: number, out: Float64Array): void {
  out[0] = bernoulli(-(v + 40) / 10);
  out[1] = 4 * Math.exp(-(v + 65) / 18);
  out[2] = 0.07 * Math.exp(-(v + 65) / 20);
  out[3] = 1 / (1 + Math.exp(-(v + 35) / 10));
  out[4] = 0.1 * bernoulli(-(v + 55) / 10);
  out[5] = 0.125 * Math.exp(-(v + 65) / 80);
}

/** The state the neuron starts from: `startMv` and the gates' stationary values alpha / (alpha + beta) there. */
export function startState({ startMv }: HodgkinHuxley): Float64Array {
  const rates = new Float64Array(6);
  gateRates(startMv, rates);
  const gates = [0, 2, 4].map((i) => rates[i]! / (rates[i]! + rates[i + 1]!));
  return Float64Array.of(startMv, ...gates);
}

/** Conductance of the open channels at a state, mS/cm2. */
export function conductances({ gNa, gK }: HodgkinHuxley, state: ArrayLike<number>) {
  const m = state[1]!;
  const n2 = state[3]! * state[3]!;
  return { na: gNa * m * m * m * state[2]!, k: gK * n2 * n2 };
}

/** dV/dt, mV/ms. */
export function voltageSlope(neuron: HodgkinHuxley, state: ArrayLike<number>, current: number): number {
  const v = state[0]!;
  const { na, k } = conductances(neuron, state);
  const ionic = na * (v - neuron.eNa) + k * (v - neuron.eK) + neuron.gL * (v - neuron.eL);
  return (current - ionic) / neuron.capacitance;
}

/**
 * The equations, float64:
 *
 *   C dV/dt = I - g_Na m^3 h (V - E_Na) - g_K n^4 (V - E_K) - g_L (V - E_L)
 *   dx/dt = alpha_x(V) (1 - x) - beta_x(V) x     for x in m, h, n
 *
 * @param state V (mV), m, h, n
 * @param current I, uA/cm2
 * @param out the derivatives, per ms
 */
export function derivatives(
  neuron: HodgkinHuxley,
  state: ArrayLike<number>,
  current: number,
  out: Float64Array,
): void {
  out[0] = voltageSlope(neuron, state, current);
  gateRates(state[0]!, scratchRates);
  for (let gate = 0; gate < 3; gate++) {
    const x = state[gate + 1]!;
    out[gate + 1] = scratchRates[2 * gate]! * (1 - x) - scratchRates[2 * gate + 1]! * x;
  }
}

/** Written and read within one call; it saves an allocation a step. */
const scratchRates = new Float64Array(6);

/**
 * Where the exact solution stays for currents within [lowest, highest]: V is always drawn towards a mean of the reversal
 * potentials, moved by at most I / g_L; every gate stays in [0, 1]. A numerical solution outside took too large a step.
 */
export function voltageBounds(
  { gL, eNa, eK, eL, startMv }: HodgkinHuxley,
  lowest: number,
  highest: number,
): { readonly lowMv: number; readonly highMv: number } {
  return {
    lowMv: Math.min(eNa, eK, eL, startMv) + Math.min(0, lowest) / gL,
    highMv: Math.max(eNa, eK, eL, startMv) + Math.max(0, highest) / gL,
  };
}
