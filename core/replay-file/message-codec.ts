import protobuf from "protobufjs/minimal.js";
import type { FieldKind, MessageOf, MessageTable } from "./messages.ts";

/*
 * Written on protobufjs' minimal reader and writer rather than its reflection, which compiles functions at run time
 * and so does not work under a strict content-security policy.
 */

const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

const wireTypes: Record<FieldKind, number> = {
  uint32: varint,
  fixed32,
  bool: varint,
  double: fixed64,
  string: lengthDelimited,
  bytes: lengthDelimited,
  doubles: lengthDelimited,
  floats: lengthDelimited,
};

/** Encodes a message; every field is written, defaults too, so that a reader need not guess. */
export function encodeMessage<T extends MessageTable>(table: T, message: MessageOf<T>): Uint8Array {
  const writer = protobuf.Writer.create();
  const values = message as Record<string, unknown>;
  for (const [name, [number, kind]] of Object.entries(table.fields)) {
    writer.uint32((number << 3) | wireTypes[kind]);
    const value = values[name];
    switch (kind) {
      case "uint32":
        writer.uint32(value as number);
        break;
      case "fixed32":
        writer.fixed32(value as number);
        break;
      case "bool":
        writer.bool(value as boolean);
        break;
      case "double":
        writer.double(value as number);
        break;
      case "string":
        writer.string(value as string);
        break;
      case "bytes":
        writer.bytes(value as Uint8Array);
        break;
      default: {
        // Packed little-endian numbers are the array's own bytes on every machine JavaScript runs on.
        const array = value as Float64Array | Float32Array;
        writer.bytes(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
      }
    }
  }
  return writer.finish();
}

/**
 * Decodes a message; missing fields take protobuf's defaults, unknown ones are skipped.
 *
 * @throws Error when the bytes are not such a message; who knows the file says which (mcap-source.ts)
 */
export function decodeMessage<T extends MessageTable>(table: T, bytes: Uint8Array): MessageOf<T> {
  const byNumber = new Map(
    Object.entries(table.fields).map(([name, [number, kind]]) => [number, { name, kind }]),
  );
  const message: Record<string, unknown> = {};
  for (const { name, kind } of byNumber.values()) message[name] = defaultOf(kind);
  const reader = protobuf.Reader.create(bytes);
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      const field = byNumber.get(tag >>> 3);
      const wireType = tag & 7;
      if (field === undefined) reader.skipType(wireType);
      else if (wireType !== wireTypes[field.kind]) {
        throw new Error(`field ${field.name} has wire type ${wireType}, expected ${wireTypes[field.kind]}`);
      } else message[field.name] = readValue(reader, field.kind);
    }
  } catch (error) {
    throw new Error(`a ${table.name} message of ${bytes.length} bytes: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return message as MessageOf<T>;
}

function defaultOf(kind: FieldKind): unknown {
  switch (kind) {
    case "bool":
      return false;
    case "string":
      return "";
    case "bytes":
      return new Uint8Array();
    case "doubles":
      return new Float64Array();
    case "floats":
      return new Float32Array();
    default:
      return 0;
  }
}

function readValue(reader: protobuf.Reader, kind: FieldKind): unknown {
  switch (kind) {
    case "uint32":
      return reader.uint32();
    case "fixed32":
      return reader.fixed32();
    case "bool":
      return reader.bool();
    case "double":
      return reader.double();
    case "string":
      return reader.string();
    case "bytes":
      return reader.bytes();
    case "doubles":
      return new Float64Array(copyWhole(reader.bytes(), 8));
    case "floats":
      return new Float32Array(copyWhole(reader.bytes(), 4));
  }
}

/** A copy, because a message may lie at any byte and typed arrays must be aligned. */
function copyWhole(bytes: Uint8Array, size: number): ArrayBuffer {
  if (bytes.length % size !== 0) {
    throw new Error(`packed array of ${bytes.length} bytes, expected a multiple of ${size}`);
  }
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/** Numbers of google/protobuf/descriptor.proto. */
const descriptorTypes: Record<FieldKind, { type: number; repeated: boolean }> = {
  double: { type: 1, repeated: false },
  uint32: { type: 13, repeated: false },
  fixed32: { type: 7, repeated: false },
  bool: { type: 8, repeated: false },
  string: { type: 9, repeated: false },
  bytes: { type: 12, repeated: false },
  doubles: { type: 1, repeated: true },
  floats: { type: 2, repeated: true },
};

/** The FileDescriptorSet of one message (proto3, package spikegym), as MCAP wants a protobuf schema. */
export function describeMessage(table: MessageTable): Uint8Array {
  const set = protobuf.Writer.create();
  set.uint32(0x0a).fork(); // FileDescriptorSet.file
  set.uint32(0x0a).string(`spikegym/${table.name}.proto`); // .name
  set.uint32(0x12).string("spikegym"); // .package
  set.uint32(0x22).fork(); // .message_type
  set.uint32(0x0a).string(table.name);
  for (const [name, [number, kind]] of Object.entries(table.fields)) {
    const { type, repeated } = descriptorTypes[kind];
    set.uint32(0x12).fork(); // DescriptorProto.field
    set.uint32(0x0a).string(name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    set.uint32(0x18).uint32(number);
    set.uint32(0x20).uint32(repeated ? 3 : 1); // label: repeated, optional
    set.uint32(0x28).uint32(type);
    set.uint32(0x52).string(name); // json_name
    set.ldelim();
  }
  set.ldelim();
  set.uint32(0x62).string("proto3"); // .syntax
  set.ldelim();
  return set.finish();
}
