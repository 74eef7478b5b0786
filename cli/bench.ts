import { type Command, Option } from "commander";
import { unknownName } from "../core/errors.ts";
import type { VectorBenchmark } from "../envs/vector/benchmark-vector.ts";
import type { ClassifierSpeed } from "../multitask/benchmark.ts";
import type { LoopSpeed } from "../training/benchmark-loop.ts";
import type { NeuronSpeed } from "../training/benchmark-neuron.ts";
import type { UpdateModel } from "../training/benchmark-update.ts";
import type { TorchBaseline, TorchNeurons, TorchTimes } from "../training/torch-baseline.ts";
import { parseNames } from "./multitask-options.ts";
import { parseInteger } from "./options.ts";
import { formatTable } from "./output.ts";
import { openProgress } from "./progress.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface BenchOptions extends SharedOptions {
  readonly rounds: number;
  readonly torch?: string | true;
  readonly models?: readonly string[];
}

const KINDS = ["update", "act", "loop", "env", "neuron", "multitask"] as const;

/** `spikegym bench KIND`: medians over rounds in which everything measured takes its turn. */
export function addBench(program: Command, context: VerbContext): void {
  addVerb(program, "bench <kind>", `measures speed: ${KINDS.join(", ")}`)
    .option("--rounds <n>", "rounds; the medians over them count", parseInteger(1, 1000), 5)
    .addOption(
      new Option(
        "--torch [script]",
        "update, act, neuron, multitask: run the PyTorch script beside it, in turns",
      ),
    )
    .option(
      "--models <names>",
      "loop, multitask: only these models, e.g. lif,hh or lif-fc,lif-conv",
      parseNames,
    )
    .action(async (kind: string, options: BenchOptions) => {
      const output = openOutput(context, options);
      switch (kind) {
        case "update":
        case "act": {
          const result = await benchUpdate(options, context);
          output.finish(result, describeUpdate(result));
          return;
        }
        case "loop": {
          const result = await benchLoop(options, context);
          const rows = Object.entries(result).map(([id, speed]) => [id, speed.stepsPerSecond.toFixed(0)]);
          output.finish(
            result,
            `${formatTable([["tuned/double-", "steps/s"], ...rows])}\nInvertedDoublePendulum-v5 in mujoco, one update a step`,
          );
          return;
        }
        case "env": {
          const [{ benchmarkEnvironments }, { benchmarkVector }] = await Promise.all([
            import("../envs/benchmark.ts"),
            import("../envs/vector/benchmark-vector.ts"),
          ]);
          const progress = openProgress("bench env", "rounds", context.streams);
          const single = await benchmarkEnvironments({
            repeats: options.rounds,
            onProgress: (done, total) => progress.update({ done, total }),
            onNote: (line) => output.note(`bench env: ${line}`),
          });
          progress.stop();
          // Slices of milliseconds: many of them.
          const vector = await benchmarkVector(options.rounds * 40);
          const result = { ...single, [vector.id]: vector };
          const rows = Object.entries(result).map(([id, { stepsPerSecond }]) => [
            id,
            stepsPerSecond.toFixed(0),
          ]);
          output.finish(
            result,
            `${formatTable([["environment/engine", "steps/s"], ...rows])}\n${describeVector(vector)}`,
          );
          return;
        }
        case "neuron": {
          const { benchmarkNeurons } = await import("../training/benchmark-neuron.ts");
          const torch = options.torch === undefined ? undefined : await findTorchNeurons(options.torch);
          const progress = openProgress("bench neuron", "measurements", context.streams);
          // Without PyTorch a round takes milliseconds: more of them than of the other kinds.
          const rounds = torch === undefined ? options.rounds * 3 : options.rounds;
          const result = await benchmarkNeurons(
            rounds,
            (done, total) => {
              context.signal.throwIfAborted();
              progress.update({ done, total });
            },
            torch,
          );
          progress.stop();
          output.finish(result, describeNeurons(result));
          return;
        }
        case "multitask": {
          const result = await benchMultitask(options, context);
          output.finish(result, describeMultitask(result));
          return;
        }
        default:
          throw unknownName("kind of benchmark", kind, KINDS);
      }
    });
}

/** Learning steps of a measurement, a second or two of them. */
const LOOP_STEPS = 500;

