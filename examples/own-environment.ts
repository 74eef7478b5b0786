// An environment of one's own, in one file: a mass on a rail that must be brought to rest in the middle, against a spring
// it does not see. Described, checked, registered, and learnt by spiking neurons.
//
//   npx tsx examples/own-environment.ts [STEPS]        trains; the default takes about a minute
//
// With the command line: docs/extending.md.
import { configureRun, registerEnvironment, simpleEnvironment, train, z } from "spikegym";
import { checkEnv } from "spikegym/envs";

export const springMass = simpleEnvironment({
  id: "SpringMass-v0",
  summary: "bring a mass on a spring to rest in the middle",
  references: [],
  parameters: z.strictObject({
    massKg: z.number().positive().default(1).describe("the mass, kg"),
    stiffness: z.number().min(0).default(2).describe("of the spring, N/m"),
  }),
  observation: { "x (m)": [-3, 3], "v (m/s)": [-10, 10] },
  action: { "force (N)": [-4, 4] },
  stepSeconds: 0.05,
  maxEpisodeSteps: 100,
  rewardThreshold: 90,
  start: (rng) => ({ x: rng.uniform(-1, 1), v: rng.uniform(-1, 1) }),
  observe: ({ x, v }) => [x, Math.max(-10, Math.min(10, v))],
  advance({ x, v }, [force = 0], { massKg, stiffness }) {
    const next = v + (0.05 * (force - stiffness * x)) / massKg;
    const state = { x: x + 0.05 * next, v: next };
    const lost = Math.abs(state.x) > 2;
    return {
      state: lost ? { ...state, x: Math.sign(state.x) * 2 } : state,
      reward: Math.exp(-4 * state.x ** 2 - state.v ** 2),
      terminated: lost,
    };
  },
  picture: {
    scene: () => ({
      bodies: [{ id: "mass", role: "cart", shape: { kind: "box", widthM: 0.3, heightM: 0.2 } }],
      view: { xMin: -2.2, xMax: 2.2, yMin: -0.5, yMax: 1 },
      rail: { y: 0, xMin: -2, xMax: 2 },
      forceOn: 0,
    }),
    poses: ({ x }) => [x, 0, 0],
  },
});

export const makeSpringMass = registerEnvironment(springMass);

if (process.argv[1]?.includes("own-environment")) {
  checkEnv(makeSpringMass);
  const steps = Number(process.argv[2] ?? 4000);
  const config = configureRun("tuned/double-lif", {
    environment: "SpringMass-v0",
    steps,
    settings: {
      "policy.population": 64,
      "training.evaluateEvery": Math.max(1, Math.floor(steps / 4)),
      "training.evaluationEpisodes": 5,
    },
  });
  const summary = await train(config, {
    out: `runs/spring-mass-${Date.now()}`,
    onEvaluation({ step, mean }) {
      process.stdout.write(`step ${step}: mean return ${mean.toFixed(1)} of 100\n`);
      return undefined;
    },
  });
  process.stdout.write(`best ${summary.bestReturn?.toFixed(1)}, in ${summary.out}\n`);
}
