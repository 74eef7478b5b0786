/**
 * A cart with two poles for the sample replay: frictionless, rods of length L with the mass m at half length, absolute
 * angles from upright. It stands in for an environment, so that the viewer can be tested without one.
 */
const gravity = 9.81;
const cartKg = 10.47;
const poleKg = 4.2;
const lengthM = 0.6;
const halfM = lengthM / 2;
const inertia = (poleKg * lengthM * lengthM) / 12;

/** x, theta1, theta2 and their rates, SI, angles absolute. */
export type Body = readonly [number, number, number, number, number, number];

/** d/dt of the state under a force on the cart: M(theta) acceleration = forces, Cramer's rule on the 3 x 3 system. */
function derivative(s: Body, forceN: number): Body {
  const [, a, b, vx, va, vb] = s;
  const ca = Math.cos(a);
  const cb = Math.cos(b);
  const cd = Math.cos(a - b);
  const sd = Math.sin(a - b);
  const first = poleKg * halfM + poleKg * lengthM;
  const second = poleKg * halfM;
  const cross = poleKg * lengthM * halfM;
  const m: number[][] = [
    [cartKg + 2 * poleKg, first * ca, second * cb],
    [first * ca, inertia + poleKg * halfM ** 2 + poleKg * lengthM ** 2, cross * cd],
    [second * cb, cross * cd, inertia + poleKg * halfM ** 2],
  ];
  const right = [
    forceN + first * va * va * Math.sin(a) + second * vb * vb * Math.sin(b),
    first * gravity * Math.sin(a) - cross * vb * vb * sd,
    second * gravity * Math.sin(b) + cross * va * va * sd,
  ];
  const whole = determinant(m);
  const solved = [0, 1, 2].map(
    (column) =>
      determinant(m.map((row, i) => row.map((value, j) => (j === column ? right[i]! : value)))) / whole,
  );
  return [vx, va, vb, solved[0]!, solved[1]!, solved[2]!];
}

function determinant(m: number[][]): number {
  const [p, q, r] = m as [number[], number[], number[]];
  return (
    p[0]! * (q[1]! * r[2]! - q[2]! * r[1]!) -
    p[1]! * (q[0]! * r[2]! - q[2]! * r[0]!) +
    p[2]! * (q[0]! * r[1]! - q[1]! * r[0]!)
  );
}

/** One step of `seconds` under a constant force, in ten steps of RK4. */
export function moveBody(start: Body, forceN: number, seconds: number): Body {
  const h = seconds / 10;
  let s = start;
  const along = (d: Body, scale: number) => s.map((x, i) => x + scale * d[i]!) as unknown as Body;
  for (let i = 0; i < 10; i++) {
    const k1 = derivative(s, forceN);
    const k2 = derivative(along(k1, h / 2), forceN);
    const k3 = derivative(along(k2, h / 2), forceN);
    const k4 = derivative(along(k3, h), forceN);
    s = s.map((x, j) => x + (h / 6) * (k1[j]! + 2 * k2[j]! + 2 * k3[j]! + k4[j]!)) as unknown as Body;
  }
  return s;
}

/** State feedback (N per unit of state) that balances it: Riccati iteration on the linearised step. */
export function balancingGains(seconds: number): number[] {
  const n = 6;
  const rest: Body = [0, 0, 0, 0, 0, 0];
  const delta = 1e-5;
  const a = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let j = 0; j < n; j++) {
    const moved = moveBody(rest.map((x, i) => (i === j ? x + delta : x)) as unknown as Body, 0, seconds);
    for (let i = 0; i < n; i++) a[i]![j] = moved[i]! / delta;
  }
  const b = moveBody(rest, delta, seconds).map((x) => x / delta);
  const cost = [4, 20, 20, 0.2, 0.2, 0.2];
  let p = a.map((row, i) => row.map((_, j) => (i === j ? cost[i]! : 0)));
  let gains: number[] = [];
  for (let sweep = 0; sweep < 600; sweep++) {
    const pa = p.map((row) => a[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * a[k]![j]!, 0)));
    const pb = p.map((row) => row.reduce((sum, x, k) => sum + x * b[k]!, 0));
    const scale = 2e-4 + b.reduce((sum, x, k) => sum + x * pb[k]!, 0);
    gains = a[0]!.map((_, j) => b.reduce((sum, x, k) => sum + x * pa[k]![j]!, 0) / scale);
    const apb = a[0]!.map((_, i) => a.reduce((sum, row, k) => sum + row[i]! * pb[k]!, 0));
    p = a.map((row, i) =>
      row.map((_, j) => {
        const apa = a.reduce((sum, ak, k) => sum + ak[i]! * pa[k]![j]!, 0);
        return (i === j ? cost[i]! : 0) + apa - apb[i]! * gains[j]!;
      }),
    );
  }
  return gains;
}

export const poleLengthM = lengthM;
