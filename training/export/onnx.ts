import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Agent } from "../../agents/algorithm.ts";
import { Rng } from "../../core/rng.ts";
import { storage } from "../../kernels/load.ts";
import { sideBySide } from "../observation-window.ts";
import { packageVersion } from "../package-root.ts";
import type { Policy } from "../policy.ts";
import type { ExportCheck, ExportFormat } from "./format.ts";
import { encodeOnnx } from "./onnx-model.ts";
import { toOnnx } from "./onnx-operators.ts";
import { recordPolicy, recordTick, restOf } from "./policy-graph.ts";

/** Two programs that round differently may differ by this much in an action. */
const TOLERANCE = 1e-5;

/**
 * ONNX: the whole policy as one graph, and one tick of its population with the state as inputs and outputs. Made by
 * recording the definitions, so a neuron that is added needs nothing more to be exportable.
 */
export const onnx: ExportFormat = {
  id: "onnx",
  summary: "the whole policy, and one tick with explicit state, for ONNX Runtime and its kin",
  references: ["https://onnx.ai/onnx/repo-docs/IR.html"],
  async write(policy, batch, observations) {
    const { agent } = policy;
    const producer = { name: "spikegym", version: packageVersion() };
    const metadata = metadataOf(policy);
    const tick = encodeOnnx(
      toOnnx(recordTick(agent, batch), {
        name: "tick",
        description: "One tick of the spiking population; feed next_<name> back as state_<name>.",
        metadata,
      }),
      producer,
    );
    const tickFile = { ending: ".tick.onnx", bytes: tick };
    if (agent.restMemory.length > 0) {
      return {
        files: [tickFile],
        checks: [await checkTick(agent, tick, batch, observations)],
        leftOut: ["the whole policy as one graph: it keeps its state between decisions, so run the ticks"],
      };
    }
    const whole = encodeOnnx(
      toOnnx(recordPolicy(agent, batch), {
        name: "policy",
        description:
          "Latest observations, oldest first [window, batch, observation], to the action without exploration.",
        metadata,
      }),
      producer,
    );
    return {
      files: [{ ending: ".onnx", bytes: whole }, tickFile],
      checks: [
        await checkPolicy(agent, whole, batch, observations),
        await checkTick(agent, tick, batch, observations),
      ],
      leftOut: [...inFront(agent)],
    };
  },
};

/** What the graph of one tick, which is of the population alone, has not. */
function inFront({ actor }: Agent): string[] {
  if (actor.front.layers.length === 0) return [];
  return [
    `of the graph of one tick (the whole policy has them): layers ${actor.front.layers.map(({ name }) => `"${name}"`).join(", ")} before the population; its input is what the last of them puts out in that tick`,
  ];
}

/** What a user of the file must know and the graph does not say. */
function metadataOf({ agent, config }: Policy): Record<string, string> {
  const { encoder } = agent.actor.shape;
  return {
    environment: config.environment.id,
    neuron: config.policy.neuron.id,
    algorithm: config.algorithm.id,
    encoder: encoder.id,
    ticks: String(encoder.ticks),
    repeat: String(encoder.repeat),
  };
}

