import { extname } from "node:path";
import { Argument, type Command, Option } from "commander";
import { UsageError } from "../core/errors.ts";
import { chainInputs } from "../neurons/equivalence/chain-inputs.ts";
import { chainConstants } from "../neurons/equivalence/chain-settings.ts";
import type { Comparison } from "../neurons/equivalence/result.ts";
import type { Picture } from "../training/plots/render-svg.ts";
import { parseInteger } from "./options.ts";
import { formatTable, type Output } from "./output.ts";
import { runInTurns } from "./run-in-turns.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface EquivalenceOptions extends SharedOptions {
  readonly input?: string;
  readonly settings: keyof typeof chainConstants;
  readonly image?: string;
  readonly imageIndex: number;
  readonly out?: string;
}

/** `spikegym equivalence`: the paper's three simulations of Hodgkin-Huxley neurons beside networks of LIF neurons. */
export function addEquivalence(program: Command, context: VerbContext): void {
  addVerb(program, "equivalence", "Hodgkin-Huxley neurons beside the LIF networks that stand for them")
    .addArgument(new Argument("<kind>", "which simulation").choices(["xor", "dense", "chain"]))
    .option("--input <id>", `chain: ${chainInputs.ids.join(", ")} (default: all)`)
    .addOption(
      new Option("--settings <kind>", "chain: constants of s-LIF2HH as released, or fitted to agree")
        .choices(Object.keys(chainConstants))
        .default("published"),
    )
    .option("--image <file>", "dense: images as IDX (ubyte, 28 x 28), gzip or not (default: a ring of ink)")
    .option("--image-index <n>", "dense: which image of the file", parseInteger(0), 0)
    .option("--out <file>", "a picture, .svg or .png")
    .addHelpText("after", `\n${HELP}`)
    .action(async (kind: "xor" | "dense" | "chain", options: EquivalenceOptions) => {
      const output = openOutput(context, options);
      checkOptions(kind, options);
      const picture = await { xor: runXor, dense: runDense, chain: runChain }[kind](output, options, context);
      if (options.out !== undefined) {
        const { writePicture } = await import("../training/plots/write-picture.ts");
        await writePicture(options.out, await picture());
        output.note(`wrote ${options.out}`);
      }
    });
}

const HELP = `xor    two neurons onto one, as Hodgkin-Huxley and as tv-LIF2HH, in the four cases of two bits
dense  784 -> 128 -> 10 neurons with random positive weights under an image
chain  two neurons, as Hodgkin-Huxley and as s-LIF2HH, under five inputs

tv-LIF2HH borrows its conductances from the Hodgkin-Huxley neuron beside it, instant by instant: a construction, not a
model that stands alone. relativeTimingError is the mean distance of the spikes in turn over the mean interval; with
several neurons or cases the largest is given, and spikeTimesMs holds one list for each.`;

function checkOptions(kind: string, options: EquivalenceOptions): void {
  const refuse = (option: string, of: string) => {
    throw new UsageError(`equivalence ${kind}: --${option} is for ${of}`);
  };
  if (kind !== "chain" && options.input !== undefined) refuse("input", "chain");
  if (kind !== "chain" && options.settings !== "published") refuse("settings", "chain");
  if (kind !== "dense" && options.image !== undefined) refuse("image", "dense");
  if (options.out === undefined) return;
  const ending = extname(options.out).toLowerCase();
  if (ending !== ".svg" && ending !== ".png") {
    throw new UsageError(`--out "${options.out}" ends in "${ending}", expected .svg or .png`);
  }
}

/** Draws what has been simulated, if asked to. */
type Draw = () => Promise<Picture>;

async function runXor(output: Output): Promise<Draw> {
  const { simulateXor } = await import("../neurons/equivalence/xor.ts");
  const cases = simulateXor();
  const maxAbsVoltageDifferenceMv = Math.max(...cases.map((c) => c.maxAbsVoltageDifferenceMv));
  output.finish(
    {
      kind: "xor",
      ...summarise(cases),
      maxAbsVoltageDifferenceMv,
      cases: cases.map(({ voltages: _, ...rest }) => rest),
    },
    tabulate(
      cases.map((c) => [`(${c.inputs.join(", ")})`, c]),
      `largest difference of the voltages ${maxAbsVoltageDifferenceMv.toPrecision(2)} mV`,
    ),
  );
  return async () => (await import("../training/plots/equivalence-pictures.ts")).drawXor(cases);
}

