/** A value and its derivative by one variable, in float64. */
interface Dual {
  readonly x: number;
  readonly d: number;
}

const number = (x: number): Dual => ({ x, d: 0 });
const add = (a: Dual, b: Dual): Dual => ({ x: a.x + b.x, d: a.d + b.d });
const sub = (a: Dual, b: Dual): Dual => ({ x: a.x - b.x, d: a.d - b.d });
const mul = (a: Dual, b: Dual): Dual => ({ x: a.x * b.x, d: a.d * b.x + a.x * b.d });
const div = (a: Dual, b: Dual): Dual => ({ x: a.x / b.x, d: (a.d - (a.x / b.x) * b.d) / b.x });
const scale = (a: Dual, k: number): Dual => ({ x: a.x * k, d: a.d * k });
const exp = (a: Dual): Dual => ({ x: Math.exp(a.x), d: Math.exp(a.x) * a.d });

/** x / (e^x - 1) and its derivative, by a series near the removable singularity. */
function bernoulli(a: Dual): Dual {
  const { x, d } = a;
  if (Math.abs(x) < 1e-3) return { x: 1 - x / 2 + (x * x) / 12, d: (-0.5 + x / 6) * d };
  const e = Math.expm1(x);
  return { x: x / e, d: ((e - x * (e + 1)) / (e * e)) * d };
}

const relax = (y: Dual, rest: Dual, time: Dual) => add(rest, mul(sub(y, rest), exp(scale(time, -1))));

export interface HhSettings {
  readonly dtMs: number;
  readonly substeps: number;
  readonly gain: number;
  readonly offset: number;
  readonly smoothMv: number;
  readonly thresholdMv: number;
  /** The surrogate derivative at a distance from the threshold. */
  surrogate(x: number): number;
}

/**
 * One neuron of `hh` from rest in float64, with the derivative of everything by the input of one tick: the equations of
 * neurons/hh.ts in staggered exponential Euler, by dual numbers.
 */
export function hhFloat64(settings: HhSettings, inputs: ArrayLike<number>, by: number) {
  const { dtMs, substeps, gain, offset, smoothMv, thresholdMv } = settings;
  let v = number(-65);
  let m = number(0.052932485257);
  let h = number(0.596120753508);
  let n = number(0.317676914061);
  const outputs: Dual[] = [];
  const states: number[][] = [];
  for (let t = 0; t < inputs.length; t++) {
    const current = { x: gain * inputs[t]! + offset, d: t === by ? gain : 0 };
    let crossings = number(0);
    for (let q = 0; q < substeps; q++) {
      const before = v;
      const gate = (x: Dual, alpha: Dual, beta: Dual) => {
        const rate = add(alpha, beta);
        return relax(x, div(alpha, rate), scale(rate, dtMs));
      };
      const u = add(v, number(65));
      const sigmoid = div(number(1), add(number(1), exp(scale(add(v, number(35)), -0.1))));
      m = gate(m, bernoulli(scale(add(v, number(40)), -0.1)), scale(exp(scale(u, -1 / 18)), 4));
      h = gate(h, scale(exp(scale(u, -1 / 20)), 0.07), sigmoid);
      n = gate(
        n,
        scale(bernoulli(scale(add(v, number(55)), -0.1)), 0.1),
        scale(exp(scale(u, -1 / 80)), 0.125),
      );
      const na = scale(mul(mul(mul(m, m), m), h), 120);
      const k = scale(mul(mul(n, n), mul(n, n)), 36);
      const total = add(add(na, k), number(0.3));
      const drive = add(add(scale(na, 50), scale(k, -77)), add(number(0.3 * -54.387), current));
      v = relax(v, div(drive, total), scale(total, dtMs));
      if (before.x <= thresholdMv) {
        const distance = v.x - thresholdMv;
        crossings = add(crossings, {
          x: distance > 0 ? 1 : 0,
          d: settings.surrogate(distance) * v.d,
        });
      }
    }
    const release =
      smoothMv > 0
        ? div(number(1), add(number(1), exp(scale(sub(v, number(thresholdMv)), -1 / smoothMv))))
        : crossings;
    outputs.push(release);
    states.push([v.x, m.x, h.x, n.x]);
  }
  return { outputs, states };
}
