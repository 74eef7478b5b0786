import { SpikegymError } from "../../core/errors.ts";
import type { RecordedCall, RecordedGraph, RecordedValue } from "./graph-recorder.ts";
import {
  type OnnxAttributes,
  type OnnxConstant,
  type OnnxGraph,
  type OnnxNode,
  type OnnxType,
  type OnnxValue,
  typeCode,
} from "./onnx-model.ts";

/** tfjs kernels that are one ONNX operator with the same operands. */
const SAME: Readonly<Record<string, string>> = {
  Add: "Add",
  Sub: "Sub",
  Multiply: "Mul",
  RealDiv: "Div",
  Maximum: "Max",
  Minimum: "Min",
  Pow: "Pow",
  Exp: "Exp",
  Log: "Log",
  Softplus: "Softplus",
  Tanh: "Tanh",
  Relu: "Relu",
  Abs: "Abs",
  Neg: "Neg",
  Sqrt: "Sqrt",
  Floor: "Floor",
  Sin: "Sin",
  Cos: "Cos",
  Greater: "Greater",
  GreaterEqual: "GreaterOrEqual",
  Less: "Less",
  LessEqual: "LessOrEqual",
  Equal: "Equal",
  LogicalAnd: "And",
  LogicalOr: "Or",
  LogicalNot: "Not",
  Select: "Where",
  Identity: "Identity",
};

const REDUCTIONS: Readonly<Record<string, string>> = {
  Sum: "ReduceSum",
  Mean: "ReduceMean",
  Max: "ReduceMax",
  Min: "ReduceMin",
  Prod: "ReduceProd",
};

/** Kernels whose result has its operand's values in another shape. */
const RESHAPES = new Set(["Reshape", "ExpandDims", "Squeeze"]);

/** The kernels that can be written as ONNX operators. */
export const exportableKernels: readonly string[] = [
  ...Object.keys(SAME),
  ...Object.keys(REDUCTIONS),
  ...RESHAPES,
  ...[
    "Square",
    "Expm1",
    "Sigmoid",
    "Step",
    "Cast",
    "ZerosLike",
    "OnesLike",
    "Slice",
    "Concat",
    "Pack",
    "Unpack",
  ],
  ...["Transpose", "SplitV", "ArgMax", "BatchMatMul", "Tile", "ClipByValue"],
];

/** Names and parts of the ONNX graph that a recording turns into. */
class Translation {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  readonly #names = new Map<number, string>();
  #fresh = 0;

  name(value: RecordedValue): string {
    const known = this.#names.get(value.id);
    if (known !== undefined) return known;
    const name = `v${value.id}`;
    this.#names.set(value.id, name);
    if (value.constant !== undefined) this.constants.push(constantOf(name, value));
    return name;
  }

  alias(value: RecordedValue, name: string): void {
    this.#names.set(value.id, name);
  }

  temporary(): string {
    return `t${this.#fresh++}`;
  }

  /** A constant of integers, as shapes and axes are handed to operators. */
  integers(values: readonly number[]): string {
    const name = this.temporary();
    this.constants.push({ name, type: "int64", shape: [values.length], values });
    return name;
  }

  scalar(value: number): string {
    const name = this.temporary();
    this.constants.push({ name, type: "float", shape: [], values: Float32Array.of(value) });
    return name;
  }

  node(operator: string, inputs: readonly string[], outputs: readonly string[], attributes?: OnnxAttributes) {
    this.nodes.push({ operator, inputs, outputs, ...(attributes === undefined ? {} : { attributes }) });
  }
}

/**
 * A recorded computation as an ONNX graph.
 *
 * @throws SpikegymError naming the op that the translation does not know
 */
export function toOnnx(
  recorded: RecordedGraph,
  about: Pick<OnnxGraph, "name" | "description" | "metadata">,
): OnnxGraph {
  const translation = new Translation();
  const inputs = Object.entries(recorded.inputs).map(([name, value]): OnnxValue => {
    translation.alias(value, name);
    return { name, type: typeOf(value), shape: value.shape };
  });
  for (const call of recorded.calls) translate(translation, call, about.name);
  const outputs = Object.entries(recorded.outputs).map(([name, value]): OnnxValue => {
    translation.node("Identity", [translation.name(value)], [name]);
    return { name, type: typeOf(value), shape: value.shape };
  });
  return { ...about, inputs, outputs, constants: translation.constants, nodes: translation.nodes };
}

