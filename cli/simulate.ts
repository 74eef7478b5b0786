import type { Command } from "commander";
import { UsageError } from "../core/errors.ts";
import { parse } from "../core/parse.ts";
import type { Current, Interpolation } from "../neurons/study/current.ts";
import { hodgkinHuxleySchema } from "../neurons/study/hodgkin-huxley.ts";
import { integrators } from "../neurons/study/integrators/index.ts";
import type { Trace } from "../neurons/study/trace.ts";
import { collectSettings, parseNumber } from "./options.ts";
import { formatTable } from "./output.ts";
import { formatParameters } from "./parameter-help.ts";
import { runInTurns } from "./run-in-turns.ts";
import { checkTraceFile, writeTraceFile } from "./trace-file.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

const DEFAULT_DURATION_MS = 100;
/** Of the neurons that live in ms: hh fires regularly, uA/cm2. */
const DEFAULT_CURRENT = 10;
/** What is written of a run is held in memory. */
const MOST_SAMPLES = 1e7;

interface SimulateOptions extends SharedOptions {
  readonly current?: number;
  readonly currentCsv?: string;
  readonly interpolation: string;
  readonly durationMs?: number;
  readonly dtMs?: number;
  readonly integrator?: string;
  readonly tolerance: number;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly trace?: string;
  readonly recorded?: string;
}

/** What is simulated: the same for every kind of neuron. */
interface Stimulus {
  /** Undefined when none was asked for. */
  readonly current: Current | undefined;
  readonly durationMs: number;
  readonly dtMs: number | undefined;
}

/** A simulation under way and what it is called. */
interface Simulation {
  readonly input: string;
  readonly durationMs: number;
  readonly dtMs: number;
  readonly integrator: string;
  /** Yields the time reached, ms. */
  run(): Generator<number, SimulationResult>;
}

interface SimulationResult {
  readonly spikeTimesMs: readonly number[];
  readonly trace: Trace | undefined;
  /** Beside a recording. */
  readonly maxAbsVoltageDifferenceMv?: number;
}

/** `spikegym simulate`: one neuron under a current. */
export function addSimulate(program: Command, context: VerbContext): void {
  addVerb(program, "simulate <neuron>", "one neuron under a current: spike times, rate, traces")
    .option(
      "--current <A>",
      "a constant current; default 10 (uA/cm2) for neurons that live in ms, else what lets one begin to fire",
      parseNumber(),
    )
    .option("--current-csv <file>", "a current over time: lines of time_ms,current; - for the standard input")
    .option("--interpolation <kind>", "between two lines of the file: hold or linear", "hold")
    .option("--duration-ms <ms>", "default: 100, or the file's last time", parseNumber(1e-6))
    .option(
      "--dt-ms <ms>",
      "step; default: 0.01 for hh and tv-lif2hh, 0.5 for izhikevich, else 1 (a tick)",
      parseNumber(1e-6),
    )
    .option("--integrator <id>", `hh only (default: ${integrators.ids[0]}; below)`)
    .option("--tolerance <x>", "of dormand-prince, relative and absolute", parseNumber(1e-13, 1e-2), 1e-10)
    .option("--set <key=value>", "a parameter of the neuron; repeatable", collectSettings)
    .option(
      "--recorded <file>",
      "tv-lif2hh only: borrow the conductances of a neuron that simulate hh --trace wrote (.csv or .json)",
    )
    .option("--trace <file>", "every variable over time: .csv or .json, or a picture as .svg or .png")
    .addHelpText("after", `\n${HELP}`)
    .action(async (neuron: string, options: SimulateOptions) => {
      const output = openOutput(context, options);
      if (options.trace !== undefined) checkTraceFile(options.trace);
      const simulation = await prepare(neuron, options);
      const { durationMs, dtMs, integrator, input } = simulation;
      const { spikeTimesMs, trace, maxAbsVoltageDifferenceMv } = await runInTurns(
        "simulate",
        "ms",
        durationMs,
        simulation.run(),
        context,
      );
      const { settledRateHz } = await import("../neurons/study/simulate-hh.ts");
      const rateHz = settledRateHz(spikeTimesMs, durationMs);
      if (options.trace !== undefined && trace !== undefined) {
        await writeTraceFile(
          options.trace,
          trace,
          `${neuron}: ${spikeTimesMs.length} spikes`,
          `${input}, ${integrator}, dt ${dtMs} ms`,
        );
        output.note(`wrote ${options.trace}`);
      }
      output.finish(
        {
          neuron,
          spikeTimesMs,
          rateHz,
          spikes: spikeTimesMs.length,
          durationMs,
          dtMs,
          integrator,
          ...(maxAbsVoltageDifferenceMv === undefined ? {} : { maxAbsVoltageDifferenceMv }),
        },
        formatTable([
          ["neuron", neuron],
          ["spikes", `${spikeTimesMs.length} in ${durationMs} ms`],
          ["rate", `${rateHz.toFixed(2)} Hz, settled (second half of the run)`],
          ["at (ms)", describeTimes(spikeTimesMs)],
          ["integrator", `${integrator}, dt ${dtMs} ms`],
          ...(maxAbsVoltageDifferenceMv === undefined
            ? []
            : [["beside the recording", `at most ${maxAbsVoltageDifferenceMv.toPrecision(3)} mV apart`]]),
        ]),
      );
    });
}

