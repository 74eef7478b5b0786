import type { Scene, SceneBody } from "../scene.ts";
import { encodeFoxglove, type FoxgloveValues, timestamp } from "./foxglove-schema.ts";

/*
 * The moving bodies as `foxglove.SceneUpdate` messages (https://docs.foxglove.dev/docs/sdk/schemas/scene-update), so
 * that any program that shows MCAP scenes shows the motion. This project's own reader passes over them.
 *
 * Scenes there are three-dimensional with z up: x stays, our y becomes z, and a body is as deep as it is thin.
 */

export const sceneTopic = "/scene";
export const sceneSchemaName = "foxglove.SceneUpdate";

const cartColour: FoxgloveValues = { r: 0.33, g: 0.38, b: 0.45, a: 1 };
const poleColour: FoxgloveValues = { r: 0.73, g: 0.76, b: 0.82, a: 1 };

/** One frame of the scene: every body where `poses` [bodies, 3] puts it at `time`, s. */
export function encodeScene(scene: Scene, poses: ArrayLike<number>, time: number): Uint8Array {
  const cubes: FoxgloveValues[] = [];
  const cylinders: FoxgloveValues[] = [];
  for (const [i, body] of scene.bodies.entries()) {
    const [x, y, angle] = [poses[3 * i]!, poses[3 * i + 1]!, poses[3 * i + 2]!];
    if (body.shape.kind === "box") cubes.push({ ...placeBox(body.shape, x, y, angle), color: cartColour });
    else cylinders.push({ ...placeRod(body.shape, x, y, angle), color: poleColour });
  }
  const entity: FoxgloveValues = {
    timestamp: timestamp(time),
    frame_id: "world",
    id: "bodies",
    frame_locked: true,
    cubes,
    cylinders,
  };
  return encodeFoxglove(sceneSchemaName, { entities: [entity] });
}

/** Turned clockwise by `angle` as seen with x to the right and z up: about +y. */
function turn(angle: number): FoxgloveValues {
  return { x: 0, y: Math.sin(angle / 2), z: 0, w: Math.cos(angle / 2) };
}

type Box = Extract<SceneBody["shape"], { kind: "box" }>;
type Rod = Extract<SceneBody["shape"], { kind: "rod" }>;

function placeBox({ widthM, heightM }: Box, x: number, y: number, angle: number): FoxgloveValues {
  return {
    pose: { position: { x, y: 0, z: y }, orientation: turn(angle) },
    size: { x: widthM, y: heightM, z: heightM },
  };
}

/** A cylinder stands around its middle; a rod is placed by its hinge. */
function placeRod({ lengthM, radiusM }: Rod, x: number, y: number, angle: number): FoxgloveValues {
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
