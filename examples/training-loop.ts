// A training loop of one's own: environment, agent and what it learns from are put together by hand, and between two
// steps anything may happen. `train` does the same with checkpoints, logs and evaluations.
//
//   npx tsx examples/training-loop.ts [STEPS]
import { Rng, useKernels } from "spikegym/agents";
import {
  assembleAgent,
  assembleEnvironment,
  assembleLearning,
  Collector,
  configureRun,
  evaluate,
  sizesOf,
} from "spikegym/training";

const steps = Number(process.argv[2] ?? 3000);
const config = configureRun("tuned/single-lif", { seed: 1, engine: "lagrangian" });
const rng = new Rng(config.seed);

await useKernels();
const env = assembleEnvironment(config);
const agent = assembleAgent(config, env, rng.split("agent"));
const collector = new Collector([env], { agent, seed: config.seed, episodeSteps: 200 });
const { window } = agent.actor.shape.encoder;
const learning = assembleLearning(agent, { ...sizesOf(env), window, lanes: 1 }, rng.split("sample"));
const [explore, update] = [rng.split("explore"), rng.split("update")];

let best = 0;
for (let step = 1; step <= steps; step++) {
  const progress = step / steps;
  const collected = collector.step({ rng: explore, progress }, learning.isRandom(step));
  learning.learn(collected, step, { rng: update, progress });
  // Whatever one likes: here, what the longest episode was.
  if (collected.finished !== undefined && collected.finished.length > best) {
    best = collected.finished.length;
    process.stdout.write(`step ${step}: an episode of ${best} steps\n`);
  }
}

const episodes = evaluate(agent, { makeEnv: () => assembleEnvironment(config), firstSeed: 100, episodes: 5 });
const mean = episodes.reduce((sum, episode) => sum + episode.return, 0) / episodes.length;
process.stdout.write(`mean return of 5 episodes: ${mean.toFixed(1)}\n`);
agent.dispose();
collector.close();
