import type { Scalar, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import { ShapeError } from "../core/errors.ts";
import { SmallOp, type View } from "./plain-op.ts";

// What losses of actors and critics are made of, each one op (plain-op.ts says why).

const columns = new SmallOp({
  name: "SpikegymBeside",
  inputs: ["a", "b"],
  shape: ({ a, b }) => [a.shape[0]!, a.shape[1]! + b.shape[1]!],
  forward({ a, b }, out) {
    const [rows, n] = a.shape as [number, number];
    const m = b.shape[1]!;
    let to = out.at;
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < n; i++) out.values[to++] = a.values[a.at + r * n + i]!;
      for (let i = 0; i < m; i++) out.values[to++] = b.values[b.at + r * m + i]!;
    }
  },
  gradient: {
    a(dy, { a, b }, out) {
      columnsOf(dy, 0, a.shape as [number, number], b.shape[1]!, out);
    },
    b(dy, { a, b }, out) {
      columnsOf(dy, a.shape[1]!, b.shape as [number, number], a.shape[1]!, out);
    },
  },
});

/** Columns `from` .. `from + n` of rows that have `rest` columns more. */
function columnsOf(x: View, from: number, [rows, n]: readonly [number, number], rest: number, out: View) {
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < n; i++) {
      out.values[out.at + r * n + i] = x.values[x.at + r * (n + rest) + from + i]!;
    }
  }
}

/** Columns side by side: a [rows, n] and b [rows, m] to [rows, n + m]. */
export function beside(a: Tensor2D, b: Tensor2D): Tensor2D {
  if (a.shape[0] !== b.shape[0]) throw new ShapeError("beside: b", b.shape, `[${a.shape[0]}, columns]`);
  return columns.run({ a, b }) as Tensor2D;
}

const minimum = new SmallOp({
  name: "SpikegymSmallestMember",
  inputs: ["values"],
  shape: ({ values }) => values.shape.slice(1),
  forward({ values: { values, at, shape } }, out) {
    const [members, rows, n] = shape as [number, number, number];
    const size = rows * n;
    for (let i = 0; i < size; i++) {
      let least = values[at + i]!;
      for (let e = 1; e < members; e++) least = Math.min(least, values[at + e * size + i]!);
      out.values[out.at + i] = least;
    }
  },
  gradient: {
    values(dy, { values: { values, at, shape } }, out) {
      const [members, rows, n] = shape as [number, number, number];
      const size = rows * n;
      for (let i = 0; i < size; i++) {
        let smallest = 0;
        for (let e = 1; e < members; e++) {
          if (values[at + e * size + i]! < values[at + smallest * size + i]!) smallest = e;
        }
        for (let e = 0; e < members; e++) {
          out.values[out.at + e * size + i] = e === smallest ? dy.values[dy.at + i]! : 0;
        }
      }
    },
  },
});

/** The smallest of all members' values [members, rows, n], to [rows, n]; the gradient goes to the first of equal ones. */
export function smallestMember(values: Tensor3D): Tensor2D {
  return minimum.run({ values }) as Tensor2D;
}

const squares = new SmallOp({
  name: "SpikegymSquaredErrors",
  inputs: ["values", "target"],
  shape: () => [],
  forward({ values: { values, at, shape }, target }, out) {
    const [members, rows] = shape as [number, number];
    let sum = 0;
    for (let i = 0; i < members * rows; i++) {
      sum += (values[at + i]! - target.values[target.at + (i % rows)]!) ** 2;
    }
    out.values[out.at] = sum / rows;
  },
  gradient: {
    values(dy, { values: { values, at, shape }, target }, out) {
      const [members, rows] = shape as [number, number];
      const share = (2 * dy.values[dy.at]!) / rows;
      for (let i = 0; i < members * rows; i++) {
        out.values[out.at + i] = share * (values[at + i]! - target.values[target.at + (i % rows)]!);
      }
    },
  },
});

/** Sum over the members of the mean over the rows of (values - target)^2; values [members, rows, 1], target [rows]. */
export function squaredErrors(values: Tensor3D, target: Tensor2D): Scalar {
  const [members, rows, n] = values.shape;
  if (n !== 1 || target.size !== rows) {
    throw new ShapeError("squaredErrors: values", values.shape, `[${members}, ${target.size}, 1]`);
  }
  return squares.run({ values, target }) as Scalar;
}

const meanOfTwo = new SmallOp({
  name: "SpikegymWeightedMean",
  inputs: ["a", "b"],
  shape: () => [],
  forward({ a, b }, out, { weightA, weightB }) {
    const n = sizeOf(a);
    let sum = 0;
    for (let i = 0; i < n; i++) sum += weightA! * a.values[a.at + i]! + weightB! * b.values[b.at + i]!;
    out.values[out.at] = sum / n;
  },
  gradient: {
    a: (dy, { a }, out, { weightA }) => spreadMean(dy, weightA!, sizeOf(a), out),
    b: (dy, { b }, out, { weightB }) => spreadMean(dy, weightB!, sizeOf(b), out),
  },
});

function sizeOf({ shape }: View): number {
  return shape.reduce((product, n) => product * n, 1);
}

function spreadMean(dy: View, weight: number, n: number, out: View): void {
  const share = (weight * dy.values[dy.at]!) / n;
  for (let i = 0; i < n; i++) out.values[out.at + i] = share;
}

/** Mean of weightA a + weightB b, of the same shape. */
export function weightedMean(weightA: number, a: Tensor2D, weightB: number, b: Tensor2D): Scalar {
  if (a.shape.join() !== b.shape.join())
    throw new ShapeError("weightedMean: b", b.shape, `[${a.shape.join(", ")}]`);
  return meanOfTwo.run({ a, b }, { weightA, weightB }) as Scalar;
}

/** For load.ts. */
export const lossOps = [columns, minimum, squares, meanOfTwo] as const;
