import type { ReplayHeader } from "../core/replay-file/header.ts";
import { ReplayWriter } from "../core/replay-file/writer.ts";
import { storage } from "../kernels/load.ts";
import { ReplayFileSink } from "../training/replay-file-sink.ts";
import { currentVersions } from "../training/run-folder.ts";
import { readBatch } from "./data/batches.ts";
import { classNamesOf, type Task } from "./data/image-samples.ts";
import type { LoadedRun } from "./load-run.ts";
import { models } from "./models/index.ts";
import { spikeTrains } from "./spikes.ts";
import { softmax } from "./task-loss.ts";

/** Receptive fields go into the header as text; those of wider layers are left out. */
const MOST_WEIGHTS = 1_000_000;

/**
 * Writes a replay file of a classifier looking at test images, for `spikegym view`: each image an episode of one decision,
 * with every spike of every layer; the action is the probability given to each class, task after task.
 *
 * @param images numbers of test samples
 * @returns for each image whether each task's answer is right
 */
export async function recordImages(
  run: LoadedRun,
  images: readonly number[],
  path: string,
): Promise<boolean[][]> {
  const { learner, data, record } = run;
  const samples = data.test;
  const sink = await ReplayFileSink.open(path);
  try {
    const writer = await ReplayWriter.open(sink, describeReplay(run));
    const all: boolean[][] = [];
    for (const image of images) {
      const batch = readBatch(samples, Uint32Array.of(image), 0, 1);
      const labels = samples.tasks.map((_, task) => samples.label(image, task));
      const answers = answersOf(samples.tasks, learner.answers(batch.images, 1));
      const right = answers.map((shares, task) => shares.indexOf(Math.max(...shares)) === labels[task]);
      const state = { poses: [], qpos: [], qvel: [], observation: labels };
      const named = samples.tasks.map((task, k) => `${task.name} ${classNamesOf(task)[labels[k]!]}`);
      await writer.beginEpisode(`test image ${image}: ${named.join(", ")}`);
      await writer.step({
        ...state,
        action: answers.flatMap((shares) => [...shares]),
        forceN: 0,
        reward: right.filter(Boolean).length / right.length,
        terminated: false,
        truncated: false,
        image: Uint8Array.from(batch.images, Math.round),
        layers: Object.fromEntries(
          spikeTrains(learner, samples, image).map(({ layer, spikes }) => [layer, { spikes }]),
        ),
      });
      await writer.endEpisode(state);
      all.push(right);
    }
    await writer.close();
    return all;
  } finally {
    await sink.release();
  }

  function describeReplay({ learner: { classifier } }: LoadedRun): ReplayHeader {
    const { config } = record;
    const layers = classifier.network?.layers ?? [];
    const tickMs = layers[0]?.model.tickMs ?? null;
    const { caveat } = models.get(config.model);
    return {
      env: data.name,
      engine: "image",
      stepSeconds: (classifier.config.ticks * (tickMs ?? 1)) / 1000,
      scene: {
        bodies: [],
        view: { xMin: 0, xMax: 1, yMin: 0, yMax: 1 },
        image: {
          widthPx: samples.width,
          heightPx: samples.height,
          tasks: samples.tasks.map((task) => ({ name: task.name, classes: classNamesOf(task) })),
        },
      },
      observationLabels: samples.tasks.map(({ name }) => `true ${name}`),
      actionLabels: samples.tasks.flatMap((task) =>
        classNamesOf(task).map((name) => `${task.name}: ${name}`),
      ),
      seed: config.seed,
      agent: `${config.model} (${config.settings}), trained on ${data.name}.`,
      preset: null,
      versions: currentVersions(),
      layers: layers.map(({ name, model, units, kind }, i) => {
        const trains = units * model.outputsPerUnit;
        const pixels = samples.width * samples.height;
        const hasFields =
          i === 0 && kind === "dense" && model.inputsPerUnit === 1 && trains * pixels <= MOST_WEIGHTS;
        return {
          id: name,
          neuron: model.id,
          units: trains,
          ticks: classifier.config.ticks,
          tickMs: model.tickMs,
          variables: [],
          tracedNeurons: [],
          startsAtRest: true,
          ...(hasFields
            ? {
                inputs: {
                  labels: Array.from({ length: pixels }, (_, pixel) => `pixel ${pixel}`),
                  weights: fieldsOf(run, pixels, units),
                },
              }
            : {}),
        };
      }),
      notes: caveat === undefined ? [] : [`${config.model}: ${caveat}`],
    };
  }
}

/** The first layer's weights [units, pixels], to four digits. */
function fieldsOf({ learner }: LoadedRun, pixels: number, units: number): number[] {
  const { layout } = learner.classifier.parts[0]!;
  const weights = layout.view(storage(learner.tensors.parameters[0]!), layout.slots[0]!.name);
  return Array.from({ length: units * pixels }, (_, i) => {
    const [unit, pixel] = [Math.floor(i / pixels), i % pixels];
    return Number(weights[pixel * units + unit]!.toPrecision(4));
  });
}

/** Probabilities of each task's classes. */
function answersOf(tasks: readonly Task[], logits: Float32Array): Float32Array[] {
  let start = 0;
  return tasks.map(({ classes }) => {
    const shares = new Float32Array(classes);
    softmax(logits.subarray(start, start + classes), shares);
    start += classes;
    return shares;
  });
}
