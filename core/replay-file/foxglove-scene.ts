import protobuf from "protobufjs/minimal.js";
import type { Scene, SceneBody } from "../scene.ts";

/*
 * The moving bodies as `foxglove.SceneUpdate` messages (https://docs.foxglove.dev/docs/sdk/schemas/scene-update), so
 * that any program that shows MCAP scenes shows the motion. This project's own reader passes over them.
 *
 * Scenes there are three-dimensional with z up: x stays, our y becomes z, and a body is as deep as it is thin.
 */

export const sceneTopic = "/scene";
export const sceneSchemaName = "foxglove.SceneUpdate";

type FieldType = "double" | "string" | "bool" | "int64" | "int32" | { readonly message: string };
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
};

/** Type numbers of google/protobuf/descriptor.proto. */
const typeNumbers = { double: 1, int64: 3, int32: 5, bool: 8, string: 9 } as const;

/** The FileDescriptorSet of the scene's schema, as MCAP wants it: one file for each package. */
export function describeScene(): Uint8Array {
  const set = protobuf.Writer.create();
  for (const [file, packageName, needs] of [
    ["google/protobuf/timestamp.proto", "google.protobuf", []],
    ["foxglove/SceneUpdate.proto", "foxglove", ["google/protobuf/timestamp.proto"]],
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
type Values = { readonly [name: string]: number | string | boolean | Values | readonly Values[] };

function write(writer: protobuf.Writer, typeName: string, values: Values): void {
  for (const [name, number, type] of types[typeName]!) {
    const value = values[name];
    if (value === undefined) continue;
    if (typeof type !== "string") {
      for (const inner of Array.isArray(value) ? (value as readonly Values[]) : [value as Values]) {
        writer.uint32((number << 3) | 2).fork();
        write(writer, type.message, inner);
        writer.ldelim();
      }
    } else if (type === "double") writer.uint32((number << 3) | 1).double(value as number);
    else if (type === "string") writer.uint32((number << 3) | 2).string(value as string);
    else if (type === "bool") writer.uint32(number << 3).bool(value as boolean);
    else writer.uint32(number << 3).int64(value as number);
  }
}

const cartColour: Values = { r: 0.33, g: 0.38, b: 0.45, a: 1 };
const poleColour: Values = { r: 0.73, g: 0.76, b: 0.82, a: 1 };

/** One frame of the scene: every body where `poses` [bodies, 3] puts it at `time`, s. */
export function encodeScene(scene: Scene, poses: ArrayLike<number>, time: number): Uint8Array {
  const cubes: Values[] = [];
  const cylinders: Values[] = [];
  for (const [i, body] of scene.bodies.entries()) {
    const [x, y, angle] = [poses[3 * i]!, poses[3 * i + 1]!, poses[3 * i + 2]!];
    if (body.shape.kind === "box") cubes.push({ ...placeBox(body.shape, x, y, angle), color: cartColour });
    else cylinders.push({ ...placeRod(body.shape, x, y, angle), color: poleColour });
  }
  const seconds = Math.floor(time);
  const entity: Values = {
    timestamp: { seconds, nanos: Math.round((time - seconds) * 1e9) },
    frame_id: "world",
    id: "bodies",
    frame_locked: true,
    cubes,
    cylinders,
  };
  const writer = protobuf.Writer.create();
  write(writer, sceneSchemaName, { entities: [entity] });
  return writer.finish();
}

/** Turned clockwise by `angle` as seen with x to the right and z up: about +y. */
function turn(angle: number): Values {
  return { x: 0, y: Math.sin(angle / 2), z: 0, w: Math.cos(angle / 2) };
}

type Box = Extract<SceneBody["shape"], { kind: "box" }>;
type Rod = Extract<SceneBody["shape"], { kind: "rod" }>;

function placeBox({ widthM, heightM }: Box, x: number, y: number, angle: number): Values {
  return {
    pose: { position: { x, y: 0, z: y }, orientation: turn(angle) },
    size: { x: widthM, y: heightM, z: heightM },
  };
}

/** A cylinder stands around its middle; a rod is placed by its hinge. */
function placeRod({ lengthM, radiusM }: Rod, x: number, y: number, angle: number): Values {
  const half = lengthM / 2;
  return {
    pose: {
      position: { x: x + half * Math.sin(angle), y: 0, z: y + half * Math.cos(angle) },
      orientation: turn(angle),
    },
    size: { x: 2 * radiusM, y: 2 * radiusM, z: lengthM },
    bottom_scale: 1,
    top_scale: 1,
  };
}