async function runDense(output: Output, options: EquivalenceOptions, context: VerbContext): Promise<Draw> {
  const [{ simulateDense }, { TV_LIF2HH_SETTINGS }, { Rng }] = await Promise.all([
    import("../neurons/equivalence/dense.ts"),
    import("../neurons/equivalence/coupled-pair.ts"),
    import("../core/rng.ts"),
  ]);
  const running = simulateDense(await readImage(options), new Rng(options.seed ?? 0));
  const { durationMs } = TV_LIF2HH_SETTINGS;
  const result = await runInTurns("equivalence dense", "ms", durationMs, running, context);
  const { outputs, hiddenCountsEqual, maxSpikeDifferenceMs, maxAbsVoltageDifferenceMv } = result;
  output.finish(
    {
      kind: "dense",
      ...summarise(outputs),
      maxAbsVoltageDifferenceMv,
      hiddenCountsEqual,
      maxSpikeDifferenceMs,
    },
    tabulate(
      outputs.map((comparison, i) => [`output ${i}`, comparison]),
      `largest difference of the voltages ${maxAbsVoltageDifferenceMv.toPrecision(2)} mV; of the spikes of all 138 neurons ${maxSpikeDifferenceMs ?? "(counts differ)"} ms`,
    ),
  );
  return async () => (await import("../training/plots/equivalence-pictures.ts")).drawDense(result);
}

/** The image asked for, raw values 0 to 255. */
async function readImage({ image, imageIndex }: EquivalenceOptions): Promise<Uint8Array> {
  const { IMAGE_SIDE, sampleImage } = await import("../neurons/equivalence/sample-image.ts");
  if (image === undefined) return sampleImage();
  const { readIdx } = await import("../multitask/data/idx.ts");
  const { shape, values } = await readIdx(image);
  const [count = 0, rows, columns] = shape;
  if (shape.length !== 3 || rows !== IMAGE_SIDE || columns !== IMAGE_SIDE) {
    throw new UsageError(`--image "${image}" holds [${shape.join(", ")}], expected [images, 28, 28]`);
  }
  if (imageIndex >= count) {
    throw new UsageError(`--image-index is ${imageIndex}, but "${image}" holds ${count} images`);
  }
  const size = IMAGE_SIDE * IMAGE_SIDE;
  return values.subarray(imageIndex * size, (imageIndex + 1) * size);
}

async function runChain(output: Output, { input, settings }: EquivalenceOptions): Promise<Draw> {
  const { simulateChain } = await import("../neurons/equivalence/chain.ts");
  const inputs = input === undefined ? chainInputs.entries : [chainInputs.get(input)];
  const results = inputs.map((each) => ({
    input: each,
    result: simulateChain(each, chainConstants[settings]),
  }));
  const comparisons = results.map(({ result: { voltages: _, ...rest }, input: each }) => ({
    input: each.id,
    ...rest,
  }));
  const summary =
    comparisons.length === 1 ? comparisons[0]! : { ...summarise(comparisons), inputs: comparisons };
  output.finish(
    // The simplified neuron's membranes have no unit: there is no voltage to compare.
    { kind: "chain", settings, ...summary, maxAbsVoltageDifferenceMv: null },
    tabulate(comparisons.map((comparison) => [comparison.input, comparison])),
  );
  return async () => (await import("../training/plots/equivalence-pictures.ts")).drawChain(results, settings);
}

/** Several comparisons as one: all spikes, the largest error. */
function summarise(comparisons: readonly Comparison[]) {
  const errors = comparisons.flatMap(({ relativeTimingError }) => relativeTimingError ?? []);
  return {
    hh: { spikeTimesMs: comparisons.map(({ hh }) => hh.spikeTimesMs) },
    lif: { spikeTimesMs: comparisons.map(({ lif }) => lif.spikeTimesMs) },
    countsEqual: comparisons.every(({ countsEqual }) => countsEqual),
    relativeTimingError: errors.length === 0 ? null : Math.max(...errors),
  };
}

function tabulate(rows: readonly (readonly [string, Comparison])[], foot?: string): string {
  const head = ["", "HH", "LIF", "counts", "timing error"];
  const body = rows.map(([name, { hh, lif, countsEqual, relativeTimingError }]) => [
    name,
    String(hh.spikeTimesMs.length),
    String(lif.spikeTimesMs.length),
    countsEqual ? "equal" : "differ",
    relativeTimingError === null ? "-" : relativeTimingError.toFixed(4),
  ]);
  return `${formatTable([head, ...body])}${foot === undefined ? "" : `\n${foot}`}`;
}
