import { Container, Graphics } from "pixi.js";
import type { Scene, SceneBody } from "../../core/scene.ts";
import { colourNumber, type Palette } from "../plots/palette.ts";

/** One drawing a body, in its own frame at the camera's scale: origin at (0, 0), up is -y. */
export function makeBodies(scene: Scene, scale: number, palette: Palette): Container[] {
  return scene.bodies.map((body) => makeBody(body, scale, palette));
}

function makeBody(body: SceneBody, scale: number, palette: Palette): Container {
  const shape = new Graphics();
  const rim = { color: colourNumber(palette.background), width: 1.5 };
  if (body.shape.kind === "box") {
    const width = body.shape.widthM * scale;
    const height = body.shape.heightM * scale;
    shape
      .roundRect(-width / 2, -height / 2, width, height, Math.min(6, height / 4))
      .fill(colourNumber(palette.cart))
      .stroke(rim);
  } else {
    const radius = Math.max(2, body.shape.radiusM * scale);
    const length = body.shape.lengthM * scale;
    shape
      .roundRect(-radius, -length - radius, 2 * radius, length + 2 * radius, radius)
      .fill(colourNumber(palette.pole))
      .stroke(rim)
      .circle(0, 0, Math.max(2, 0.45 * radius))
      .fill(colourNumber(palette.background));
  }
  const container = new Container();
  container.addChild(shape);
  container.label = body.id;
  return container;
}
