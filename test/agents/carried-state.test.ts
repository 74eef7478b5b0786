import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LearnerState } from "../../agents/learner-state.ts";
import { type ActorShape, SpikingActor } from "../../agents/spiking-actor.ts";
import { Rng } from "../../core/rng.ts";
import { storage, useKernels } from "../../kernels/load.ts";
import { makeEncoder } from "../../neurons/encoders/index.ts";
import { makeNeuron, neurons } from "../../neurons/index.ts";

const SIZE = 3;
const BATCH = 4;
const STEPS = 6;

beforeAll(async () => {
  await useKernels({});
});

let tensors = 0;
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensors);
});

function actorOf(neuron: string, changes: Partial<ActorShape> = {}) {
  const learner = new LearnerState("test");
  const shape: ActorShape = {
    neuron: makeNeuron(neuron),
    encoder: makeEncoder("direct", { ticks: 4 }),
    observationSize: SIZE,
    actionSize: 1,
    choices: null,
    population: 10,
    hidden: [8],
    state: "episode",
    ...changes,
  };
  return { actor: new SpikingActor(shape, { members: 2, outputs: 1 }, learner, new Rng("actor")), learner };
}

/** Layers that carry states, spikes of the tick before, and both in planes. */
const mixedLayers: ActorShape["layers"] = [
  {
    name: "heard",
    kind: "recurrent",
    parameters: { units: 7, initial: { gain: 2 } },
    neuron: makeNeuron("alif"),
  },
  ...(["wide", "echo"] as const).map((name) => ({
    name,
    kind: name === "wide" ? "dense" : "recurrent",
    parameters: { units: 6, initial: { gain: 3 } },
    neuron: makeNeuron("s-lif2hh", { threshold: 0.4 }),
  })),
];

/** Policies with more than a population behind a fixed encoder. */
const fronts: [string, string, Partial<ActorShape>][] = [
  ["layers before the population", "lif", { layers: mixedLayers }],
  ["a trained encoder", "lif", { encoder: makeEncoder("population", { ticks: 4, trained: true }) }],
];

/** Observations of several episodes side by side, and the steps at which they start anew. */
function randomSequence() {
  const observation = new Float32Array(STEPS * BATCH * SIZE);
  new Rng("observations").fillNormal(observation, 0, 2);
  const starts = new Float32Array(STEPS * BATCH);
  for (const [step, lane] of [
    [2, 1],
    [4, 0],
    [4, 3],
  ] as const)
    starts[step * BATCH + lane] = 1;
  return { observation, starts };
}

/** One decision after another, the memory at rest where an episode starts: heads [steps][2 x batch], memories before. */
function stepByStep(actor: SpikingActor, { observation, starts }: ReturnType<typeof randomSequence>) {
  const size = actor.restMemory.length;
  const memory = new Float32Array(BATCH * size);
  for (let b = 0; b < BATCH; b++) memory.set(actor.restMemory, b * size);
  const heads: number[][] = [];
  const memories: Float32Array[] = [];
  for (let s = 0; s < STEPS; s++) {
    for (let b = 0; b < BATCH; b++) if (starts[s * BATCH + b] === 1) memory.set(actor.restMemory, b * size);
    memories.push(memory.slice());
    const seen = observation.subarray(s * BATCH * SIZE, (s + 1) * BATCH * SIZE);
    actor.decide(seen, BATCH, actor.parameters, (out) => heads.push([...out]), memory);
  }
  return { heads, memories };
}

