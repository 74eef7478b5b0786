import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { simulateChain } from "../neurons/equivalence/chain.ts";
import { chainInputs } from "../neurons/equivalence/chain-inputs.ts";
import { chainConstants } from "../neurons/equivalence/chain-settings.ts";
import { simulateXor } from "../neurons/equivalence/xor.ts";
import { makeNeuron, type NeuronId, neurons } from "../neurons/index.ts";
import type { NeuronDefinition } from "../neurons/neuron-model.ts";
import { type Current, constantCurrent, sampledCurrent } from "../neurons/study/current.ts";
import { integrators } from "../neurons/study/integrators/index.ts";
import { settledRateHz } from "../neurons/study/simulate-hh.ts";
import { anchorOf, formatNumber, renderParameters, renderTable } from "./markdown.ts";
import { STIMULI, solve } from "./neuron-pictures.ts";
import { demonstratePublished, PUBLISHED_SETTINGS } from "./published-neuron.ts";

/** Where the page and its pictures belong. */
export const PAGE_PATH = fileURLToPath(new URL("../docs/neurons.md", import.meta.url));
export const PICTURES_PATH = fileURLToPath(new URL("../docs/images/neurons", import.meta.url));
/** What makes them anew. */
export const PAGE_COMMAND = "node --import tsx scripts/write-neuron-page.ts";

const NEURONS_FOLDER = fileURLToPath(new URL("../neurons", import.meta.url));
const SPEED_PATH = fileURLToPath(new URL("../docs/performance.json", import.meta.url));

/** Batch 64 x 128 units, 15 ticks: what `spikegym bench neuron` times. */
const NEURON_TICKS = 64 * 128 * 15;

const speedSchema = z.object({
  at: z.string(),
  machine: z.string(),
  commands: z.object({ neuron: z.string() }),
  results: z.object({
    neuron: z.record(z.string(), z.object({ forwardPerSecond: z.number(), forwardBackwardMs: z.number() })),
  }),
});

type Speed = z.output<typeof speedSchema>;

/** When a neuron's numbers stay finite and mean what they should. */
const STABLE: Readonly<Record<NeuronId, string>> = {
  ann: "always; it has no state",
  lif: "always: the decay is a share from 0 to 1",
  alif: "always: both decays are shares from 0 to 1",
  izhikevich: "steps up to 0.5 ms; larger ones are refused",
  "s-lif2hh": "always: the decay is a share from 0 to 1, and the wiring has no loop",
  "hh-published": "dt below 6.7 ms (dt g_L / C below 2); published steps are at most 0.2 ms",
  hh: "steps up to 1 ms, any current; larger ones are refused. Gates stay in [0, 1] by construction",
  "tv-lif2hh": "as hh",
};

/** docs/neurons.md, from the definitions, their doc comments and what the simulations give. */
export function renderNeuronPage(): string {
  const speed = speedSchema.parse(JSON.parse(readFileSync(SPEED_PATH, "utf8")));
  return `${[
    "# Neurons",
    `<!-- Generated: ${PAGE_COMMAND} -->`,
    "Every neuron is one file of `neurons/`, written twice: `step` in plain tfjs ops is the definition, a fused SIMD kernel " +
      "runs all ticks, and the tests hold the two together. Any constant of a neuron can be a number, a distribution that is drawn for each " +
      "neuron, or trained (see [constants](#constants)). `spikegym simulate <neuron>` runs one under a current.",
    renderOverview(speed),
    `Cost: ns for one neuron and tick of one integration step, batch 64 x 128 units over 15 ticks, float32, one core: the neurons forward, and a layer with its projection of 11 inputs forward and backward. From [performance.json](performance.json): \`${speed.commands.neuron}\`, ${speed.at}, ${speed.machine}.`,
    ...neurons.entries.map((definition) => renderNeuron(definition as NeuronDefinition<NeuronId>)),
    renderConstants(),
    renderIntegrators(),
    renderPublished(),
    renderEquivalence(),
  ].join("\n\n")}\n`;
}

function renderOverview({ results }: Speed): string {
  const nanoseconds = (value: number | undefined) =>
    value === undefined ? "" : String(Number(value.toPrecision(2)));
  const rows = neurons.entries.map(({ id, summary }) => {
    const model = makeNeuron(id);
    const own = results.neuron[id];
    return [
      `[\`${id}\`](#${anchorOf(id)})`,
      summary,
      String(model.states.length),
      `${model.inputsPerUnit} to ${model.outputsPerUnit}`,
      nanoseconds(own && 1e9 / own.forwardPerSecond),
      nanoseconds(own && (1e6 * own.forwardBackwardMs) / NEURON_TICKS),
    ];
  });
  return renderTable([
    ["neuron", "what it is", "states", "inputs to outputs", "forward", "forward and backward"],
    ...rows,
  ]);
}

