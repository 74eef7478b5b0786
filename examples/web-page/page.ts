// A trained policy in a web page: `spikegym export RUN --to policy --out policy` writes the file that is fetched here.
import { PolicyPlayer } from "spikegym/policies";

const file = await fetch("policy.spikegym.safetensors");
const player = await PolicyPlayer.open(new Uint8Array(await file.arrayBuffer()));
const { env } = player;
const canvas = document.querySelector("canvas")!.getContext("2d")!;
canvas.setTransform(150, 0, 0, -150, 300, 260); // metres, y up
canvas.lineWidth = 0.05;
player.start(env.reset({ seed: 1 })[0]);

setInterval(() => {
  const [observation, , terminated, truncated] = env.step(player.decide().action);
  if (terminated || truncated) player.start(env.reset()[0]);
  else player.see(observation);
  canvas.clearRect(-2, -1, 4, 3);
  canvas.beginPath();
  const poses = env.poses(new Float64Array(3 * env.scene.bodies.length));
  env.scene.bodies.forEach(({ shape: s }, body) => {
    const [x = 0, y = 0, angle = 0] = poses.subarray(3 * body);
    canvas.moveTo(x, y);
    if (s.kind === "box") canvas.rect(x - s.widthM / 2, y - s.heightM / 2, s.widthM, s.heightM);
    else canvas.lineTo(x + s.lengthM * Math.sin(angle), y + s.lengthM * Math.cos(angle));
  });
  canvas.stroke();
}, 1000 * env.stepSeconds);
