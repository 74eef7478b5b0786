import type { ImageSamples } from "./image-samples.ts";

/** Some samples as the network is shown them. */
export interface ImageBatch {
  readonly size: number;
  /** [size, pixels], 0-255. */
  readonly images: Float32Array;
  /** One array a task. */
  readonly labels: readonly Uint8Array[];
  /** Which samples they are. */
  readonly samples: Uint32Array;
}

/** Puts the samples order[from .. to - 1] together. */
export function readBatch(data: ImageSamples, order: Uint32Array, from: number, to: number): ImageBatch {
  const samples = order.subarray(from, Math.min(to, order.length));
  const pixels = data.height * data.width;
  const images = new Float32Array(samples.length * pixels);
  const labels = data.tasks.map(() => new Uint8Array(samples.length));
  samples.forEach((sample, i) => {
    data.writeImage(sample, images, i * pixels);
    labels.forEach((own, task) => {
      own[i] = data.label(sample, task);
    });
  });
  return { size: samples.length, images, labels, samples };
}

/** All samples in their own order, `size` at a time. */
export function* batchesInOrder(data: ImageSamples, size: number): Generator<ImageBatch> {
  const order = Uint32Array.from({ length: data.count }, (_, i) => i);
  for (let from = 0; from < data.count; from += size) yield readBatch(data, order, from, from + size);
}