describe("neurons that go on through the episode", () => {
  it.each<[string, string, Partial<ActorShape>]>([
    ...neurons.ids.map((id): [string, string, object] => [id, id, {}]),
    ...fronts,
  ])(
    "%s: an unrolled sequence is decision after decision, episodes starting at rest",
    (_, neuron, changes) => {
      const { actor, learner } = actorOf(neuron, changes);
      const sequence = randomSequence();
      const { heads, memories } = stepByStep(actor, sequence);
      for (const burnIn of [0, 3]) {
        const steps = STEPS - burnIn;
        const unrolled = tf.tidy(() => [
          ...storage(
            actor.forward(actor.see({ ...sequence, batch: BATCH, steps, burnIn, memory: memories[0]! })),
          ),
        ]);
        for (let s = 0; s < steps; s++) {
          for (let i = 0; i < 2 * BATCH; i++) {
            const member = Math.floor(i / BATCH);
            const row = member * steps * BATCH + s * BATCH + (i % BATCH);
            expect(unrolled[row]).toBeCloseTo(heads[burnIn + s]![i]!, 5);
          }
        }
      }
      learner.dispose();
    },
  );

  it("the windows one step later start from the state their own step ends in", () => {
    const { actor, learner } = actorOf("lif");
    const sequence = { ...randomSequence(), starts: new Float32Array(STEPS * BATCH) };
    const { heads, memories } = stepByStep(actor, sequence);
    const steps = STEPS - 1;
    const size = BATCH * SIZE;
    const next = tf.tidy(() => {
      const observation = sequence.observation.subarray(0, steps * size);
      const seen = actor.see({
        ...sequence,
        observation,
        batch: BATCH,
        steps,
        burnIn: 0,
        memory: memories[0]!,
      });
      return [...storage(actor.forward(actor.seeNext(seen, sequence.observation.subarray(size))))];
    });
    for (let s = 0; s < steps; s++) {
      for (let b = 0; b < BATCH; b++) expect(next[s * BATCH + b]).toBeCloseTo(heads[s + 1]![b]!, 5);
    }
    learner.dispose();
  });

  it("windows several steps later start from the state of the decision before them, each row after its own number of steps", () => {
    const { actor, learner } = actorOf("alif");
    const sequence = randomSequence();
    const [burnIn, steps, ahead] = [1, 2, 2];
    const size = BATCH * SIZE;
    // Rows hop one, two or three decisions on.
    const hops = Float32Array.of(3, 1, 2, 3, 2, 1, 3, 1);
    const nextOf = (s: number, b: number) => burnIn + s + hops[s * BATCH + b]!;
    const nextObservation = new Float32Array(steps * size);
    for (let s = 0; s < steps; s++) {
      for (let b = 0; b < BATCH; b++) {
        const from = (nextOf(s, b) * BATCH + b) * SIZE;
        nextObservation.set(sequence.observation.subarray(from, from + SIZE), (s * BATCH + b) * SIZE);
      }
    }
    const starts = new Float32Array(STEPS * BATCH);
    const plain = stepByStep(actor, { ...sequence, starts });
    const next = tf.tidy(() => {
      const seen = actor.see({
        observation: sequence.observation.subarray(0, (burnIn + steps + ahead) * size),
        starts: starts.subarray(0, (burnIn + steps + ahead) * BATCH),
        batch: BATCH,
        steps,
        burnIn,
        memory: plain.memories[0]!,
        lookAhead: { steps: ahead, hops },
      });
      expect(seen.count).toBe(steps * BATCH);
      return [...storage(actor.forward(actor.seeNext(seen, nextObservation)))];
    });
    for (let s = 0; s < steps; s++) {
      for (let b = 0; b < BATCH; b++) {
        expect(next[s * BATCH + b]).toBeCloseTo(plain.heads[nextOf(s, b)]![b]!, 5);
      }
    }
    learner.dispose();
  });

  it.each<[string, Partial<ActorShape>]>([
    ["the population", { neuron: makeNeuron("hh-published") }],
    ["layers before it", { layers: mixedLayers }],
  ])(
    "%s: the gradient flows back through the decisions, and stops at the start of an episode",
    (_, changes) => {
      const { actor, learner } = actorOf("lif", changes);
      const first = actor.front.layers[0];
      // Only the first observation is not zero, only the last decision counts.
      const observation = new Float32Array(STEPS * BATCH * SIZE).fill(3, 0, BATCH * SIZE);
      const memory = new Float32Array(BATCH * actor.restMemory.length);
      const gradientOf = (starts: Float32Array) =>
        tf.tidy(() => {
          const seen = actor.see({ batch: BATCH, steps: STEPS, burnIn: 0, observation, memory, starts });
          const last = (...values: tf.Tensor[]) => {
            const [body, ...front] = values as tf.Tensor1D[];
            const heads = actor.forward(seen, { front, body: body!, heads: actor.heads.values });
            return tf.sum(tf.slice(heads, [0, (STEPS - 1) * BATCH, 0], [-1, BATCH, -1]));
          };
          const gradients = tf.grads(last)([actor.body.values, ...actor.parameters.front]);
          // Of what sees the observation: its weights only see the first one; biases see every one.
          const flat = storage(gradients[first === undefined ? 0 : 1]!).slice();
          const weight =
            first === undefined
              ? actor.layer.layout.view(flat, "0/0/weight")
              : first.layout.view(flat, "weight");
          return weight.reduce((sum, g) => sum + Math.abs(g), 0);
        });
      const none = new Float32Array(STEPS * BATCH);
      expect(gradientOf(none)).toBeGreaterThan(0);
      expect(gradientOf(none.slice().fill(1, 3 * BATCH, 4 * BATCH))).toBe(0);
      learner.dispose();
    },
  );

  it("without them there is no memory, and one is asked for where there is", () => {
    const resting = actorOf("lif", { state: "reset" });
    expect(resting.actor.restMemory).toHaveLength(0);
    const carrying = actorOf("lif");
    const windows = new Float32Array(BATCH * SIZE);
    expect(() => carrying.actor.decide(windows, BATCH, carrying.actor.parameters, () => undefined)).toThrow(
      /actor: memory is \[0\], expected \[4, 10\] flat; this policy's neurons go on/,
    );
    resting.learner.dispose();
    carrying.learner.dispose();
  });
});