async function benchLoop(options: BenchOptions, context: VerbContext): Promise<Record<string, LoopSpeed>> {
  const [{ loopModels, measureLoop }, { median }] = await Promise.all([
    import("../training/benchmark-loop.ts"),
    import("../training/statistics/descriptive.ts"),
  ]);
  const models = options.models ?? loopModels;
  const progress = openProgress("bench loop", "measurements", context.streams);
  const speeds = new Map<string, number[]>(models.map((model) => [model, []]));
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const [i, model] of models.entries()) {
        const { stepsPerSecond } = await measureLoop(model, LOOP_STEPS, context.signal);
        speeds.get(model)!.push(stepsPerSecond);
        progress.update({
          done: round * models.length + i + 1,
          total: options.rounds * models.length,
          fields: { model },
        });
      }
    }
  } finally {
    progress.stop();
  }
  return Object.fromEntries([...speeds].map(([model, all]) => [model, { stepsPerSecond: median(all) }]));
}

async function benchMultitask(
  options: BenchOptions,
  context: VerbContext,
): Promise<Record<string, ClassifierSpeed>> {
  const [{ benchmarkClassifiers }, { models }, { TorchClassifierScript }, { trainingMemory }] =
    await Promise.all([
      import("../multitask/benchmark.ts"),
      import("../multitask/models/index.ts"),
      import("../training/torch-baseline.ts"),
      import("../multitask/training-memory.ts"),
    ]);
  const torch =
    options.torch === undefined
      ? undefined
      : await TorchClassifierScript.find(...(options.torch === true ? [] : [options.torch]));
  const ids = (options.models ?? models.ids).map((id) => models.get(id).id);
  const progress = openProgress("bench multitask", "measurements", context.streams);
  try {
    return await benchmarkClassifiers(
      ids,
      options.rounds,
      (done, total, model) => {
        context.signal.throwIfAborted();
        progress.update({ done, total, fields: { model } });
      },
      { ...(torch === undefined ? {} : { torch }), memory: (model) => trainingMemory(model, context.signal) },
    );
  } finally {
    progress.stop();
  }
}

function describeMultitask(result: Record<string, ClassifierSpeed>): string {
  const show = (x: number | undefined, digits: number) => x?.toFixed(digits) ?? "";
  const rows = Object.entries(result).map(([id, r]) => [
    id,
    r.updateMs.toFixed(1),
    r.cpuMs.toFixed(1),
    String(r.parameters),
    show(r.memoryMB, 0),
    r.torchFailure === undefined ? show(r.torchUpdateMs, 1) : "no memory",
    show(r.torchCpuMs, 1),
    show(r.ratio, 2),
    show(r.cpuRatio, 2),
  ]);
  const heads = [
    "model",
    "update ms",
    "processor ms",
    "parameters",
    "memory, MB",
    "PyTorch ms",
    "processor ms",
    "times as fast",
    "by processor time",
  ];
  const failures = Object.values(result).flatMap(({ torchFailure }) => torchFailure ?? []);
  const withTorch = failures.length > 0 || Object.values(result).some((r) => r.ratio !== undefined);
  const table = formatTable([heads, ...rows].map((row) => row.slice(0, withTorch ? heads.length : 5)));
  return [table, ...failures].join("\n");
}

async function findTorchNeurons(script: string | true): Promise<TorchNeurons> {
  const { TorchNeurons } = await import("../training/torch-baseline.ts");
  return script === true ? TorchNeurons.find() : TorchNeurons.find(script);
}

function describeNeurons(result: Record<string, NeuronSpeed>): string {
  const withTorch = Object.values(result).some((speed) => speed.ratio !== undefined);
  const heads = [
    "neuron",
    "forward, M neuron-ticks/s",
    "layer forward + backward, ms",
    "bytes kept a tick",
    ...(withTorch ? ["PyTorch, ms", "times as fast", "undisturbed"] : []),
  ];
  const rows = Object.entries(result).map(([id, speed]) => [
    id,
    (speed.forwardPerSecond / 1e6).toFixed(1),
    speed.forwardBackwardMs.toFixed(3),
    String(Number(speed.keptBytesPerTick.toFixed(2))),
    ...(withTorch
      ? [
          speed.torchForwardBackwardMs?.toFixed(2) ?? "",
          speed.ratio?.toFixed(1) ?? "",
          speed.undisturbedRatio?.toFixed(1) ?? "",
        ]
      : []),
  ]);
  return `${formatTable([heads, ...rows])}\nbatch 64 x 128 units, 15 ticks of one integration step; float32, one core`;
}

