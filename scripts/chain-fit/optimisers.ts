import type { Rng } from "../../core/rng.ts";

export interface Found {
  readonly x: Float64Array;
  readonly loss: number;
}

type Loss = (x: Float64Array) => number;

/** Adam on forward differences, the rate falling to nothing over the last third. */
export function descend(loss: Loss, start: Float64Array, steps: number, rate: number): Found {
  const x = start.slice();
  const n = x.length;
  const mean = new Float64Array(n);
  const square = new Float64Array(n);
  const gradient = new Float64Array(n);
  for (let t = 1; t <= steps; t++) {
    const here = loss(x);
    let norm = 0;
    for (let i = 0; i < n; i++) {
      const kept = x[i]!;
      x[i] = kept + 1e-5;
      gradient[i] = (loss(x) - here) / 1e-5;
      x[i] = kept;
      norm += gradient[i]! ** 2;
    }
    const clip = Math.min(1, 50 / Math.sqrt(norm));
    const now = rate * Math.min(1, (3 * (steps - t)) / steps + 0.01);
    for (let i = 0; i < n; i++) {
      const g = clip * gradient[i]!;
      mean[i] = 0.9 * mean[i]! + 0.1 * g;
      square[i] = 0.99 * square[i]! + 0.01 * g * g;
      const [m, s] = [mean[i]! / (1 - 0.9 ** t), square[i]! / (1 - 0.99 ** t)];
      x[i]! -= (now * m) / (Math.sqrt(s) + 1e-8);
    }
  }
  return { x, loss: loss(x) };
}

/**
 * Evolution with covariance matrix adaptation (Hansen, arXiv:1604.00772), for losses that are steps: a population drawn
 * from a normal distribution whose mean, size and shape follow its better half. The path of the size uses the drawn
 * normal numbers themselves, so that no matrix has to be inverted.
 *
 * @param spread standard deviation of the first population
 */
export function evolve(
  loss: Loss,
  start: Float64Array,
  spread: number,
  settings: { readonly population: number; readonly generations: number },
  rng: Rng,
): Found {
  const n = start.length;
  const { population, generations } = settings;
  const half = population >> 1;
  const raw = Array.from({ length: half }, (_, i) => Math.log((population + 1) / 2) - Math.log(i + 1));
  const total = raw.reduce((sum, w) => sum + w, 0);
  const weights = raw.map((w) => w / total);
  const effective = 1 / weights.reduce((sum, w) => sum + w * w, 0);
  const cc = (4 + effective / n) / (n + 4 + (2 * effective) / n);
  const cs = (effective + 2) / (n + effective + 5);
  const c1 = 2 / ((n + 1.3) ** 2 + effective);
  const cmu = Math.min(1 - c1, (2 * (effective - 2 + 1 / effective)) / ((n + 2) ** 2 + effective));
  const damping = 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + cs;
  const expected = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  const mean = start.slice();
  const shapePath = new Float64Array(n);
  const sizePath = new Float64Array(n);
  const shape = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: n }, (_, j) => Number(i === j)),
  );
  let best: Found = { x: start.slice(), loss: loss(start) };
  let bestAt = 0;
  for (let generation = 0; generation < generations; generation++) {
    const root = cholesky(shape);
    const drawn = Array.from({ length: population }, () => {
      const z = new Float64Array(n);
      rng.fillNormal(z);
      const y = multiplyLower(root, z);
      const x = mean.map((m, i) => m + spread * y[i]!);
      return { x, y, z, loss: loss(x) };
    });
    drawn.sort((a, b) => a.loss - b.loss);
    if (drawn[0]!.loss < best.loss) {
      best = { x: drawn[0]!.x, loss: drawn[0]!.loss };
      bestAt = generation;
    }
    const step = weightedMean(
      drawn.map(({ y }) => y),
      weights,
    );
    const whiteStep = weightedMean(
      drawn.map(({ z }) => z),
      weights,
    );
    let length = 0;
    for (let i = 0; i < n; i++) {
      mean[i]! += spread * step[i]!;
      sizePath[i] = (1 - cs) * sizePath[i]! + Math.sqrt(cs * (2 - cs) * effective) * whiteStep[i]!;
      length += sizePath[i]! ** 2;
    }
    length = Math.sqrt(length);
    const moves = length / Math.sqrt(1 - (1 - cs) ** (2 * (generation + 1))) < (1.4 + 2 / (n + 1)) * expected;
    for (let i = 0; i < n; i++) {
      shapePath[i] = (1 - cc) * shapePath[i]! + (moves ? Math.sqrt(cc * (2 - cc) * effective) * step[i]! : 0);
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let rank = 0;
        for (let k = 0; k < half; k++) rank += weights[k]! * drawn[k]!.y[i]! * drawn[k]!.y[j]!;
        const old = shape[i]![j]!;
        const one = shapePath[i]! * shapePath[j]! + (moves ? 0 : cc * (2 - cc) * old);
        shape[i]![j] = (1 - c1 - cmu) * old + c1 * one + cmu * rank;
        shape[j]![i] = shape[i]![j]!;
      }
    }
    spread *= Math.exp(Math.min(1, (cs / damping) * (length / expected - 1)));
    if (spread < 1e-4 || generation - bestAt > 150) break;
  }
  return best;
}

function weightedMean(vectors: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  weights.forEach((weight, k) => {
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * vectors[k]![i]!;
  });
  return sum;
}

/** L with L L^T = matrix. */
function cholesky(matrix: readonly Float64Array[]): Float64Array[] {
  const root = matrix.map((row) => new Float64Array(row.length));
  for (let i = 0; i < matrix.length; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i]![j]!;
      for (let k = 0; k < j; k++) sum -= root[i]![k]! * root[j]![k]!;
      root[i]![j] = i === j ? Math.sqrt(Math.max(sum, 1e-14)) : sum / root[j]![j]!;
    }
  }
  return root;
}

function multiplyLower(lower: readonly Float64Array[], z: Float64Array): Float64Array {
  return Float64Array.from(lower, (row, i) => {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += row[j]! * z[j]!;
    return sum;
  });
}
