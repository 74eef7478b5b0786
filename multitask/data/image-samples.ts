/** One question asked of every image. */
export interface Task {
  readonly name: string;
  readonly classes: number;
  /** What they are called; by their numbers when left out. */
  readonly classNames?: readonly string[];
}

/** What a task's classes are called. */
export function classNamesOf({ classes, classNames }: Task): string[] {
  return Array.from({ length: classes }, (_, c) => classNames?.[c] ?? String(c));
}

/** A split of a data set: images of one size, each with a label for every task. Nothing is kept but the sources. */
export interface ImageSamples {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly tasks: readonly Task[];
  /** Writes the pixels of a sample, 0-255, rows one after another, from `offset` on. */
  writeImage(sample: number, out: Float32Array, offset: number): void;
  /** The class of a sample in a task. */
  label(sample: number, task: number): number;
}

/** Training and test samples of the same images and tasks. */
export interface ImageDataSet {
  /** What a result on it must be labelled with. */
  readonly name: string;
  readonly train: ImageSamples;
  readonly test: ImageSamples;
}

/** The same samples asked only some of the questions, in the order given. */
export function selectTasks(samples: ImageSamples, tasks: readonly number[]): ImageSamples {
  return {
    count: samples.count,
    height: samples.height,
    width: samples.width,
    tasks: tasks.map((task) => samples.tasks[task]!),
    writeImage: (sample, out, offset) => samples.writeImage(sample, out, offset),
    label: (sample, task) => samples.label(sample, tasks[task]!),
  };
}

/** The first `count` samples; all where there are fewer. */
export function limitSamples(samples: ImageSamples, count: number): ImageSamples {
  return {
    count: Math.min(count, samples.count),
    height: samples.height,
    width: samples.width,
    tasks: samples.tasks,
    writeImage: (sample, out, offset) => samples.writeImage(sample, out, offset),
    label: (sample, task) => samples.label(sample, task),
  };
}