const HELP = `A spike of hh is an upward crossing of 0 mV, interpolated. Under a strong current spikes become lower; one that peaks
below 0 mV counts, at its peak, if it rose fast enough (weakSpikeMvPerMs). rateHz is the rate the neuron has settled at:
spikes of the second half of the run over the time between its first and last.

Integrators of hh:
${formatTable(integrators.entries.map(({ id, summary }) => [`  ${id}`, summary]))}

Parameters of hh (--set; those of the other neurons are in docs/neurons.md):
${formatParameters(hodgkinHuxleySchema)}`;

async function readStimulus(options: SimulateOptions): Promise<Stimulus> {
  const { interpolation } = options;
  if (interpolation !== "hold" && interpolation !== "linear") {
    throw new UsageError(`--interpolation is "${interpolation}", expected hold or linear`);
  }
  if (options.currentCsv === undefined) {
    const { constantCurrent } = await import("../neurons/study/current.ts");
    const current = options.current === undefined ? undefined : constantCurrent(options.current);
    return { current, durationMs: options.durationMs ?? DEFAULT_DURATION_MS, dtMs: options.dtMs };
  }
  if (options.current !== undefined) {
    throw new UsageError("simulate: --current and --current-csv exclude each other; give one");
  }
  const { readCurrentFile } = await import("./current-file.ts");
  const { current, endMs } = readCurrentFile(options.currentCsv, interpolation as Interpolation);
  const durationMs = options.durationMs ?? endMs;
  if (!(durationMs > 0)) {
    throw new UsageError(`simulate: the file's last time is ${endMs} ms; give --duration-ms`);
  }
  return { current, durationMs, dtMs: options.dtMs };
}

async function prepare(neuron: string, options: SimulateOptions): Promise<Simulation> {
  const { neurons } = await import("../neurons/index.ts");
  neurons.get(neuron);
  if (options.recorded !== undefined) return prepareRecorded(neuron, options.recorded, options);
  const stimulus = await readStimulus(options);
  if (neuron === "hh") return prepareHodgkinHuxley(stimulus, options);
  if (options.integrator !== undefined) {
    throw new UsageError(`simulate: "${neuron}" has one integrator, its own; --integrator is for hh`);
  }
  return prepareTicks(neuron, stimulus, options);
}

async function prepareHodgkinHuxley(stimulus: Stimulus, options: SimulateOptions): Promise<Simulation> {
  const [{ simulateHodgkinHuxley }, { traceHodgkinHuxley }, { constantCurrent }] = await Promise.all([
    import("../neurons/study/simulate-hh.ts"),
    import("../neurons/study/trace.ts"),
    import("../neurons/study/current.ts"),
  ]);
  const integrator = integrators.get(options.integrator ?? "rk4");
  const settings = parse(hodgkinHuxleySchema, options.set ?? {}, 'neuron "hh"');
  const { durationMs, dtMs = 0.01 } = stimulus;
  const current = stimulus.current ?? constantCurrent(DEFAULT_CURRENT);
  checkSize(durationMs, dtMs, options);
  const problem = { neuron: settings, current, durationMs, dtMs, tolerance: options.tolerance };
  return {
    dtMs,
    durationMs,
    input: nameInput(current, options),
    integrator: integrator.id,
    *run() {
      const keep = options.trace !== undefined;
      const run = yield* simulateHodgkinHuxley(integrator, problem, keep);
      return {
        spikeTimesMs: run.spikeTimesMs,
        trace: keep ? traceHodgkinHuxley(settings, current, dtMs, run) : undefined,
      };
    },
  };
}