function renderNeuron({ id, summary, caveat, references, parameters }: NeuronDefinition<NeuronId>): string {
  const model = makeNeuron(id);
  const { text, file } = readComment(id);
  const variables = model.variables
    .map(({ name, unit }) => (unit === "" ? name : `${name} (${unit})`))
    .join(", ");
  const facts = [
    `- Variables that can be recorded: ${variables}`,
    `- Time: ${model.tickMs === null ? "discrete; a tick has no length of its own" : `a tick is ${formatNumber(model.tickMs)} ms unless set`}`,
    `- Stable: ${STABLE[id]}`,
    ...references.map((reference) => `- ${reference}`),
    `- Source: [\`neurons/${file}\`](../neurons/${file})`,
  ];
  return [
    `## ${id}`,
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    ...(caveat === undefined ? [] : [`> ${caveat[0]!.toUpperCase()}${caveat.slice(1)}.`]),
    text,
    facts.join("\n"),
    `![${id} under a step of current of ${STIMULI[id].amplitude}](images/neurons/${id}.svg)`,
    ...renderParameters(parameters),
  ].join("\n\n");
}

/** The doc comment above a definition as Markdown: what is indented becomes code. */
function readComment(id: string): { text: string; file: string } {
  for (const file of readdirSync(NEURONS_FOLDER).filter((name) => name.endsWith(".ts"))) {
    const source = readFileSync(join(NEURONS_FOLDER, file), "utf8");
    const at = source.search(new RegExp(`= defineNeuron\\(\\{\\s*id: "${id}"`));
    if (at < 0) continue;
    const begin = source.lastIndexOf("/**", at);
    const comment = source.slice(begin + 3, source.indexOf("*/", begin));
    const lines = comment.split("\n").map((line) => line.replace(/^ \* ?/, "").trimEnd());
    return {
      file,
      text: lines
        .map((line) => line.replace(/^ {2}/, "      "))
        .join("\n")
        .trim(),
    };
  }
  throw new Error(`docs: found no doc comment above the definition of ${id} in neurons/*.ts; write one`);
}

function renderConstants(): string {
  return [
    "## Constants",
    "A conductance, potential, time constant or threshold is set by a number, by a draw for each neuron " +
      '`{"draw": "normal", "mean": 36, "spread": 4}` (also `uniform`, `lognormal`), or learned: `{"train": "neuron", "start": 36}`, ' +
      '`"layer"` for one number that all neurons of a layer share.',
  ].join("\n\n");
}

