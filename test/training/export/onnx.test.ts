import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import * as ort from "onnxruntime-web";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../../core/rng.ts";
import { useKernels } from "../../../kernels/load.ts";
import { recordGraph } from "../../../training/export/graph-recorder.ts";
import { encodeOnnx } from "../../../training/export/onnx-model.ts";
import { exportableKernels, toOnnx } from "../../../training/export/onnx-operators.ts";

beforeAll(async () => {
  await useKernels();
  // Threads would need cross-origin isolation and buy nothing on graphs this small.
  ort.env.wasm.numThreads = 1;
});

type Compute = (x: Tensor, y: Tensor) => Tensor;

const about = { name: "test", description: "a graph of the tests", metadata: {} };

/** What ONNX Runtime makes of the exported graph, and tfjs of the definition, for x and y [3, 4]. */
async function both(compute: Compute): Promise<{ exported: number[]; defined: number[] }> {
  const rng = new Rng(11);
  const values = [new Float32Array(12), new Float32Array(12)];
  for (const array of values) rng.fillNormal(array);
  const shapes = { x: [3, 4], y: [3, 4] };
  const graph = recordGraph(shapes, ({ x, y }) => ({ z: tf.cast(compute(x!, y!), "float32") }));
  const session = await ort.InferenceSession.create(
    encodeOnnx(toOnnx(graph, about), { name: "spikegym", version: "0" }),
  );
  const [x, y] = values.map((array) => new ort.Tensor("float32", array, [3, 4])) as [ort.Tensor, ort.Tensor];
  const { z } = await session.run({ x, y });
  const defined = tf.tidy(() => [
    ...tf
      .cast(compute(tf.tensor2d(values[0]!, [3, 4]), tf.tensor2d(values[1]!, [3, 4])), "float32")
      .dataSync(),
  ]);
  return { exported: [...(z!.data as Float32Array)], defined };
}

const cases: readonly [string, Compute][] = [
  ["Add, Sub and Multiply", (x, y) => tf.mul(tf.add(x, 1.5), tf.sub(y, x))],
  ["RealDiv", (x, y) => tf.div(x, tf.add(tf.abs(y), 1))],
  ["Maximum and Minimum", (x, y) => tf.maximum(x, tf.minimum(y, 0.2))],
  ["Pow", (x, y) => tf.pow(tf.abs(x), tf.abs(y))],
  ["Exp and Log", (x, y) => tf.log(tf.add(tf.exp(x), tf.square(y)))],
  ["Expm1", (x) => tf.expm1(x)],
  ["Sigmoid, Softplus and Tanh", (x, y) => tf.add(tf.sigmoid(x), tf.mul(tf.softplus(y), tf.tanh(x)))],
  ["Relu, Neg and Abs", (x, y) => tf.add(tf.relu(tf.neg(x)), tf.abs(y))],
  ["Sqrt, Floor, Sin and Cos", (x, y) => tf.add(tf.floor(tf.sqrt(tf.abs(x))), tf.mul(tf.sin(y), tf.cos(x)))],
  [
    "comparisons",
    (x, y) => tf.add(tf.cast(tf.less(x, y), "float32"), tf.cast(tf.greaterEqual(x, 0), "float32")),
  ],
  [
    "logic",
    (x, y) =>
      tf.logicalOr(tf.logicalNot(tf.lessEqual(x, y)), tf.logicalAnd(tf.greater(x, 0), tf.equal(y, y))),
  ],
  ["Select", (x, y) => tf.where(tf.greater(x, 0), x, tf.mul(y, 2))],
  ["Step", (x) => tf.step(x)],
  ["zerosLike and onesLike", (x, y) => tf.add(tf.zerosLike(x), tf.mul(tf.onesLike(y), y))],
  ["reductions", (x, y) => tf.concat([tf.sum(x, 0), tf.mean(y, 0), tf.max(x, 0), tf.min(y, -2)])],
  ["a reduction that keeps its axis", (x, y) => tf.mul(tf.sum(x, 1, true), tf.prod(y, 1, true))],
  ["a reduction of everything", (x) => tf.sum(x)],
  ["Reshape, ExpandDims and Squeeze", (x) => tf.squeeze(tf.expandDims(tf.reshape(x, [2, 6]), 0), [0])],
  ["Slice", (x) => tf.slice(x, [1, 1], [-1, 2])],
  ["Concat", (x, y) => tf.concat([x, y], 1)],
  ["Pack and Unpack", (x, y) => tf.stack([...tf.unstack(x), ...tf.unstack(y)].reverse(), 1)],
  ["Transpose", (x) => tf.transpose(x)],
  ["BatchMatMul", (x, y) => tf.matMul(tf.reshape(x, [4, 3]) as tf.Tensor2D, y as tf.Tensor2D)],
  ["BatchMatMul with transposed operands", (x, y) => tf.matMul(x, y, true, false)],
  ["BatchMatMul, the second transposed", (x, y) => tf.matMul(x, y, false, true)],
  ["SplitV", (x) => tf.concat(tf.split(x, 2, -1).reverse(), 0)],
  ["SplitV in parts of given sizes", (x) => tf.concat(tf.split(x, [1, 3], 1).reverse(), 1)],
  ["ArgMax", (x) => tf.argMax(x, 1)],
  ["Tile", (x) => tf.tile(x, [2, 1])],
  ["ClipByValue", (x) => tf.clipByValue(x, -0.5, 0.25)],
  ["Identity", (x) => tf.clone(x)],
];

describe("a recorded computation as ONNX", () => {
  it.each(cases)("%s: ONNX Runtime computes what tfjs computes", async (_, compute) => {
    const { exported, defined } = await both(compute);
    expect(exported).toHaveLength(defined.length);
    exported.forEach((value, i) => {
      expect(value).toBeCloseTo(defined[i]!, 5);
    });
  });

  it("what hangs on no input becomes a constant, not a node", () => {
    const graph = recordGraph({ x: [2] }, ({ x }) => ({ y: tf.add(x!, tf.exp(tf.mul([1, 2], 3))) }));
    expect(graph.calls.map((call) => call.kernel)).toEqual(["Add"]);
  });

  it("leaves tfjs' backend and tensors as they were", () => {
    const before = [tf.getBackend(), tf.memory().numTensors];
    recordGraph({ x: [2, 2] }, ({ x }) => ({ y: tf.softplus(x!) }));
    expect([tf.getBackend(), tf.memory().numTensors]).toEqual(before);
  });

  it("an op that ONNX is not taught is refused by its name, with a way out", () => {
    const graph = recordGraph({ x: [2, 2] }, ({ x }) => ({ y: tf.cumsum(x!) }));
    expect(() => toOnnx(graph, about)).toThrow(/"Cumsum".*safetensors/s);
    expect(exportableKernels).not.toContain("Cumsum");
  });
});
