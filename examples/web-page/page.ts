// A trained policy in a web page: `spikegym export RUN --to policy --out policy` writes the file that is fetched here.
import { PolicyPlayer } from "spikegym/policies";

const response = await fetch("policy.safetensors");
const player = await PolicyPlayer.open(new Uint8Array(await response.arrayBuffer()));
const { env } = player;
const canvas = document.querySelector("canvas")!.getContext("2d")!;
const poses = new Float64Array(3 * env.scene.bodies.length);
player.start(env.reset({ seed: 1 })[0]);

setInterval(() => {
  const { action } = player.decide();
  const [observation, , terminated, truncated] = env.step(action);
  if (terminated || truncated) player.start(env.reset()[0]);
  else player.see(observation);
  canvas.clearRect(0, 0, 600, 300);
  env.poses(poses);
  env.scene.bodies.forEach(({ shape }, body) => {
    const [x, y, angle] = poses.subarray(3 * body, 3 * body + 3) as unknown as [number, number, number];
    const { width, height } =
      shape.kind === "box"
        ? { width: shape.widthM, height: shape.heightM }
        : { width: 0.05, height: shape.lengthM };
    canvas.setTransform(
      new DOMMatrix()
        .translate(300 + 150 * x, 260 - 150 * y)
        .rotate((180 * angle) / Math.PI)
        .scale(150, -150),
    );
    canvas.fillRect(-width / 2, shape.kind === "box" ? -height / 2 : 0, width, height);
  });
  canvas.resetTransform();
}, 1000 * env.stepSeconds);
