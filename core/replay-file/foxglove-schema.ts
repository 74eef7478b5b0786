import protobuf from "protobufjs/minimal.js";

/*
 * The Foxglove messages (https://docs.foxglove.dev/docs/sdk/schemas) that a replay file holds for other programs: which
 * fields they have, the schema embedded in the file, and how they are written.
 */

type FieldType =
  | "double"
  | "string"
  | "bool"
  | "bytes"
  | "fixed32"
  | "int64"
  | "int32"
  | { readonly message: string };
type Field = readonly [name: string, number: number, type: FieldType, repeated?: "repeated"];

const message = (name: string): FieldType => ({ message: name });

/** The part of the published schemas that is written here; a reader with the whole ones reads it just as well. */
const types: Readonly<Record<string, readonly Field[]>> = {
  "google.protobuf.Timestamp": [
    ["seconds", 1, "int64"],
    ["nanos", 2, "int32"],
  ],
  "foxglove.Vector3": [
    ["x", 1, "double"],
    ["y", 2, "double"],
    ["z", 3, "double"],
  ],
  "foxglove.Quaternion": [
    ["x", 1, "double"],
    ["y", 2, "double"],
    ["z", 3, "double"],
    ["w", 4, "double"],
  ],
  "foxglove.Color": [
    ["r", 1, "double"],
    ["g", 2, "double"],
    ["b", 3, "double"],
    ["a", 4, "double"],
  ],
  "foxglove.Pose": [
    ["position", 1, message("foxglove.Vector3")],
    ["orientation", 2, message("foxglove.Quaternion")],
  ],
  "foxglove.CubePrimitive": [
    ["pose", 1, message("foxglove.Pose")],
    ["size", 2, message("foxglove.Vector3")],
    ["color", 3, message("foxglove.Color")],
  ],
  "foxglove.CylinderPrimitive": [
    ["pose", 1, message("foxglove.Pose")],
    ["size", 2, message("foxglove.Vector3")],
    ["bottom_scale", 3, "double"],
    ["top_scale", 4, "double"],
    ["color", 5, message("foxglove.Color")],
  ],
  "foxglove.SceneEntity": [
    ["timestamp", 1, message("google.protobuf.Timestamp")],
    ["frame_id", 2, "string"],
    ["id", 3, "string"],
    ["frame_locked", 5, "bool"],
    ["cubes", 8, message("foxglove.CubePrimitive"), "repeated"],
    ["cylinders", 10, message("foxglove.CylinderPrimitive"), "repeated"],
  ],
  "foxglove.SceneUpdate": [["entities", 2, message("foxglove.SceneEntity"), "repeated"]],
  "foxglove.RawImage": [
    ["timestamp", 1, message("google.protobuf.Timestamp")],
    ["width", 2, "fixed32"],
    ["height", 3, "fixed32"],
    ["encoding", 4, "string"],
    ["step", 5, "fixed32"],
    ["data", 6, "bytes"],
    ["frame_id", 7, "string"],
  ],
};

/** Type numbers of google/protobuf/descriptor.proto. */
const typeNumbers = { double: 1, int64: 3, int32: 5, fixed32: 7, bool: 8, string: 9, bytes: 12 } as const;

/** The FileDescriptorSet of the schemas, as MCAP wants it: one file for each package. */
export function describeFoxglove(): Uint8Array {
  const set = protobuf.Writer.create();
  for (const [file, packageName, needs] of [
    ["google/protobuf/timestamp.proto", "google.protobuf", []],
    ["foxglove/messages.proto", "foxglove", ["google/protobuf/timestamp.proto"]],
  ] as const) {
    set.uint32(0x0a).fork(); // FileDescriptorSet.file
    set.uint32(0x0a).string(file); // .name
    set.uint32(0x12).string(packageName); // .package
    for (const needed of needs) set.uint32(0x1a).string(needed); // .dependency
    for (const [name, fields] of Object.entries(types)) {
      const short = name.slice(packageName.length + 1);
      if (name !== `${packageName}.${short}`) continue;
      set.uint32(0x22).fork(); // .message_type
      set.uint32(0x0a).string(short);
      for (const field of fields) describeField(set, field);
      set.ldelim();
    }
    set.uint32(0x62).string("proto3"); // .syntax
    set.ldelim();
  }
  return set.finish();
}

function describeField(set: protobuf.Writer, [name, number, type, repeated]: Field): void {
  set.uint32(0x12).fork(); // DescriptorProto.field
  set.uint32(0x0a).string(name);
  set.uint32(0x18).uint32(number);
  set.uint32(0x20).uint32(repeated === undefined ? 1 : 3); // .label: optional, repeated
  set.uint32(0x28).uint32(typeof type === "string" ? typeNumbers[type] : 11); // .type
  if (typeof type !== "string") set.uint32(0x32).string(`.${type.message}`); // .type_name
  set.ldelim();
}

/** Plain data of a message, by the names of its fields; those left out are not written. */
export type FoxgloveValues = {
  readonly [name: string]:
    | number
    | string
    | boolean
    | Uint8Array
    | FoxgloveValues
    | readonly FoxgloveValues[];
};

/** Encodes one message of the schemas. */
export function encodeFoxglove(typeName: string, values: FoxgloveValues): Uint8Array {
  const writer = protobuf.Writer.create();
  write(writer, typeName, values);
  return writer.finish();
}

/** s on the file's clock as a Timestamp. */
export function timestamp(time: number): FoxgloveValues {
  const seconds = Math.floor(time);
  return { seconds, nanos: Math.round((time - seconds) * 1e9) };
}

function write(writer: protobuf.Writer, typeName: string, values: FoxgloveValues): void {
  for (const [name, number, type] of types[typeName]!) {
    const value = values[name];
    if (value === undefined) continue;
    if (typeof type !== "string") {
      for (const inner of Array.isArray(value)
        ? (value as readonly FoxgloveValues[])
        : [value as FoxgloveValues]) {
        writer.uint32((number << 3) | 2).fork();
        write(writer, type.message, inner);
        writer.ldelim();
      }
    } else if (type === "double") writer.uint32((number << 3) | 1).double(value as number);
    else if (type === "string") writer.uint32((number << 3) | 2).string(value as string);
    else if (type === "bytes") writer.uint32((number << 3) | 2).bytes(value as Uint8Array);
    else if (type === "fixed32") writer.uint32((number << 3) | 5).fixed32(value as number);
    else if (type === "bool") writer.uint32(number << 3).bool(value as boolean);
    else writer.uint32(number << 3).int64(value as number);
  }
}
