import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { UsageError, unknownName } from "../core/errors.ts";
import type { SettingsKind } from "../multitask/models/model-config.ts";
import type { CostedModel } from "../training/cost/model-cost.ts";
import { DEFAULT_DATA, parseNames } from "./multitask-options.ts";
import { parseInteger } from "./options.ts";
import { formatTable } from "./output.ts";
import { openProgress } from "./progress.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface CostVerbOptions extends SharedOptions {
  readonly settings: SettingsKind;
  readonly models?: readonly string[];
  readonly run?: readonly string[];
  readonly data?: string;
  readonly rounds: number;
  readonly out?: string;
}

/** `spikegym cost`: parameters, operations, spikes, energy, time and memory of every model, on one page. */
export function addCost(program: Command, context: VerbContext): void {
  addVerb(program, "cost", "parameters, operations, spikes, energy estimate, time and memory of every model")
    .option("--models <names>", "only these, e.g. lif-fc,hh-rl (default: all)", parseNames)
    .addOption(
      new Option("--settings <kind>", "family of settings of untrained models")
        .choices(["published", "matched"])
        .default("published"),
    )
    .option("--run <dir>", "also a trained model, by its run folder; repeatable", collect)
    .option("--data <dir>", `images whose spikes are counted (default: ${DEFAULT_DATA}, or drawn ones)`)
    .option("--rounds <n>", "rounds in which every model is timed; 0: none are", parseInteger(0, 1000), 3)
    .option("--out <dir>", "write the page cost.md and cost.csv there")
    .action(async (options: CostVerbOptions) => {
      const output = openOutput(context, options);
      const [{ measureCosts }, page, { useKernels }] = await Promise.all([
        import("../training/cost/model-cost.ts"),
        import("../training/cost/cost-page.ts"),
        import("../kernels/load.ts"),
      ]);
      // All models are alive at once, to be timed in turns; memory is taken as it is used.
      await useKernels({ memoryMiB: 2048 });
      const models: CostedModel[] = [];
      const progress = openProgress("cost", "models", context.streams);
      try {
        for (const { done, total, make } of await planModels(options)) {
          context.signal.throwIfAborted();
          progress.update({ done, total, fields: {} });
          models.push(await make());
          // The next one builds for a while: signals get through in between.
          await new Promise((resolve) => setImmediate(resolve));
        }
        const account = measureCosts(models, {
          rounds: options.rounds,
          command: describeCommand(options),
          onProgress: (done, total, model) => {
            context.signal.throwIfAborted();
            progress.update({ done, total, fields: { model } });
          },
        });
        progress.stop();
        const files = options.out === undefined ? [] : await page.writeCostPage(options.out, account);
        const table = ({ header, rows }: ReturnType<typeof page.costTable>) =>
          formatTable(alignRight([header, ...rows]));
        output.finish(
          { ...account, notes: page.costNotes(account), files },
          [
            table(page.countTable(account)),
            "",
            table(page.costTable(account)),
            "",
            ...page.costNotes(account).flatMap((note) => wrap(note, 98)),
            ...files.map((file) => `written: ${file}`),
          ].join("\n"),
        );
      } finally {
        progress.stop();
        for (const model of models) model.dispose();
      }
    });
}

interface PlannedModel {
  readonly done: number;
  readonly total: number;
  make(): Promise<CostedModel>;
}

/** Every model asked for, in the order fc, conv, rl, vib, trained ones last. */
async function planModels(options: CostVerbOptions): Promise<PlannedModel[]> {
  const [classify, policies] = await Promise.all([
    import("../multitask/cost.ts"),
    import("../training/cost/policy.ts"),
  ]);
  const { settings } = options;
  const shown = await imagesOf(options);
  const makers = new Map<string, () => Promise<CostedModel>>();
  for (const id of classify.classifierIds) {
    makers.set(id, () => classify.untrainedClassifier(id, settings, shown));
  }
  for (const id of policies.policyIds(settings)) {
    makers.set(id, () => policies.untrainedPolicy(id, settings));
  }
  for (const id of classify.bottleneckIds) makers.set(id, () => classify.untrainedBottleneck(id, shown));
  const runs = options.run ?? [];
  // With runs alone asked for, the untrained ones would only be in the way.
  const wanted = options.models ?? (runs.length > 0 ? [] : [...makers.keys()]);
  const chosen = wanted.map((id) => {
    const make = makers.get(id);
    if (make === undefined) throw unknownName("model", id, [...makers.keys()]);
    return make;
  });
  const trained = runs.map((run) => async () => {
    const isClassifier = await holdsClassifier(run);
    return isClassifier ? classify.trainedClassifier(run, options.data) : policies.trainedPolicy(run);
  });
  const all = [...chosen, ...trained];
  return all.map((make, done) => ({ done, total: all.length, make }));
}

async function imagesOf({ data }: CostVerbOptions) {
  const [{ drawnImages }, { loadTwoImages }] = await Promise.all([
    import("../multitask/cost.ts"),
    import("../multitask/data/load.ts"),
  ]);
  if (data === undefined && !existsSync(DEFAULT_DATA)) return drawnImages();
  const { test, name } = await loadTwoImages(data ?? DEFAULT_DATA);
  return { samples: test, name: `test images of ${name}` };
}

/** Both kinds of runs have a `config.json`; only a classifier's speaks of classification. */
async function holdsClassifier(run: string): Promise<boolean> {
  const path = join(run, "config.json");
  if (!existsSync(path)) return false;
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return typeof value === "object" && value !== null && "classification" in value;
  } catch {
    throw new UsageError(`${path} is cut off or no JSON; expected the configuration that spikegym wrote`);
  }
}

function describeCommand({ settings, models, run = [], data, rounds }: CostVerbOptions): string {
  return [
    "spikegym cost",
    ...(settings === "published" ? [] : [`--settings ${settings}`]),
    ...(models === undefined ? [] : [`--models ${models.join(",")}`]),
    ...run.map(() => "--run RUN"),
    ...(data === undefined ? [] : ["--data DIR"]),
    ...(rounds === 3 ? [] : [`--rounds ${rounds}`]),
  ].join(" ");
}

function collect(value: string, before: readonly string[] = []): string[] {
  if (value === "") throw new InvalidArgumentError("Expected a run folder.");
  return [...before, value];
}

/** Every column but the first, numbers under numbers. */
function alignRight(rows: readonly (readonly string[])[]): string[][] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => (column === 0 ? cell : cell.padStart(widths[column]!))));
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = ` ${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
