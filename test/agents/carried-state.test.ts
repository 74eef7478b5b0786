import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LearnerState } from "../../agents/learner-state.ts";
import { SpikingActor } from "../../agents/spiking-actor.ts";
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

function actorOf(neuron: string, state: "reset" | "episode" = "episode") {
  const learner = new LearnerState("test");
  const shape = {
    neuron: makeNeuron(neuron),
    encoder: makeEncoder("direct", { ticks: 4 }),
    observationSize: SIZE,
    actionSize: 1,
    choices: null,
    population: 10,
    hidden: [8],
    state,
  };
  return { actor: new SpikingActor(shape, { members: 2, outputs: 1 }, learner, new Rng("actor")), learner };
}

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
  it.each(neurons.ids)(
    "%s: an unrolled sequence is decision after decision, episodes starting at rest",
    (neuron) => {
      const { actor, learner } = actorOf(neuron);
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

  it("the gradient flows back through the decisions, and stops at the start of an episode", () => {
    const { actor, learner } = actorOf("hh-published");
    // Only the first observation is not zero, only the last decision counts.
    const observation = new Float32Array(STEPS * BATCH * SIZE).fill(3, 0, BATCH * SIZE);
    const memory = new Float32Array(BATCH * actor.restMemory.length);
    const gradientOf = (starts: Float32Array) =>
      tf.tidy(() => {
        const seen = actor.see({ batch: BATCH, steps: STEPS, burnIn: 0, observation, memory, starts });
        const last = (body: tf.Tensor) =>
          tf.sum(
            tf.slice(
              actor.forward(seen, { ...actor.parameters, body: body as tf.Tensor1D }),
              [0, (STEPS - 1) * BATCH, 0],
              [-1, BATCH, -1],
            ),
          );
        const gradient = storage(tf.grads(last)([actor.body.values])[0]!);
        // The weights only see the first observation; biases see every one.
        return actor.layer.layout
          .view(gradient.slice(), "0/0/weight")
          .reduce((sum, g) => sum + Math.abs(g), 0);
      });
    const none = new Float32Array(STEPS * BATCH);
    expect(gradientOf(none)).toBeGreaterThan(0);
    expect(gradientOf(none.slice().fill(1, 3 * BATCH, 4 * BATCH))).toBe(0);
    learner.dispose();
  });

  it("without them there is no memory, and one is asked for where there is", () => {
    const resting = actorOf("lif", "reset");
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
