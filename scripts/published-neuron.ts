import { Rng } from "../core/rng.ts";

/** A setting of the published Hodgkin-Huxley neuron. */
export interface PublishedSetting {
  readonly name: string;
  readonly dtMs: number;
  readonly rateMax: number;
  readonly threshold: number;
}

export const PUBLISHED_SETTINGS: readonly PublishedSetting[] = [
  { name: "classification, dense", dtMs: 0.01, rateMax: 0.01, threshold: 0.2 },
  { name: "classification, convolution", dtMs: 0.1, rateMax: 0.01, threshold: 2.3 },
  { name: "control, single pendulum (dt 0.1, the mean)", dtMs: 0.1, rateMax: 0.1, threshold: 2 },
];

const TICKS = 15;
const UNITS = 1000;

export interface PublishedDemonstration {
  /** Spikes a tick without any input. */
  readonly zeroInputRate: number;
  readonly largestGate: number;
  /** Largest sodium or potassium current over the run, uA/cm2. */
  readonly largestChannelCurrent: number;
  /** |V(a + b) - V(a) - V(b) + V(0)| for two inputs, as a share of |V(a + b) - V(0)|: 0 for a linear filter. */
  readonly nonlinearity: number;
  /** Largest difference from a leaky integrator that has no channels at all, as a share of the largest V. */
  readonly channelShare: number;
}

/** Runs a thousand neurons of one setting in float64 and measures what their channels do. */
export function demonstratePublished({ dtMs, rateMax, threshold }: PublishedSetting): PublishedDemonstration {
  const rng = new Rng("hh-published");
  const inputs = [0, 1, 2].map((i) => {
    const input = new Float64Array(TICKS);
    rng.split(`input/${i}`).fillNormal(input, 0, 20);
    return input;
  });
  const [a, b] = inputs as [Float64Array, Float64Array];
  const both = a.map((x, t) => x + b[t]!);
  let spikes = 0;
  let largestGate = 0;
  let largestChannelCurrent = 0;
  let nonlinearity = 0;
  let channelShare = 0;
  for (let unit = 0; unit < UNITS; unit++) {
    const rates = new Float64Array(6);
    rng.split(`rates/${unit}`).fillUniform(rates, 0, rateMax);
    const run = (input: Float64Array) => runPublished(input, dtMs, rates);
    const [zero, va, vb, vab] = [new Float64Array(TICKS), a, b, both].map(run) as ReturnType<typeof run>[];
    const leaky = runPublished(both, dtMs, new Float64Array(6));
    const largest = Math.max(...vab!.v.map(Math.abs));
    for (let t = 0; t < TICKS; t++) {
      spikes += zero!.v[t]! > threshold ? 1 : 0;
      const mixed = Math.abs(vab!.v[t]! - va!.v[t]! - vb!.v[t]! + zero!.v[t]!);
      nonlinearity = Math.max(nonlinearity, mixed / largest);
      channelShare = Math.max(channelShare, Math.abs(vab!.v[t]! - leaky.v[t]!) / largest);
    }
    largestGate = Math.max(largestGate, vab!.largestGate);
    largestChannelCurrent = Math.max(largestChannelCurrent, vab!.largestChannelCurrent);
  }
  return {
    zeroInputRate: spikes / (UNITS * TICKS),
    largestGate,
    largestChannelCurrent,
    nonlinearity,
    channelShare,
  };
}

/** One neuron as the paper's programs run it (equations: neurons/hh-published.ts); rates are alpha and beta of n, m, h. */
function runPublished(input: Float64Array, dt: number, rates: Float64Array) {
  const v = new Float64Array(input.length);
  let [voltage, n, m, h, largestGate, largestChannelCurrent] = [0, 0, 0, 0, 0, 0];
  const open = (x: number, gate: number) => x + dt * (rates[gate]! * (1 - x) - rates[gate + 1]! * x);
  for (let t = 0; t < input.length; t++) {
    const sodium = 120 * m ** 3 * h * (voltage - 115);
    const potassium = 36 * n ** 4 * (voltage + 12);
    largestChannelCurrent = Math.max(largestChannelCurrent, Math.abs(sodium), Math.abs(potassium));
    voltage += dt * (input[t]! - sodium - potassium - 0.3 * (voltage - 10.6));
    n = open(n, 0);
    m = open(m, 2);
    h = open(h, 4);
    largestGate = Math.max(largestGate, n, m, h);
    v[t] = voltage;
  }
  return { v, largestGate, largestChannelCurrent };
}
