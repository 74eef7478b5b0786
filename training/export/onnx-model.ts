import protobuf from "protobufjs/minimal.js";

/** Numbers an ONNX graph can hold, by the names of the format's TensorProto.DataType. */
export type OnnxType = "float" | "bool" | "int64";

/** The format's codes of these types. */
const TYPE_CODES: Record<OnnxType, number> = { float: 1, int64: 7, bool: 9 };

/** A named input or output of the graph. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
}

/** A constant of the graph; `int64` values as plain integers. */
export interface OnnxConstant extends OnnxValue {
  readonly values: Float32Array | Uint8Array | readonly number[];
}

/** An attribute is an integer, a list of integers, or a type to cast to. */
export type OnnxAttributes = Readonly<Record<string, number | readonly number[]>>;

/** One operator, its operands and results by name. */
export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: OnnxAttributes;
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly OnnxConstant[];
  readonly nodes: readonly OnnxNode[];
  /** What the model is and how its inputs and outputs are meant, in words. */
  readonly description: string;
  /** Free facts, kept in the model's metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The operators are used as version 17 of the standard set defines them; every runtime since 2022 has it. */
const OPERATOR_SET = 17;
const IR_VERSION = 8;

/** The code of a type, for the attribute `to` of Cast. */
export function typeCode(type: OnnxType): number {
  return TYPE_CODES[type];
}

/**
 * The bytes of an `.onnx` file (https://onnx.ai/onnx/repo-docs/IR.html): a ModelProto in protocol buffers. Field numbers
 * are those of the standard's `onnx.proto3`.
 */
export function encodeOnnx(graph: OnnxGraph, producer: { name: string; version: string }): Uint8Array {
  const model = protobuf.Writer.create();
  model.uint32(tag(1, VARINT)).int64(IR_VERSION);
  model.uint32(tag(2, BYTES)).string(producer.name);
  model.uint32(tag(3, BYTES)).string(producer.version);
  model.uint32(tag(6, BYTES)).string(graph.description);
  model.uint32(tag(7, BYTES)).bytes(encodeGraph(graph));
  model.uint32(tag(8, BYTES)).fork().uint32(tag(2, VARINT)).int64(OPERATOR_SET).ldelim();
  for (const [key, value] of Object.entries(graph.metadata)) {
    model.uint32(tag(14, BYTES)).fork();
    model.uint32(tag(1, BYTES)).string(key).uint32(tag(2, BYTES)).string(value).ldelim();
  }
  return model.finish();
}

const VARINT = 0;
const BYTES = 2;

const tag = (field: number, wire: number) => (field << 3) | wire;

function encodeGraph(graph: OnnxGraph): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const node of graph.nodes) writer.uint32(tag(1, BYTES)).bytes(encodeNode(node));
  writer.uint32(tag(2, BYTES)).string(graph.name);
  for (const constant of graph.constants) writer.uint32(tag(5, BYTES)).bytes(encodeConstant(constant));
  for (const input of graph.inputs) writer.uint32(tag(11, BYTES)).bytes(encodeValue(input));
  for (const output of graph.outputs) writer.uint32(tag(12, BYTES)).bytes(encodeValue(output));
  return writer.finish();
}

function encodeNode({ operator, inputs, outputs, attributes = {} }: OnnxNode): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const name of inputs) writer.uint32(tag(1, BYTES)).string(name);
  for (const name of outputs) writer.uint32(tag(2, BYTES)).string(name);
  writer.uint32(tag(4, BYTES)).string(operator);
  for (const [name, value] of Object.entries(attributes)) {
    writer.uint32(tag(5, BYTES)).fork().uint32(tag(1, BYTES)).string(name);
    if (typeof value === "number") {
      writer.uint32(tag(3, VARINT)).int64(value).uint32(tag(20, VARINT)).int32(2);
    } else {
      for (const number of value) writer.uint32(tag(8, VARINT)).int64(number);
      writer.uint32(tag(20, VARINT)).int32(7);
    }
    writer.ldelim();
  }
  return writer.finish();
}

function encodeConstant({ name, type, shape, values }: OnnxConstant): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const length of shape) writer.uint32(tag(1, VARINT)).int64(length);
  writer.uint32(tag(2, VARINT)).int32(TYPE_CODES[type]);
  writer.uint32(tag(8, BYTES)).string(name);
  writer.uint32(tag(9, BYTES)).bytes(littleEndian(values));
  return writer.finish();
}

function littleEndian(values: OnnxConstant["values"]): Uint8Array {
  if (values instanceof Uint8Array) return values;
  if (values instanceof Float32Array) {
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
  return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
}

function encodeValue({ name, type, shape }: OnnxValue): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(1, BYTES)).string(name);
  writer.uint32(tag(2, BYTES)).fork().uint32(tag(1, BYTES)).fork();
  writer.uint32(tag(1, VARINT)).int32(TYPE_CODES[type]);
  writer.uint32(tag(2, BYTES)).fork();
  for (const length of shape) {
    writer.uint32(tag(1, BYTES)).fork().uint32(tag(1, VARINT)).int64(length).ldelim();
  }
  writer.ldelim().ldelim().ldelim();
  return writer.finish();
}
