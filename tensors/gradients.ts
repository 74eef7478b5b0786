import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";

// Gradients of the plain tfjs ops that losses and neuron definitions are written in. tfjs-core ships its own only as
// modules that plain Node cannot import, so those that are used stand here; an op that is missing makes tfjs say
// "gradient function not found for <op>", and one line adds it.

type Gradient = (dy: Tensor, saved: Tensor[], attrs: tf.NamedAttrMap) => Record<string, () => Tensor>;

/**
 * Sums `dy` down to `shape`: the adjoint of broadcasting. Always a tensor of its own: tfjs disposes of what it adds up, and
 * would take a gradient shared by two inputs away from the second.
 */
function unbroadcast(dy: Tensor, shape: number[]): Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape);
  return tf.reshape(axes.length === 0 ? dy : tf.sum(dy, axes), shape);
}

function binary(
  kernelName: string,
  a: (dy: Tensor, a: Tensor, b: Tensor) => Tensor,
  b: (dy: Tensor, a: Tensor, b: Tensor) => Tensor,
): void {
  register(kernelName, ["a", "b"], [], (dy, [x, y]) => ({
    a: () => unbroadcast(a(dy, x!, y!), x!.shape),
    b: () => unbroadcast(b(dy, x!, y!), y!.shape),
  }));
}

function unary(kernelName: string, dx: (dy: Tensor, x: Tensor) => Tensor): void {
  register(kernelName, ["x"], [], (dy, [x]) => ({ x: () => dx(dy, x!) }));
}

function register(
  kernelName: string,
  inputsToSave: string[],
  outputsToSave: boolean[],
  gradFunc: Gradient,
): void {
  tf.registerGradient({
    kernelName,
    inputsToSave,
    outputsToSave,
    gradFunc: (dy, saved, attrs) => gradFunc(dy as Tensor, saved, attrs),
  });
}

/** The gradients of an op with several outputs; tfjs hands one of a single output over bare. */
const allOf = (dy: unknown): Tensor[] => (Array.isArray(dy) ? dy : [dy as Tensor]);

/** The mask as 0 and 1. */
const number = (mask: Tensor) => tf.cast(mask, "float32");

