import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { SpikegymError, UsageError, unknownName } from "../core/errors.ts";
import type { SkippedFigure } from "../training/reproduce/book.ts";
import type { FigureDefinition, FigureOptions, FigureResult } from "../training/reproduce/figure.ts";
import type { FigureFiles } from "../training/reproduce/figure-record.ts";
import type { ScaleName } from "../training/reproduce/scale.ts";
import { DEFAULT_DATA } from "./multitask-options.ts";
import { collectSettings, parseInteger } from "./options.ts";
import { openProgress, type Progress } from "./progress.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface ReproduceVerbOptions extends SharedOptions {
  readonly scale: ScaleName;
  readonly seeds?: number;
  readonly workers: number;
  readonly data?: string;
  readonly out?: string;
  readonly report?: string;
  readonly set?: Readonly<Record<string, unknown>>;
}

const SEEDS = { quick: 3, full: 5 } as const;

/** `spikegym reproduce FIGURE`: the paper's figures from runs of one's own, with what holds of their claims. */
export function addReproduce(program: Command, context: VerbContext): void {
  addVerb(program, "reproduce <figure>", "a figure of the paper, made again: 3d, 4c, ..., complexity, or all")
    .addOption(
      new Option("--scale <name>", "quick: all in some 20 minutes on two cores; full: days, resumable")
        .choices(["quick", "full"])
        .default("quick"),
    )
    .option("--seeds <n>", "seeds 0 to n - 1 (default: 3, full: 5)", parseInteger(1, 1000))
    .option("--workers <n>", "training processes at a time", parseInteger(1, 1024), 2)
    .option("--data <dir>", `folder of the two-task data set (default: ${DEFAULT_DATA})`)
    .option("--out <dir>", "where it works and goes on (default: reproduce/<scale>)")
    .option("--report <dir>", "where figures, data and book go (default: <out>/report)")
    .option("--set <key=value>", "how much is run, e.g. epochs=5, steps.double=10000", collectSettings)
    .action(async (name: string, options: ReproduceVerbOptions) => {
      const output = openOutput(context, options);
      if (options.seed !== undefined) {
        throw new UsageError("reproduce: takes --seeds N, how many; its seeds are 0 to N - 1");
      }
      const [{ figures }, { writeFigure }, { writeBook }, { readScale }] = await Promise.all([
        import("../multitask/reproduce/index.ts"),
        import("../training/reproduce/figure-record.ts"),
        import("../training/reproduce/book.ts"),
        import("../training/reproduce/scale.ts"),
      ]);
      if (name !== "all" && !(figures.ids as readonly string[]).includes(name)) {
        throw unknownName("figure", name, ["all", ...figures.ids]);
      }
      const wanted: readonly FigureDefinition[] =
        name === "all" ? figures.entries : [figures.get(name) as FigureDefinition];
      const scale = readScale(options.scale, options.set ?? {});
      const seeds = options.seeds ?? SEEDS[options.scale];
      const out = options.out ?? `reproduce/${options.scale}`;
      const report = options.report ?? `${out}/report`;
      const data = findData(options.data);
      const { useKernels } = await import("../kernels/load.ts");
      // A figure times all its models in turns; memory is taken as it is used.
      await useKernels({ memoryMiB: 2048 });
      const shared = { work: out, scale, seeds, workers: options.workers, data, signal: context.signal };

      const made: (FigureFiles & Pick<FigureResult, "verdicts"> & { readonly id: string })[] = [];
      const skipped: SkippedFigure[] = [];
      for (const figure of wanted) {
        if (figure.needsData && data === null) {
          const why = howToGetData();
          skipped.push({ id: figure.id, title: figure.title, why });
          output.note(`reproduce ${figure.id}: skipped: ${why}`);
          continue;
        }
        const start = performance.now();
        const result = await runFigure(figure, shared, context, (line) => output.note(line));
        if (result === undefined) {
          await writeBook(report, figures.ids, skipped);
          throw new SpikegymError(
            `reproduce ${figure.id} stopped or has trainings that failed; spikegym reproduce ${name} with the same options goes on`,
          );
        }
        const files = await writeFigure(report, figure, result, {
          scale: options.scale,
          seeds,
          command: describeCommand(figure.id, options),
          wallSeconds: (performance.now() - start) / 1000,
        });
        made.push({ id: figure.id, ...files, verdicts: result.verdicts });
        // After each figure, so that what is there can be read.
        await writeBook(report, figures.ids, skipped);
      }
      const { book, readme } = await writeBook(report, figures.ids, skipped);
      const document =
        name === "all" ? { figures: made, skipped, book, readme } : { ...made[0], skipped, book, readme };
      output.finish(document, describeMade(made, skipped, book));
      if (made.length === 0)
        throw new SpikegymError(`reproduce ${name}: ${skipped[0]?.why ?? "nothing was made"}`);
    });
}

async function runFigure(
  figure: FigureDefinition,
  shared: Omit<FigureOptions, "onProgress" | "onNote">,
  context: VerbContext,
  note: (line: string) => void,
): Promise<FigureResult | undefined> {
  // A figure shows what it does now, and starts a new bar where that is counted in other units.
  let progress: Progress | undefined;
  let unit = "";
  try {
    return await figure.run({
      ...shared,
      onNote: (line) => (progress === undefined ? note(line) : progress.note(line)),
      onProgress: (at) => {
        if (at.unit !== unit) {
          progress?.stop();
          progress = openProgress(`reproduce ${figure.id}`, at.unit, context.streams);
          unit = at.unit;
        }
        progress!.update({ done: at.done, total: at.total, fields: at.fields });
      },
    });
  } finally {
    progress?.stop();
  }
}

/** The data folder asked for, the usual one where it is there, or null. */
function findData(data: string | undefined): string | null {
  if (data !== undefined) {
    if (!existsSync(data)) throw new UsageError(`--data ${data} does not exist; ${howToGetData()}`);
    return data;
  }
  return existsSync(DEFAULT_DATA) ? DEFAULT_DATA : null;
}

function howToGetData(): string {
  return `it needs the images of Fashion-MNIST and MNIST; get them with spikegym multitask data --download (into ${DEFAULT_DATA}, about 45 MB), or name their folder with --data DIR`;
}

/** The command that makes this figure, without the folders of one machine. */
function describeCommand(id: string, { scale, seeds, data, set = {} }: ReproduceVerbOptions): string {
  return [
    `spikegym reproduce ${id} --scale ${scale}`,
    `--seeds ${seeds ?? SEEDS[scale]}`,
    ...(data === undefined ? [] : ["--data DIR"]),
    ...Object.entries(set).map(
      ([key, value]) => `--set ${key}=${typeof value === "object" ? `'${JSON.stringify(value)}'` : value}`,
    ),
  ].join(" ");
}

function describeMade(
  made: readonly (Pick<FigureResult, "verdicts"> & { readonly id: string; readonly figure: string })[],
  skipped: readonly SkippedFigure[],
  book: string,
): string {
  return [
    ...made.flatMap(({ id, figure, verdicts }) => [
      `${id}  published: ${verdicts.published.holds}. ${verdicts.published.sentence}`,
      `${" ".repeat(id.length)}  matched: ${verdicts.matched.holds}. ${verdicts.matched.sentence}`,
      `${" ".repeat(id.length)}  ${figure}`,
    ]),
    ...skipped.map(({ id, why }) => `${id}  skipped: ${why}`),
    `book: ${book}`,
  ].join("\n");
}
