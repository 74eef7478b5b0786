// A neuron of one's own, in one file: the quadratic integrate-and-fire neuron (Latham et al. 2000), discrete time. Written
// as its equations in tfjs ops; that is all it takes to train, record and export it.
//
//   npx tsx examples/own-neuron.ts [STEPS]
import { configureRun, registerNeuron, train } from "spikegym";
import { constantSchema, defineNeuron, stepNeuron, surrogateSchema, tf, z } from "spikegym/neurons";

/**
 *   v[t] = v[t-1] + leak (v[t-1]^2 - v[t-1]) + I[t]      s[t] = [v[t] > threshold]      v[t] <- 0 where s[t] = 1
 */
export const quadratic = defineNeuron({
  id: "quadratic",
  summary: "quadratic integrate-and-fire: pulled to rest below a knee, running away above it",
  references: ["Latham et al., Journal of Neurophysiology 83, 808-827 (2000)"],
  parameters: z.strictObject({
    leak: constantSchema({ train: "neuron", start: 0.5 }, "share", "how fast it is pulled and runs, a tick"),
    threshold: constantSchema(1.5, "positive", "membrane above which it spikes"),
    surrogate: surrogateSchema.default({ shape: "fast-sigmoid", width: 0.5, height: 1 }),
  }),
  create: ({ leak, threshold, surrogate }) =>
    stepNeuron({
      id: "quadratic",
      surrogate,
      threshold,
      startingCurrent: 0.6,
      constants: {
        leak: { setting: leak, range: "share" },
        threshold: { setting: threshold, range: "positive" },
      },
      state: { v: { unit: "", role: "membrane" } },
      step({ v }, current, { leak, threshold }, spike) {
        const bounded = tf.clipByValue(v, -2, 2);
        const pulled = tf.mul(leak, tf.sub(tf.square(bounded), bounded));
        const next = tf.add(tf.add(bounded, pulled), current);
        const fired = spike(tf.sub(next, threshold));
        return { output: fired, state: { v: tf.mul(next, tf.sub(1, fired)) } };
      },
    }),
});

registerNeuron(quadratic);

if (process.argv[1]?.includes("own-neuron")) {
  const steps = Number(process.argv[2] ?? 3000);
  const config = configureRun("tuned/single-lif", {
    neuron: "quadratic",
    steps,
    settings: {
      "policy.population": 32,
      "training.evaluateEvery": Math.max(1, Math.floor(steps / 4)),
      "training.evaluationEpisodes": 5,
    },
  });
  const summary = await train(config, {
    out: `runs/quadratic-${Date.now()}`,
    onEvaluation({ step, mean }) {
      process.stdout.write(`step ${step}: mean return ${mean.toFixed(1)}\n`);
      return undefined;
    },
  });
  process.stdout.write(
    `best ${summary.bestReturn?.toFixed(1)}, ${summary.updateMs.toFixed(1)} ms an update\n`,
  );
}