/** Tells tfjs the gradients. Calling it again changes nothing. */
export function registerGradients(): void {
  if (tf.getGradient(tf.Add) !== undefined) return;
  binary(
    tf.Add,
    (dy) => dy,
    (dy) => dy,
  );
  binary(
    tf.Sub,
    (dy) => dy,
    (dy) => tf.neg(dy),
  );
  binary(
    tf.Multiply,
    (dy, _a, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  );
  binary(
    tf.RealDiv,
    (dy, _a, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  );
  binary(
    tf.SquaredDifference,
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(a, b))),
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(b, a))),
  );
  binary(
    tf.Minimum,
    (dy, a, b) => tf.mul(dy, number(tf.lessEqual(a, b))),
    (dy, a, b) => tf.mul(dy, number(tf.greater(a, b))),
  );
  binary(
    tf.Maximum,
    (dy, a, b) => tf.mul(dy, number(tf.greaterEqual(a, b))),
    (dy, a, b) => tf.mul(dy, number(tf.less(a, b))),
  );
  unary(tf.Neg, (dy) => tf.neg(dy));
  unary(tf.Square, (dy, x) => tf.mul(dy, tf.mul(2, x)));
  unary(tf.Log, (dy, x) => tf.div(dy, x));
  unary(tf.Expm1, (dy, x) => tf.mul(dy, tf.exp(x)));
  unary(tf.Relu, (dy, x) => tf.mul(dy, number(tf.greater(x, 0))));
  unary(tf.Abs, (dy, x) => tf.mul(dy, tf.sign(x)));
  unary(tf.Softplus, (dy, x) => tf.mul(dy, tf.sigmoid(x)));
  unary(tf.Reshape, (dy, x) => tf.reshape(dy, x.shape));
  unary(tf.Cast, (dy) => tf.clone(dy));
  unary(tf.Identity, (dy) => tf.clone(dy));
  // Comparisons are flat almost everywhere; masks made of them stand on the path from x to y all the same.
  for (const comparison of [tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual, tf.Equal]) {
    binary(
      comparison,
      (_dy, a) => tf.zeros(a.shape),
      (_dy, _a, b) => tf.zeros(b.shape),
    );
  }
  register(tf.Exp, [], [true], (dy, [y]) => ({ x: () => tf.mul(dy, y!) }));
  register(tf.Tanh, [], [true], (dy, [y]) => ({ x: () => tf.mul(dy, tf.sub(1, tf.square(y!))) }));
  register(tf.Sigmoid, [], [true], (dy, [y]) => ({ x: () => tf.mul(dy, tf.mul(y!, tf.sub(1, y!))) }));
  register(tf.Sqrt, [], [true], (dy, [y]) => ({ x: () => tf.div(dy, tf.mul(2, y!)) }));
  register(tf.ClipByValue, ["x"], [], (dy, [x], attrs) => {
    const { clipValueMin, clipValueMax } = attrs as unknown as { clipValueMin: number; clipValueMax: number };
    const inside = tf.logicalAnd(tf.greaterEqual(x!, clipValueMin), tf.lessEqual(x!, clipValueMax));
    return { x: () => tf.mul(dy, number(inside)) };
  });
  register(tf.Select, ["condition"], [], (dy, [condition]) => ({
    condition: () => tf.zerosLike(number(condition!)),
    t: () => tf.mul(dy, number(condition!)),
    e: () => tf.mul(dy, number(tf.logicalNot(condition!))),
  }));
  register(tf.Sum, ["x"], [], (dy, [x], attrs) => {
    const axes = tf.util.parseAxisParam((attrs as unknown as { axis: number[] }).axis, x!.shape);
    const kept = x!.shape.map((n, i) => (axes.includes(i) ? 1 : n));
    return { x: () => tf.mul(tf.reshape(dy, kept), tf.ones(x!.shape)) };
  });
  register(tf.Mean, ["x"], [], (dy, [x], attrs) => {
    const axes = tf.util.parseAxisParam((attrs as unknown as { axis: number[] }).axis, x!.shape);
    const kept = x!.shape.map((n, i) => (axes.includes(i) ? 1 : n));
    const count = axes.reduce((product, axis) => product * x!.shape[axis]!, 1);
    return { x: () => tf.mul(tf.reshape(dy, kept), tf.fill(x!.shape, 1 / count)) };
  });
  register(tf.BatchMatMul, ["a", "b"], [], (dy, [a, b], attrs) => {
    const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
    if (transposeA || transposeB)
      throw new Error("gradients: matMul with transposed arguments is not registered");
    return { a: () => tf.matMul(dy, b!, false, true), b: () => tf.matMul(a!, dy, true, false) };
  });
  register(tf.Slice, ["x"], [], (dy, [x], attrs) => {
    const { begin } = attrs as unknown as { begin: number | number[] };
    const starts = typeof begin === "number" ? [begin] : begin;
    const paddings = x!.shape.map(
      (n, i) => [starts[i] ?? 0, n - (starts[i] ?? 0) - dy.shape[i]!] as [number, number],
    );
    return { x: () => tf.pad(dy, paddings) };
  });
  register(tf.PadV2, ["x"], [], (dy, [x], attrs) => {
    const { paddings } = attrs as unknown as { paddings: [number, number][] };
    return {
      x: () =>
        tf.slice(
          dy,
          paddings.map(([before]) => before),
          x!.shape,
        ),
    };
  });
  register(tf.SplitV, [], [], (dy, _saved, attrs) => {
    const { axis } = attrs as unknown as { axis: number };
    return { x: () => tf.concat(allOf(dy), axis) };
  });
  register(tf.Unpack, ["value"], [], (dy, _saved, attrs) => {
    const { axis } = attrs as unknown as { axis: number };
    return { value: () => tf.stack(allOf(dy), axis) };
  });
  tf.registerGradient({
    kernelName: tf.Pack,
    saveAllInputs: true,
    gradFunc: (dy, _saved, attrs) => {
      const { axis } = attrs as unknown as { axis: number };
      const parts = tf.unstack(dy as Tensor, axis);
      return Object.fromEntries(parts.map((part, i) => [String(i), () => part]));
    },
  });
  tf.registerGradient({
    kernelName: tf.Concat,
    saveAllInputs: true,
    gradFunc: (dy, saved, attrs) => {
      const inputs = saved as Tensor[];
      const axis = tf.util.parseAxisParam((attrs as unknown as { axis: number }).axis, inputs[0]!.shape)[0]!;
      let begin = 0;
      // Each part is cut out only when it is asked for: most inputs of a concatenation are data.
      const parts = inputs.map((x, i): [string, () => Tensor] => {
        const start = x.shape.map((_, k) => (k === axis ? begin : 0));
        begin += x.shape[axis]!;
        return [String(i), () => tf.slice(dy as Tensor, start, x.shape)];
      });
      return Object.fromEntries(parts);
    },
  });
}
