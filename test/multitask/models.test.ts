import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../core/rng.ts";
import { useKernels } from "../../kernels/load.ts";
import { Classifier } from "../../multitask/classifier.ts";
import { ClassifierLearner } from "../../multitask/learner.ts";
import { models } from "../../multitask/models/index.ts";
import { convolutionalNeuron, fullyConnectedNeuron } from "../../multitask/models/neuron-settings.ts";
import { resolveConfig } from "../../multitask/run-config.ts";
import { makeNeuron } from "../../neurons/index.ts";

beforeAll(async () => {
  await useKernels();
});

const TASKS = [
  { name: "garment", classes: 10 },
  { name: "digit", classes: 10 },
];
const SHAPE = { height: 36, width: 36, tasks: TASKS };

/** Trainable parameters of the published models; `hh` and `ann` have those of `lif`. */
const PUBLISHED = {
  "lif-fc": 690_734,
  "4lif-fc": 2_759_726,
  "s-lif2hh-fc": 2_095_666,
  "hh-published-fc": 690_734,
  "hh-fc": 690_734,
  "ann-fc": 690_734,
  "lif-conv": 42_580,
  "4lif-conv": 177_910,
  "s-lif2hh-conv": 166_104,
  "hh-published-conv": 42_580,
  "hh-conv": 42_580,
  cnn: 42_580,
} as const;

describe("the classifiers", () => {
  it("have exactly the published numbers of parameters", () => {
    const counts = models.ids.map((id) => [
      id,
      new Classifier(resolveConfig({ model: id, data: "" }).network, SHAPE).parameterCount,
    ]);
    expect(Object.fromEntries(counts)).toEqual(PUBLISHED);
  });

  it.each(models.ids)("%s learns a batch it is shown again and again, in both settings", (id) => {
    for (const settings of ["published", "matched"] as const) {
      // The published networks on a few pixels: what they are made of is the same, only the image is small.
      const { network } = resolveConfig({
        model: id,
        data: "",
        settings,
        network: { chunk: 3, weightDecay: 0 },
      });
      const small = { height: 8, width: 8, tasks: TASKS };
      const learner = new ClassifierLearner(new Classifier(network, small), new Rng(`${id} ${settings}`));
      // Image i is bright in the i-th of eight blocks.
      const images = Float32Array.from({ length: 8 * 64 }, (_, k) => {
        const [y, x] = [Math.floor((k % 64) / 8), k % 8];
        return Math.floor(y / 2) * 2 + Math.floor(x / 4) === Math.floor(k / 64) ? 255 : 0;
      });
      const labels = TASKS.map(() => Uint8Array.from({ length: 8 }, (_, i) => i));
      const batch = { size: 8, images, labels, samples: new Uint32Array(8) };
      const first = learner.update(batch, [1, 1], 3e-3);
      let last = first;
      for (let i = 0; i < 120 && last >= 0.9 * first; i++) last = learner.update(batch, [1, 1], 3e-3);
      expect(last, settings).toBeLessThan(0.9 * first);
      learner.dispose();
    }
  });

  it.each(["ann", "lif", "s-lif2hh", "hh-published"] as const)(
    "matched: an input of one moves the membranes of %s by one a tick, and no input leaves them at rest",
    (neuron) => {
      tf.tidy(() => {
        for (const of of [fullyConnectedNeuron, convolutionalNeuron]) {
          const { id, parameters } = of(neuron, "matched");
          const model = makeNeuron(id, parameters);
          const { rows, values } = model.constants(1, 15, new Rng("constants"));
          const constants = tf.tensor2d(values, [rows, 1]);
          for (const input of [0, 1]) {
            const current = tf.fill([1, model.inputsPerUnit], input) as tf.Tensor2D;
            const { state, output } = model.step(constants, model.rest(1, 1), current, 0, 15);
            // Neurons without a membrane show it by spiking: one is above the threshold, zero is not.
            expect(output.dataSync()[0]).toBe(input);
            if (model.states.length > 0) expect(Object.values(state)[0]!.dataSync()[0]).toBeCloseTo(input, 5);
          }
        }
      });
    },
  );

  it("a batch in chunks takes the same step as the batch at once", () => {
    const step = (chunk: number) => {
      const { network } = resolveConfig({ model: "lif-fc", data: "", network: { chunk } });
      const learner = new ClassifierLearner(
        new Classifier(network, { height: 6, width: 6, tasks: TASKS }),
        new Rng("x"),
      );
      const images = new Float32Array(7 * 36);
      new Rng("images").fillUniform(images, 0, 255);
      const labels = TASKS.map(() => Uint8Array.from({ length: 7 }, (_, i) => i));
      const loss = learner.update({ size: 7, images, labels, samples: new Uint32Array(7) }, [1, 0.5], 1e-4);
      const { arrays } = learner.snapshot();
      learner.dispose();
      return { loss, values: arrays.hidden!.values };
    };
    const [whole, parts] = [step(128), step(3)];
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    // Adam's first step is the gradient's sign, so a weight whose gradient is rounding error may differ by two rates.
    const off = Array.from(whole.values).filter((w, i) => Math.abs(w - parts.values[i]!) > 1e-6);
    expect(off.length).toBeLessThan(0.001 * whole.values.length);
  });

  it("any tasks of any class counts, and one alone, are learned by the same network", () => {
    const tasks = [
      { name: "a", classes: 2 },
      { name: "b", classes: 5 },
      { name: "c", classes: 3 },
    ];
    const { network } = resolveConfig({ model: "lif-fc", data: "" });
    const three = new Classifier(network, { ...SHAPE, tasks });
    const one = new Classifier(network, { ...SHAPE, tasks: tasks.slice(1, 2) });
    expect(three.parameterCount - one.parameterCount).toBe(5 * 51);
  });

  it("a wrong model, setting or size is refused in words", () => {
    expect(() => resolveConfig({ model: "lif-fd", data: "" })).toThrow('did you mean "lif-fc"?');
    expect(() => resolveConfig({ model: "lif-fc", data: "", network: { epoch: 3 } as never })).toThrow(
      'unknown key "network.epoch"; did you mean "epochs"?',
    );
    const { network } = resolveConfig({ model: "lif-conv", data: "" });
    expect(() => new Classifier(network, { height: 6, width: 6, tasks: TASKS })).toThrow(
      'layer "shapes": the image is [3, 3], expected even sides for pooling',
    );
  });
});
