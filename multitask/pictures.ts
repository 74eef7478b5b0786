import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { EChartsOption } from "echarts";
import { storage } from "../kernels/load.ts";
import { describeFileFailure, writeFileAtomically } from "../training/atomic-file.ts";
import { drawLineChart } from "../training/plots/line-chart.ts";
import type { Picture } from "../training/plots/render-svg.ts";
import { writePicture } from "../training/plots/write-picture.ts";
import { classNamesOf, type ImageSamples } from "./data/image-samples.ts";
import type { TaskResult } from "./evaluate.ts";
import type { RunEvaluation } from "./evaluate-run.ts";
import type { LoadedRun } from "./load-run.ts";
import { encodePng } from "./png.ts";
import { drawFields } from "./receptive-fields.ts";
import { spikeTrains } from "./spikes.ts";

/** Spike trains drawn of a layer; more would be a grey carpet. */
const TRAINS = 96;

/** Writes the pictures of a trained classifier into a folder; returns their files. */
export async function writePictures(
  run: LoadedRun,
  result: RunEvaluation,
  folder: string,
  image: number,
): Promise<string[]> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw describeFileFailure("write", folder, error);
  }
  const files: string[] = [];
  const add = async (name: string, picture: Picture) => {
    const path = join(folder, name);
    await writePicture(path, picture);
    files.push(path);
  };
  for (const task of result.tasks) await add(`confusion-${task.name}.svg`, drawConfusion(task, result.model));
  await add("calibration.svg", drawCalibration(result));
  const { learner, data } = run;
  for (const { layer, trains, spikes } of spikeTrains(learner, data.test, image)) {
    const shown = `${result.model}, test image ${image}: ${labelsOf(data.test, image)}`;
    await add(`spikes-${layer}-image${image}.svg`, drawSpikes(layer, trains, spikes, shown));
  }
  const first = learner.classifier.parts[0]!;
  const [height, width] = [data.test.height, data.test.width];
  const fields = drawFields(first.layout, storage(learner.tensors.parameters[0]!), { height, width });
  const path = join(folder, "receptive-fields.png");
  await writeFileAtomically(path, encodePng(fields.image, fields.zoom));
  files.push(path);
  return files;
}

/** Rows the true classes, columns the answers, each a share of its row. */
export function drawConfusion({ name, classNames, confusion, accuracy }: TaskResult, model: string): Picture {
  // Digits stand upright; words need room.
  const inWords = classNames.some((word) => word.length > 3);
  const [left, below] = inWords ? [76, 62] : [34, 28];
  const cells = confusion.flatMap((row, truth) => {
    const total = row.reduce((sum, n) => sum + n, 0);
    return row.map((n, answer) => [answer, truth, total === 0 ? 0 : Math.round((1000 * n) / total) / 10]);
  });
  const axis = (label: string) => ({
    type: "category" as const,
    data: [...classNames],
    name: label,
    nameLocation: "middle" as const,
    splitLine: { show: false },
  });
  const option: EChartsOption = {
    title: {
      text: `${name}: ${(100 * accuracy).toFixed(1)} % right`,
      subtext: `${model}, percent of each true class`,
      left: 12,
      top: 8,
    },
    grid: { left: left + 20, right: 24, top: 72, bottom: below + 22 },
    xAxis: { ...axis("answer"), nameGap: below, axisLabel: { interval: 0, rotate: inWords ? 40 : 0 } },
    yAxis: { ...axis("true class"), nameGap: left, inverse: true },
    visualMap: { show: false, min: 0, max: 100, inRange: { color: ["#ffffff", "#0072b2"] } },
    series: [
      {
        type: "heatmap",
        data: cells,
        label: { show: true, fontSize: 10, formatter: ({ value }) => label((value as number[])[2]!) },
      },
    ],
  };
  return {
    option,
    widthPx: left + 484,
    heightPx: below + 490,
    description: `Confusion matrix of ${model} on the task ${name}`,
  };
}

const label = (percent: number) => (percent < 0.5 ? "" : percent.toFixed(0));

/** Share that is right against the confidence given; on the diagonal both agree. */
export function drawCalibration({ tasks, model }: RunEvaluation): Picture {
  const lines = tasks.map(({ name, calibration }) => {
    const used = calibration.bins.filter(({ count }) => count > 0);
    return {
      name: `${name} (error ${calibration.expectedError.toFixed(3)})`,
      x: used.map(({ confidence }) => confidence),
      y: used.map(({ accuracy }) => accuracy),
      points: true,
    };
  });
  return drawLineChart({
    title: "Confidence and accuracy",
    subtitle: model,
    x: { name: "confidence", min: 0, max: 1 },
    panels: [
      {
        y: { name: "accuracy", min: 0, max: 1 },
        lines: [...lines, { name: "agreement", x: [0, 1], y: [0, 1], stroke: "dashed" }],
      },
    ],
  });
}

/** "garment trouser, digit 3": what a sample shows. */
function labelsOf(samples: ImageSamples, sample: number): string {
  return samples.tasks
    .map((task, i) => `${task.name} ${classNamesOf(task)[samples.label(sample, i)]}`)
    .join(", ");
}

/** A dot a spike: ticks to the right, the layer's trains upwards. */
export function drawSpikes(layer: string, trains: number, spikes: Float32Array, shownTo: string): Picture {
  const ticks = spikes.length / trains;
  const shown = Math.min(TRAINS, trains);
  const dots: number[][] = [];
  for (let t = 0; t < ticks; t++) {
    for (let i = 0; i < shown; i++) {
      // Trains evenly from the whole layer, so that an image's rows are all there.
      if (spikes[t * trains + Math.floor((i * trains) / shown)]! > 0) dots.push([t, i]);
    }
  }
  const option: EChartsOption = {
    title: {
      text: `Spikes of layer ${layer}`,
      subtext: `${shownTo}; ${shown} of ${trains} spike trains`,
      left: 12,
      top: 8,
    },
    grid: { left: 56, right: 24, top: 72, bottom: 52 },
    xAxis: {
      type: "value",
      name: "tick",
      nameLocation: "middle",
      nameGap: 28,
      min: -0.5,
      max: ticks - 0.5,
      axisLabel: { formatter: (value: number) => (Number.isInteger(value) ? String(value) : "") },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      name: "spike train",
      nameLocation: "middle",
      nameGap: 34,
      min: -1,
      max: shown,
      splitLine: { show: false },
    },
    series: [{ type: "scatter", symbol: "rect", symbolSize: [14, 3], data: dots }],
  };
  return {
    option,
    widthPx: 520,
    heightPx: 460,
    description: `Spike trains of layer ${layer} of ${shownTo}`,
  };
}
