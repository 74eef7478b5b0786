import { Balancer } from "../envs/controllers/balancer.ts";
import { SwingUpController } from "../envs/controllers/swing-up.ts";
import type { AnyEnv } from "../envs/definition.ts";
import { environments, make, prepareEngine } from "../envs/index.ts";

/**
 * `npx tsx bench/controllers.ts [starts] [environment,...] [engine,...]`: what the baseline controllers earn from that many
 * random starts (seeds 1000, 1001, ...) of every task, against the threshold at which it counts as solved. A swing-up is
 * held where the poles are up for the last 50 steps at least.
 */
const starts = Number(process.argv[2] ?? 20);
const ids = process.argv[3]?.split(",") ?? environments.ids;
const FIRST_SEED = 1000;
const UP = 0.97;
const HELD_STEPS = 50;

for (const id of ids) {
  const { engines } = environments.get(id);
  for (const engine of process.argv[4]?.split(",") ?? engines) {
    if (!engines.some((known) => known === engine)) continue;
    await prepareEngine(engine);
    const env = make(id as string, { engine });
    const returns: number[] = [];
    let held = 0;
    // A swing-up hangs at the start.
    env.reset({ seed: 0 });
    const swings = Math.abs(env.state().qpos[1]!) > 1;
    const controller: { step(): ReturnType<AnyEnv["step"]> } = swings
      ? new SwingUpController(env as never)
      : new Balancer(env);
    for (let start = 0; start < starts; start++) {
      env.reset({ seed: FIRST_SEED + start });
      let sum = 0;
      let up = 0;
      for (let over = false; !over; ) {
        const [, reward, terminated, truncated, info] = controller.step();
        sum += reward;
        const height = info.heightReward;
        up = typeof height !== "number" || height > UP ? up + 1 : 0;
        over = terminated || truncated;
        if (terminated) up = 0;
      }
      returns.push(sum);
      if (up >= HELD_STEPS) held++;
    }
    returns.sort((a, b) => a - b);
    const mean = returns.reduce((a, b) => a + b) / starts;
    console.log(
      `${`${id}/${engine}`.padEnd(40)} held ${held} of ${starts}, return mean ${mean.toFixed(1)}, ` +
        `least ${returns[0]!.toFixed(1)}, most ${returns.at(-1)!.toFixed(1)}; solved at ${env.rewardThreshold}`,
    );
    env.close();
  }
}