function translate(t: Translation, call: RecordedCall, graph: string): void {
  const { kernel, attributes } = call;
  const operands = Object.values(call.inputs).map((value) => t.name(value));
  const results = call.outputs.map((value) => t.name(value));
  const [x, result] = [operands[0]!, results[0]!];
  const first = Object.values(call.inputs)[0]!;
  const output = call.outputs[0]!;
  if (SAME[kernel] !== undefined) {
    t.node(SAME[kernel], operands, results);
    return;
  }
  if (REDUCTIONS[kernel] !== undefined) {
    reduce(t, REDUCTIONS[kernel], call, x, result);
    return;
  }
  if (RESHAPES.has(kernel)) {
    t.node("Reshape", [x, t.integers(output.shape)], results);
    return;
  }
  switch (kernel) {
    case "Square":
      t.node("Mul", [x, x], results);
      return;
    case "Expm1": {
      const exponential = t.temporary();
      t.node("Exp", [x], [exponential]);
      t.node("Sub", [exponential, t.scalar(1)], results);
      return;
    }
    case "Sigmoid": {
      // Not the operator of that name: runtimes approximate it to some 1e-7 of 1, too coarse where it is small.
      const [negative, exponential, sum] = [t.temporary(), t.temporary(), t.temporary()];
      t.node("Neg", [x], [negative]);
      t.node("Exp", [negative], [exponential]);
      t.node("Add", [exponential, t.scalar(1)], [sum]);
      t.node("Div", [t.scalar(1), sum], results);
      return;
    }
    case "SplitV": {
      const sizes = attributes.numOrSizeSplits as number | number[];
      const axis = ((attributes.axis as number) + first.shape.length) % first.shape.length;
      const lengths = Array.isArray(sizes) ? sizes : results.map(() => first.shape[axis]! / sizes);
      t.node("Split", [x, t.integers(lengths)], results, { axis });
      return;
    }
    case "ArgMax":
      t.node("ArgMax", [x], results, { axis: attributes.axis as number, keepdims: 0 });
      return;
    case "Step": {
      const positive = t.temporary();
      t.node("Greater", [x, t.scalar(0)], [positive]);
      t.node("Cast", [positive], results, { to: typeCode("float") });
      return;
    }
    case "Cast":
      t.node("Cast", [x], results, { to: typeCode(typeOf(output)) });
      return;
    case "ZerosLike":
      t.node("Mul", [x, t.scalar(0)], results);
      return;
    case "OnesLike": {
      const zeros = t.temporary();
      t.node("Mul", [x, t.scalar(0)], [zeros]);
      t.node("Add", [zeros, t.scalar(1)], results);
      return;
    }
    case "Slice": {
      const begin = attributes.begin as number[];
      const size = attributes.size as number[];
      const ends = begin.map((b, axis) => (size[axis] === -1 ? first.shape[axis]! : b + size[axis]!));
      t.node("Slice", [x, t.integers(begin), t.integers(ends)], results);
      return;
    }
    case "Concat":
      t.node("Concat", operands, results, { axis: attributes.axis as number });
      return;
    case "Pack": {
      const axes = t.integers([attributes.axis as number]);
      const parts = operands.map((operand) => {
        const part = t.temporary();
        t.node("Unsqueeze", [operand, axes], [part]);
        return part;
      });
      t.node("Concat", parts, results, { axis: attributes.axis as number });
      return;
    }
    case "Unpack": {
      const axis = attributes.axis as number;
      results.forEach((name, i) => {
        const slice = t.temporary();
        const bounds = [t.integers([i]), t.integers([i + 1]), t.integers([axis])];
        t.node("Slice", [x, ...bounds], [slice]);
        t.node("Squeeze", [slice, t.integers([axis])], [name]);
      });
      return;
    }
    case "Transpose":
      t.node("Transpose", [x], results, { perm: attributes.perm as number[] });
      return;
    case "BatchMatMul": {
      const swapped = (name: string, value: RecordedValue, swap: unknown) => {
        if (swap !== true) return name;
        const rank = value.shape.length;
        const perm = value.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
        const out = t.temporary();
        t.node("Transpose", [name], [out], { perm });
        return out;
      };
      const [a, b] = Object.values(call.inputs) as [RecordedValue, RecordedValue];
      t.node(
        "MatMul",
        [swapped(x, a, attributes.transposeA), swapped(operands[1]!, b, attributes.transposeB)],
        results,
      );
      return;
    }
    case "Tile":
      t.node("Tile", [x, t.integers(attributes.reps as number[])], results);
      return;
    case "ClipByValue": {
      const bounds = [
        t.scalar(attributes.clipValueMin as number),
        t.scalar(attributes.clipValueMax as number),
      ];
      t.node("Clip", [x, ...bounds], results);
      return;
    }
    default:
      throw new SpikegymError(
        `export of ${graph}: the op "${kernel}" is none of those that can be written as ONNX (${exportableKernels.join(", ")}); export to safetensors instead, or add it to training/export/onnx-operators.ts`,
      );
  }
}

function reduce(t: Translation, operator: string, call: RecordedCall, x: string, result: string): void {
  // tfjs' name for the axes of Max is its own.
  const { axis, reductionIndices } = call.attributes as { axis?: unknown; reductionIndices?: unknown };
  const given = axis ?? reductionIndices;
  const rank = Object.values(call.inputs)[0]!.shape.length;
  const listed = given === undefined || given === null ? [...Array(rank).keys()] : [given].flat();
  const axes = (listed as number[]).map((a) => (a < 0 ? a + rank : a));
  // ReduceSum takes its axes as an operand in this operator set, the others as an attribute.
  const keepdims = call.outputs[0]!.shape.length === rank ? 1 : 0;
  if (operator === "ReduceSum") t.node(operator, [x, t.integers(axes)], [result], { keepdims });
  else t.node(operator, [x], [result], { axes, keepdims });
}

function typeOf({ dtype }: RecordedValue): OnnxType {
  return dtype === "bool" ? "bool" : dtype === "int32" ? "int64" : "float";
}

function constantOf(name: string, value: RecordedValue): OnnxConstant {
  const { constant, shape } = value;
  const values = constant instanceof Int32Array ? [...constant] : constant!;
  return { name, type: typeOf(value), shape, values };
}