/** Largest error of the spike times over 100 ms, and rates over constant currents. */
function renderIntegrators(): string {
  const sine = (mean: number, amplitude: number, periodMs: number): Current => {
    const at = (t: number) => mean + amplitude * Math.sin((2 * Math.PI * t) / periodMs);
    return { at, before: at, breaksMs: [], lowest: mean - amplitude, highest: mean + amplitude };
  };
  const pulses = sampledCurrent(
    Array.from({ length: 14 }, (_, i) => 5 + 15 * Math.floor(i / 2) + (i % 2)),
    Array.from({ length: 14 }, (_, i) => (i % 2 === 0 ? 20 : 0)),
    "hold",
  );
  const currents: [name: string, current: Current][] = [
    ["10", constantCurrent(10)],
    ["10 + 5 sin, 20 ms", sine(10, 5, 20)],
    ["20 for 1 of 15 ms", pulses],
    ["10 + 10 sin, 5 ms", sine(10, 10, 5)],
  ];
  const exact = currents.map(([, current]) => solve("dormand-prince", current, 100, 0.01).spikeTimesMs);
  const rows = integrators.entries
    .filter(({ id }) => id !== "dormand-prince")
    .map(({ id, order, largestStepMs }) => [
      `\`${id}\``,
      String(order),
      largestStepMs === null ? "depends on the current" : `${largestStepMs} ms`,
      ...currents.map(([, current], i) => {
        const { spikeTimesMs } = solve(id, current, 100, 0.01);
        const times = exact[i]!;
        if (spikeTimesMs.length !== times.length) return "counts differ";
        return `${Math.max(...times.map((t, k) => Math.abs(t - spikeTimesMs[k]!))).toPrecision(1)} ms`;
      }),
    ]);
  const rates = [6.2, 6.5, 7, 8, 9, 10, 15, 20, 30, 50, 70, 154].map((amplitude) => [
    String(amplitude),
    settledRateHz(solve("rk4", constantCurrent(amplitude), 1000, 0.01).spikeTimesMs, 1000).toFixed(1),
  ]);
  return [
    "## Integrators",
    "`spikegym simulate hh` solves the equations in float64 with an integrator of choice: " +
      `${integrators.entries.map(({ id, summary }) => `\`${id}\` (${summary})`).join("; ")}.`,
    "The default is `rk4` at 0.01 ms: it is accurate for every current we tried, its step means what it says, and a step that is too large is " +
      "refused with the largest one that is stable under the current at hand. Largest error of a spike time over the first 100 ms at a step of 0.01 ms, " +
      "against `dormand-prince` at a tolerance of 1e-10 (which agrees with scipy's DOP853 at 1e-12 to 1e-7 ms):",
    renderTable([["integrator", "order", "largest step", ...currents.map(([name]) => name)], ...rows]),
    "The last current keeps the neuron at the edge of firing, where any error decides whether it fires now or a period later; there the " +
      "training integrator and forward Euler are not good enough at this step.",
    "A spike is an upward crossing of 0 mV, interpolated. At 70 uA/cm2 the action potentials peak at -4 mV: one that turns round below 0 mV counts, at its " +
      "peak, if it rose at 20 mV/ms or more. Settled rates under a constant current, `rk4`, 0.01 ms:",
    renderTable([
      ["uA/cm2", ...rates.map(([amplitude]) => amplitude!)],
      ["Hz", ...rates.map(([, rate]) => rate!)],
    ]),
    "![Settled rate of hh over constant current](images/neurons/hh-f-i.svg)",
  ].join("\n\n");
}

function renderPublished(): string {
  const rows = PUBLISHED_SETTINGS.map((setting) => {
    const result = demonstratePublished(setting);
    return [
      setting.name,
      result.zeroInputRate.toFixed(3),
      result.largestGate.toPrecision(2),
      result.largestChannelCurrent.toPrecision(1),
      result.nonlinearity < 1e-14 ? "below 1e-14" : result.nonlinearity.toPrecision(1),
      result.channelShare.toPrecision(1),
    ];
  });
  return [
    "## What hh-published computes",
    "In the paper's programs the six gate rates are constants drawn once for each neuron, so that n, m and h do not depend on the voltage. The neuron is then a " +
      "linear filter with a threshold. In the classification settings its gates hardly open in 15 ticks either: what is left is " +
      "a leaky integrator without reset, with a time constant of 3.3 ms and a drive towards 10.6 mV that makes it fire without any input. " +
      "In the single-pendulum setting the channels open a little, as a time course fixed in advance. Measured on " +
      "1,000 neurons and 15 ticks of N(0, 20) inputs, in float64:",
    renderTable([
      [
        "setting",
        "rate without input",
        "largest gate",
        "largest channel current, uA/cm2",
        "departure from linearity",
        "difference from a leak alone",
      ],
      ...rows,
    ]),
    "Departure from linearity: |V(a + b) - V(a) - V(b) + V(0)|; difference from a leak alone: against the same neuron without sodium and potassium; both " +
      "as shares of the largest |V|. A result of `hh-published` is a result about linear filters, nearly always leaky integrators; the neuron with voltage-dependent rates is [`hh`](#hh).",
  ].join("\n\n");
}

function renderEquivalence(): string {
  const cases = simulateXor();
  const xor = cases.map(({ inputs, hh, lif, countsEqual }) => [
    `(${inputs.join(", ")})`,
    String(hh.spikeTimesMs.length),
    String(lif.spikeTimesMs.length),
    countsEqual ? "equal" : "differ",
  ]);
  const chain = chainInputs.entries.map((input) => [
    `${input.id}: ${input.summary}`,
    ...Object.values(chainConstants).flatMap((constants) => {
      const { hh, lif, countsEqual, relativeTimingError } = simulateChain(input, constants);
      return [
        `${hh.spikeTimesMs.length} / ${lif.spikeTimesMs.length}`,
        countsEqual ? relativeTimingError!.toFixed(3) : "-",
      ];
    }),
  ]);
  return [
    "## Equivalence with LIF networks",
    "`spikegym equivalence xor|dense|chain` runs the paper's three simulations.",
    "**tv-LIF2HH** is exact: with everything taken from before the step, its voltage is Hodgkin and Huxley's to rounding (the paper reports 0.026 to 0.24 mV " +
      `at the same step of 0.001 ms; here the largest difference is below ${cases.some((c) => c.maxAbsVoltageDifferenceMv > 1e-10) ? "1e-9" : "1e-10"} mV). It borrows its conductances from the neuron beside it, ` +
      "so it shows that a Hodgkin-Huxley neuron can be written as four LIF neurons with constants that change in time, not that LIF neurons can do without one. " +
      "Two inputs onto one output, spikes of the output in 40 ms (the one at 4.991 ms comes from the start at -70 mV):",
    renderTable([["inputs", "Hodgkin-Huxley", "tv-LIF2HH", "counts"], ...xor]),
    "![The output neuron in the four cases](images/neurons/equivalence-xor.svg)",
    "**s-LIF2HH** stands alone and is approximate. A chain of two neurons, 80 ms; spikes of the second (Hodgkin-Huxley / s-LIF2HH) and mean distance of the spikes " +
      "over the mean interval, where the counts agree:",
    renderTable([
      ["input", ...Object.keys(chainConstants).flatMap((settings) => [settings, "error"])],
      ...chain,
    ]),
    "With the released constants the counts agree under two of the five inputs. (The starting values were identified by reproducing the published counts: h 0.1341 and n 0.6446, a neuron that has just fired; " +
      "the LIF neurons take the input in the middle of their tick of 1 ms.) The fitted constants were searched for by `node --import tsx scripts/fit-chain.ts`: gains, offsets, leaks, starts, resets and what is kept through one, of each " +
      "compartment, with ticks of 0.25 ms. They were fitted to these five inputs and say nothing about others.",
    ...Object.keys(chainConstants).map(
      (settings) => `![The chain, ${settings} constants](images/neurons/chain-${settings}.svg)`,
    ),
  ].join("\n\n");
}
