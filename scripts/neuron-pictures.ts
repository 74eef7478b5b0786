import { Rng } from "../core/rng.ts";
import { useKernels } from "../kernels/load.ts";
import { simulateChain } from "../neurons/equivalence/chain.ts";
import { chainInputs } from "../neurons/equivalence/chain-inputs.ts";
import { chainConstants } from "../neurons/equivalence/chain-settings.ts";
import { simulateXor } from "../neurons/equivalence/xor.ts";
import { makeNeuron, type NeuronId, neurons } from "../neurons/index.ts";
import { type Current, constantCurrent, sampledCurrent } from "../neurons/study/current.ts";
import { type HodgkinHuxley, hodgkinHuxleySchema } from "../neurons/study/hodgkin-huxley.ts";
import { type IntegratorId, integrators } from "../neurons/study/integrators/index.ts";
import { settledRateHz, simulateHodgkinHuxley } from "../neurons/study/simulate-hh.ts";
import { simulateTicks } from "../neurons/study/simulate-ticks.ts";
import { type Trace, traceHodgkinHuxley } from "../neurons/study/trace.ts";
import { drawChain, drawXor } from "../training/plots/equivalence-pictures.ts";
import { drawLineChart } from "../training/plots/line-chart.ts";
import { drawNeuronTrace } from "../training/plots/neuron-trace.ts";
import type { Picture } from "../training/plots/render-svg.ts";
import { colours } from "../training/plots/theme.ts";

/** The step of current that each neuron is shown under: from 20 % to 80 % of the run. */
export const STIMULI: Readonly<
  Record<NeuronId, { readonly amplitude: number; readonly durationMs: number; readonly dtMs: number }>
> = {
  ann: { amplitude: 1, durationMs: 40, dtMs: 1 },
  lif: { amplitude: 0.17, durationMs: 40, dtMs: 1 },
  alif: { amplitude: 0.3, durationMs: 40, dtMs: 1 },
  izhikevich: { amplitude: 10, durationMs: 300, dtMs: 0.5 },
  "s-lif2hh": { amplitude: 0.7, durationMs: 40, dtMs: 1 },
  "hh-published": { amplitude: 40, durationMs: 40, dtMs: 1 },
  hh: { amplitude: 10, durationMs: 100, dtMs: 0.01 },
  "tv-lif2hh": { amplitude: 10, durationMs: 100, dtMs: 0.01 },
};

const NEURON = hodgkinHuxleySchema.parse({});

/** Solves the standard neuron's equations. */
export function solve(
  id: IntegratorId,
  current: Current,
  durationMs: number,
  dtMs: number,
  neuron: HodgkinHuxley = NEURON,
) {
  const problem = { neuron, current, durationMs, dtMs, tolerance: 1e-10 };
  return finish(simulateHodgkinHuxley(integrators.get(id), problem, true));
}

function finish<R>(running: Generator<number, R>): R {
  for (;;) {
    const next = running.next();
    if (next.done) return next.value;
  }
}

/** Every picture of docs/neurons.md by its file's name. */
export async function drawNeuronPictures(): Promise<Readonly<Record<string, Picture>>> {
  await useKernels({ simd: "strict" });
  const responses = neurons.ids.map((id) => [id, drawResponse(id)] as const);
  const chains = Object.entries(chainConstants).map(([settings, constants]) => {
    const results = chainInputs.entries.map((input) => ({ input, result: simulateChain(input, constants) }));
    return [`chain-${settings}`, drawChain(results, settings)] as const;
  });
  return Object.fromEntries([
    ...responses,
    ["hh-f-i", drawRates()],
    ["equivalence-xor", drawXor(simulateXor())],
    ...chains,
  ]);
}

function drawResponse(id: NeuronId): Picture {
  const { amplitude, durationMs, dtMs } = STIMULI[id];
  const current = sampledCurrent([0.2 * durationMs, 0.8 * durationMs], [amplitude, 0], "hold");
  return drawNeuronTrace(respond(id, current, durationMs, dtMs), id, `a step of current of ${amplitude}`);
}

function respond(id: NeuronId, current: Current, durationMs: number, dtMs: number): Trace {
  if (id === "hh") return traceHodgkinHuxley(NEURON, current, dtMs, solve("rk4", current, durationMs, dtMs));
  const timed = makeNeuron(id).tickMs !== null;
  const model = makeNeuron(id, timed ? { tickMs: dtMs, substeps: 1, gain: 1, offset: 0 } : {});
  return finish(simulateTicks(model, current, Math.round(durationMs / dtMs), dtMs, new Rng(0)));
}

/** Settled rates of hh over constant currents. */
function drawRates(): Picture {
  const currents = [
    ...Array.from({ length: 21 }, (_, i) => 6 + i * 0.1),
    ...Array.from({ length: 30 }, (_, i) => 9 + 3 * i),
  ];
  const rates = currents.map((amplitude) => {
    const { spikeTimesMs } = solve("rk4", constantCurrent(amplitude), 400, 0.02);
    return settledRateHz(spikeTimesMs, 400);
  });
  return drawLineChart({
    title: "hh: settled rate over constant current",
    subtitle: "it starts at about 50 Hz: small currents give single spikes or none",
    x: { name: "Current", unit: "µA/cm²", min: 0, max: 100 },
    panels: [
      {
        y: { name: "Rate", unit: "Hz", min: 0 },
        share: 1.6,
        lines: [{ name: "hh", x: currents, y: rates, colour: colours.ink }],
      },
    ],
  });
}