/** tv-LIF2HH beside a recorded neuron, under the recorded current unless another is asked for. */
async function prepareRecorded(neuron: string, file: string, options: SimulateOptions): Promise<Simulation> {
  if (neuron !== "tv-lif2hh") throw new UsageError(`simulate: --recorded is for tv-lif2hh, not "${neuron}"`);
  for (const key of ["dtMs", "durationMs", "integrator"] as const) {
    if (options[key] === undefined) continue;
    const option = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(`simulate: --${option} is the recording's, with --recorded; leave it out`);
  }
  const [{ followRecording, stepOf }, { readRecordedFile }] = await Promise.all([
    import("../neurons/equivalence/recorded-hh.ts"),
    import("./recorded-file.ts"),
  ]);
  const recorded = readRecordedFile(file);
  const settings = parse(hodgkinHuxleySchema, options.set ?? {}, 'neuron "tv-lif2hh"');
  const { current } = await readStimulus(options);
  return {
    dtMs: Number(stepOf(recorded).toPrecision(10)),
    durationMs: recorded.timesMs[recorded.timesMs.length - 1]!,
    input: current === undefined ? "the recorded current" : nameInput(current, options),
    integrator: "forward-euler",
    run: () => followRecording(settings, recorded, current),
  };
}

/** Step of the neurons that live in ms, their own integrator, and the settings with which the current is what they feel. */
const TIMED: Readonly<Record<string, { readonly dtMs: number; readonly integrator: string }>> = {
  "tv-lif2hh": { dtMs: 0.01, integrator: "exponential-euler" },
  izhikevich: { dtMs: 0.5, integrator: "forward-euler" },
};

async function prepareTicks(
  neuron: string,
  stimulus: Stimulus,
  options: SimulateOptions,
): Promise<Simulation> {
  const [{ makeNeuron }, { simulateTicks }, { constantCurrent }, { useKernels }, { Rng }] = await Promise.all(
    [
      import("../neurons/index.ts"),
      import("../neurons/study/simulate-ticks.ts"),
      import("../neurons/study/current.ts"),
      import("../kernels/load.ts"),
      import("../core/rng.ts"),
    ],
  );
  const timed = TIMED[neuron];
  const { durationMs, dtMs = timed?.dtMs ?? 1 } = stimulus;
  const own = timed === undefined ? {} : { tickMs: dtMs, substeps: 1, gain: 1, offset: 0 };
  const model = makeNeuron(neuron, { ...own, ...options.set });
  const current = stimulus.current ?? constantCurrent(timed ? DEFAULT_CURRENT : model.startingCurrent);
  checkSize(durationMs, dtMs, options);
  await useKernels({ simd: "strict" });
  const ticks = Math.max(1, Math.round(durationMs / dtMs));
  return {
    dtMs,
    durationMs,
    input: nameInput(current, options),
    integrator: timed?.integrator ?? "discrete",
    *run() {
      const trace = yield* simulateTicks(model, current, ticks, dtMs, new Rng(options.seed ?? 0));
      return { spikeTimesMs: trace.spikeTimesMs, trace };
    },
  };
}

function nameInput(current: Current, { currentCsv }: SimulateOptions): string {
  return currentCsv === undefined
    ? `current ${Number(current.highest.toPrecision(4))}`
    : "current from a file";
}

function checkSize(durationMs: number, dtMs: number, { trace }: SimulateOptions): void {
  if (dtMs > durationMs) {
    throw new UsageError(
      `simulate: a step of ${dtMs} ms in a run of ${durationMs} ms; take --dt-ms below it`,
    );
  }
  if (trace !== undefined && durationMs / dtMs > MOST_SAMPLES) {
    throw new UsageError(
      `simulate: --trace of ${Math.round(durationMs / dtMs)} samples, expected at most ${MOST_SAMPLES}; take a larger --dt-ms or a shorter run`,
    );
  }
}

function describeTimes(times: readonly number[]): string {
  const shown = times.slice(0, 12).map((t) => t.toFixed(3));
  return `${shown.join("  ")}${times.length > 12 ? `  … (${times.length})` : ""}`;
}