/** The package that runs the graph, if it is installed. */
async function loadRuntime(): Promise<typeof import("onnxruntime-web") | undefined> {
  try {
    const runtime = await import("onnxruntime-web");
    // More threads need shared memory that not every program gives, and buy nothing on graphs this small.
    runtime.env.wasm.numThreads = 1;
    return runtime;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

const missing = (id: string): ExportCheck => ({
  id,
  ok: null,
  note: "not run: ONNX Runtime is not installed; add it with npm install onnxruntime-web",
});

/** The file's actions against the policy's own, decision by decision. */
async function checkPolicy(
  agent: Agent,
  bytes: Uint8Array,
  batch: number,
  observations: readonly Float32Array[],
): Promise<ExportCheck> {
  const id = "onnxruntime-actions";
  const runtime = await loadRuntime();
  if (runtime === undefined) return missing(id);
  const { encoder, observationSize, actionSize } = agent.actor.shape;
  const session = await runtime.InferenceSession.create(bytes);
  const shape = [encoder.window, batch, observationSize];
  const own = new Float32Array(batch * actionSize);
  let largest = 0;
  let beyond = 0;
  let unexplained = 0;
  for (let first = 0; first < observations.length; first += batch) {
    const windows = sideBySide(observations, first, batch, encoder.window, observationSize);
    agent.act(windows, batch, null, own);
    const { action } = await session.run({ window: new runtime.Tensor("float32", windows, shape) });
    const theirs = Array.from(action!.data as ArrayLike<number | bigint>, Number);
    for (let b = 0; b < batch && first + b < observations.length; b++) {
      const difference = largestDifference(theirs, own, b * actionSize, actionSize);
      largest = Math.max(largest, difference);
      if (difference <= TOLERANCE) continue;
      beyond++;
      if (!(difference <= ownRounding(agent, observations[first + b]!))) unexplained++;
    }
  }
  await session.release();
  const explained =
    beyond === 0
      ? ""
      : `, of which ${beyond - unexplained} are within what 64 units in the last place of the observation move the policy's own action`;
  return {
    id,
    ok: unexplained === 0,
    note: `${observations.length} observations: largest difference of an action ${largest.toExponential(1)}, ${beyond} beyond ${TOLERANCE}${explained}`,
  };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>, from: number, count: number): number {
  let largest = 0;
  for (let i = from; i < from + count; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

/**
 * How far rounding moves the action: the largest change over observations that differ from this one by up to 64 units in
 * the last place (4e-6 of their size), which stands for the some hundred roundings of a decision. Biophysical neurons
 * magnify them a thousandfold on the upstroke of a spike, whoever computes them.
 */
function ownRounding(agent: Agent, window: Float32Array): number {
  const { actionSize } = agent.actor.shape;
  const [plain, moved] = [new Float32Array(actionSize), new Float32Array(actionSize)];
  agent.act(window, 1, null, plain);
  const rng = new Rng(0).split("last bits");
  let largest = 0;
  for (let trial = 0; trial < 32; trial++) {
    const bits = new Int32Array(window.slice().buffer);
    // (Zero has no such neighbour of its own sign.)
    for (let i = 0; i < bits.length; i++) if (window[i] !== 0) bits[i]! += rng.integer(129) - 64;
    agent.act(new Float32Array(bits.buffer), 1, null, moved);
    largest = Math.max(largest, largestDifference(plain, moved, 0, actionSize));
  }
  return largest;
}

/**
 * The tick graph against the fused kernel on the first observations, one tick at a time: each from the state that the
 * kernel was in, so that what is compared is the tick and not how the neuron magnifies earlier roundings.
 */
async function checkTick(
  agent: Agent,
  bytes: Uint8Array,
  batch: number,
  observations: readonly Float32Array[],
): Promise<ExportCheck> {
  const id = "onnxruntime-ticks";
  const runtime = await loadRuntime();
  if (runtime === undefined) return missing(id);
  const { layer, shape } = agent.actor;
  const { encoder, observationSize } = shape;
  const windows = sideBySide(observations, 0, batch, encoder.window, observationSize);
  const { inputs, expected, states } = tf.tidy(() => {
    const encoded = agent.actor.front.show(
      agent.actor.place(windows, batch),
      agent.actor.evaluated.front,
    ).inputs;
    const trace = layer.trace(encoded, agent.actor.evaluated.body, agent.actor.constants);
    const copy = (tensor: Tensor) => storage(tensor).slice();
    return { inputs: copy(encoded), expected: copy(trace.output), states: copy(trace.states) };
  });
  const session = await runtime.InferenceSession.create(bytes);
  const tensor = (values: Float32Array, width: number) =>
    new runtime.Tensor("float32", values, [batch, width]);
  const inputLength = batch * layer.inputSize;
  const outputLength = batch * layer.outputSize;
  let state = restOf(agent, batch);
  let largest = 0;
  for (let t = 0; t < layer.ticks; t++) {
    const from = Math.floor(t / layer.repeat) * inputLength;
    const results = await session.run({
      input: tensor(inputs.slice(from, from + inputLength), layer.inputSize),
      ...Object.fromEntries(Object.entries(state).map(([name, x]) => [name, tensor(x, layer.units)])),
    });
    const output = results.output!.data as Float32Array;
    output.forEach((x, i) => {
      largest = Math.max(largest, Math.abs(x - expected[t * outputLength + i]!));
    });
    state = Object.fromEntries(
      Object.keys(state).map((name) => [
        name,
        results[name.replace("state_", "next_")]!.data as Float32Array,
      ]),
    );
    layer.model.states.forEach((name, k) => {
      const row = batch * layer.units;
      const at = (t * layer.model.states.length + k) * row;
      state[`state_${name}`] = states.slice(at, at + row);
    });
  }
  await session.release();
  return {
    id,
    ok: largest <= TOLERANCE,
    note: `${layer.ticks} ticks, each from the kernel's state: largest difference of an output ${largest.toExponential(1)}`,
  };
}