function describeVector({ threads, speedup, undisturbedSpeedup }: VectorBenchmark): string {
  return (
    `the vector in ${threads} threads is ${speedup.toFixed(2)} times as fast as in one ` +
    `(${undisturbedSpeedup.toFixed(2)} where nothing disturbs it)`
  );
}

type UpdateResult = Record<
  string,
  { updateMs: number; actionMs: number; policyParameters: number } & Partial<TorchTimes & { ratio: number }>
>;

/** The PyTorch script's name for each model; what it has no equal for is measured alone. */
const TORCH_NAMES: Partial<Record<UpdateModel, string>> = {
  ann: "ann",
  lif: "lif",
  "4lif": "4lif",
  "s-lif2hh": "s-lif2hh",
  "hh-published": "hh",
};

async function benchUpdate(options: BenchOptions, context: VerbContext): Promise<UpdateResult> {
  const [{ UpdateBenchmark, updateModels }, { median }] = await Promise.all([
    import("../training/benchmark-update.ts"),
    import("../training/statistics/descriptive.ts"),
  ]);
  const torch = options.torch === undefined ? undefined : await findTorch(options.torch);
  const progress = openProgress("bench update", "measurements", context.streams);
  const benchmarks = await Promise.all(
    updateModels.map(async (id) => ({ id, benchmark: await UpdateBenchmark.create(id) })),
  );
  const samples = new Map(
    benchmarks.map(({ id }) => [
      id,
      { update: [] as number[], action: [] as number[], torch: [] as TorchTimes[] },
    ]),
  );
  const total = options.rounds * benchmarks.length;
  for (let round = 0; round < options.rounds; round++) {
    for (const [i, { id, benchmark }] of benchmarks.entries()) {
      context.signal.throwIfAborted();
      progress.update({ done: round * benchmarks.length + i, total, fields: { model: id } });
      const sample = samples.get(id)!;
      sample.update.push(benchmark.updateMs(id === "4lif" ? 15 : 60));
      sample.action.push(benchmark.actionMs(200));
      const name = TORCH_NAMES[id];
      if (torch !== undefined && name !== undefined) sample.torch.push(await torch.measure(name));
    }
  }
  progress.update({ done: total, total });
  progress.stop();
  const result: UpdateResult = {};
  for (const { id, benchmark } of benchmarks) {
    const sample = samples.get(id)!;
    const updateMs = median(sample.update);
    const own = {
      updateMs,
      actionMs: median(sample.action),
      policyParameters: benchmark.agent.policyParameters,
    };
    const torchUpdateMs = median(sample.torch.map((t) => t.torchUpdateMs));
    result[id] =
      sample.torch.length === 0
        ? own
        : {
            ...own,
            torchUpdateMs,
            torchActionMs: median(sample.torch.map((t) => t.torchActionMs)),
            // Neighbours in time are compared with each other, then the median is taken.
            ratio: median(sample.torch.map((t, i) => t.torchUpdateMs / sample.update[i]!)),
          };
    benchmark.dispose();
  }
  return result;
}

async function findTorch(script: string | true): Promise<TorchBaseline> {
  const { TorchBaseline } = await import("../training/torch-baseline.ts");
  return script === true ? TorchBaseline.find() : TorchBaseline.find(script);
}

function describeUpdate(result: UpdateResult): string {
  const withTorch = Object.values(result).some((r) => r.ratio !== undefined);
  const heads = [
    "model",
    "update ms",
    "action ms",
    "parameters",
    ...(withTorch ? ["PyTorch update ms", "action ms", "times as fast"] : []),
  ];
  const rows = Object.entries(result).map(([id, r]) => [
    id,
    r.updateMs.toFixed(2),
    r.actionMs.toFixed(3),
    String(r.policyParameters),
    ...(withTorch
      ? [r.torchUpdateMs?.toFixed(2) ?? "", r.torchActionMs?.toFixed(3) ?? "", r.ratio?.toFixed(1) ?? ""]
      : []),
  ]);
  return formatTable([heads, ...rows]);
}
