import type { ReplayHeader } from "../../core/replay-file/header.ts";
import type { ByteSink, FrameState } from "../../core/replay-file/recording.ts";
import { ReplayWriter } from "../../core/replay-file/writer.ts";
import { Rng } from "../../core/rng.ts";
import { type Body, balancingGains, moveBody, poleLengthM } from "./sample-body.ts";

/*
 * A deterministic replay file for testing the viewer: two poles balanced by state feedback, pushed twice, felled in the
 * second episode, beside a population of Hodgkin-Huxley neurons driven by the observation. The neurons listen and do
 * not steer; no number in it is a result.
 */

const stepSeconds = 0.05;
const units = 128;
const ticks = 25;
const tickMs = 0.2;
const tracedNeurons = [3, 11, 18, 26, 40, 47, 63, 70, 88, 96, 105, 121];

interface Population {
  readonly v: Float64Array;
  readonly n: Float64Array;
  readonly m: Float64Array;
  readonly h: Float64Array;
}

const expLinear = (x: number) => (Math.abs(x) < 1e-6 ? 1 + x / 2 : x / (1 - Math.exp(-x)));

/** One tick of every neuron: gates, then voltage, exponential Euler, two substeps (modern convention, mV, ms). */
function tickPopulation(p: Population, current: Float64Array, spikes: Uint8Array): void {
  const dt = tickMs / 2;
  for (let i = 0; i < units; i++) {
    for (let substep = 0; substep < 2; substep++) {
      const v = p.v[i]!;
      const relax = (x: number, alpha: number, beta: number) => {
        const target = alpha / (alpha + beta);
        return target + (x - target) * Math.exp(-dt * (alpha + beta));
      };
      const n = relax(p.n[i]!, 0.1 * expLinear((v + 55) / 10), 0.125 * Math.exp(-(v + 65) / 80));
      const m = relax(p.m[i]!, expLinear((v + 40) / 10), 4 * Math.exp(-(v + 65) / 18));
      const h = relax(p.h[i]!, 0.07 * Math.exp(-(v + 65) / 20), 1 / (1 + Math.exp(-(v + 35) / 10)));
      const na = 120 * m ** 3 * h;
      const k = 36 * n ** 4;
      const g = na + k + 0.3;
      const target = (current[i]! + na * 50 + k * -77 + 0.3 * -54.387) / g;
      const next = target + (v - target) * Math.exp(-dt * g);
      if (v <= 0 && next > 0) spikes[i] = 1;
      p.v[i] = next;
      p.n[i] = n;
      p.m[i] = m;
      p.h[i] = h;
    }
  }
}

function makeHeader(weights: number[], sensitivity: number[]): ReplayHeader {
  const rod = { kind: "rod" as const, lengthM: poleLengthM, radiusM: 0.045 };
  const observationLabels = [
    "x (m)",
    "sin theta1",
    "sin theta2",
    "cos theta1",
    "cos theta2",
    "vx (m/s)",
    "omega1 (rad/s)",
    "omega2 (rad/s)",
    "constraint force (N)",
  ];
  return {
    env: "InvertedDoublePendulum-v5",
    engine: "sample",
    stepSeconds,
    scene: {
      bodies: [
        { id: "cart", role: "cart", shape: { kind: "box", widthM: 0.3, heightM: 0.15 } },
        { id: "lower pole", role: "pole", shape: rod },
        { id: "upper pole", role: "pole", shape: rod },
      ],
      view: { xMin: -1.4, xMax: 1.4, yMin: -0.35, yMax: 1.45 },
      rail: { y: 0, xMin: -1, xMax: 1 },
      forceOn: 0,
    },
    observationLabels,
    actionLabels: ["force / 500 N"],
    seed: 7,
    agent: "State feedback beside 128 Hodgkin-Huxley neurons that listen; a sample, not a trained agent.",
    preset: null,
    versions: { spikegym: "0.1.0" },
    layers: [
      {
        id: "hidden",
        neuron: "hh",
        units,
        ticks,
        tickMs,
        threshold: 0,
        variables: [
          { name: "V", unit: "mV", role: "membrane" },
          { name: "n", unit: "1", role: "gate" },
          { name: "m", unit: "1", role: "gate" },
          { name: "h", unit: "1", role: "gate" },
          { name: "I_Na", unit: "uA/cm2", role: "current" },
          { name: "I_K", unit: "uA/cm2", role: "current" },
          { name: "I_L", unit: "uA/cm2", role: "current" },
        ],
        tracedNeurons,
        sensitivity,
        inputs: { labels: observationLabels, weights },
      },
    ],
    notes: ["A sample made by a test: the neurons listen to the body and do not steer it."],
  };
}

function stateOf(s: Body): FrameState {
  const [x, a, b, vx, va, vb] = s;
  const hinge2: [number, number] = [x + poleLengthM * Math.sin(a), poleLengthM * Math.cos(a)];
  return {
    poses: [x, 0, 0, x, 0, a, ...hinge2, b],
    qpos: [x, a, b - a],
    qvel: [vx, va, vb - va],
    observation: [x, Math.sin(a), Math.sin(b - a), Math.cos(a), Math.cos(b - a), vx, va, vb - va, 0],
  };
}

/** Pushes by episode: step number, newtons. The last one is more than the feedback can hold. */
const pushes: readonly ReadonlyMap<number, number>[] = [
  new Map([
    [50, 260],
    [130, -280],
  ]),
  new Map([
    [40, -300],
    [90, 2600],
  ]),
];

/** Writes two episodes of at most `steps` steps. */
export async function writeSampleReplay(sink: ByteSink, steps = 200): Promise<void> {
  const rng = new Rng("sample replay");
  const drive = rng.split("drive");
  const inputs = 9;
  const weights = Array.from({ length: units * inputs }, () => Number((drive.normal() * 4).toFixed(3)));
  // Groups of neurons prefer one input each, so that the raster shows waves.
  for (let i = 0; i < units; i++) weights[i * inputs + (i % 8)]! *= 6;
  const sensitivity = Array.from({ length: units }, () => Number(drive.normal().toFixed(3)));
  const writer = await ReplayWriter.open(sink, makeHeader(weights, sensitivity));
  const gains = balancingGains(stepSeconds);
  const noise = rng.split("noise");
  for (const [episode, pushed] of pushes.entries()) {
    let body: Body = [0, 0, 0, 0, 0, 0].map(
      (_, i) => noise.normal() * (i < 3 ? 0.05 : 0.1),
    ) as unknown as Body;
    const population: Population = {
      v: new Float64Array(units).map(() => noise.uniform(-75, -55)),
      n: new Float64Array(units).fill(0.317677),
      m: new Float64Array(units).fill(0.052932),
      h: new Float64Array(units).fill(0.596121),
    };
    await writer.beginEpisode(`seed ${episode}`);
    for (let step = 0; step < steps; step++) {
      const before = stateOf(body);
      const push = pushed.get(step) ?? 0;
      if (push !== 0) await writer.event({ kind: "push", label: "push on the cart", value: push });
      const wanted = -gains.reduce((sum, gain, i) => sum + gain * body[i]!, 0) + 6 * noise.normal();
      const forceN = Math.max(-500, Math.min(500, wanted));
      body = moveBody(body, forceN + push, stepSeconds);
      const [x, a, b] = body;
      const tip = poleLengthM * (Math.cos(a) + Math.cos(b));
      const terminated = tip <= 0.2 * poleLengthM;
      const current = new Float64Array(units).map((_, i) => {
        let sum = 7;
        for (let j = 0; j < inputs; j++)
          sum += weights[i * inputs + j]! * before.observation[j]! * (j === 3 || j === 4 ? 0.1 : 1);
        return Math.max(-20, Math.min(60, sum));
      });
      const spikes = new Uint8Array(ticks * units);
      const traces: number[] = [];
      for (let t = 0; t < ticks; t++) {
        tickPopulation(population, current, spikes.subarray(t * units, (t + 1) * units));
        for (const i of tracedNeurons) {
          const v = population.v[i]!;
          const n = population.n[i]!;
          const m = population.m[i]!;
          const h = population.h[i]!;
          traces.push(v, n, m, h, 120 * m ** 3 * h * (v - 50), 36 * n ** 4 * (v + 77), 0.3 * (v + 54.387));
        }
      }
      await writer.step({
        ...before,
        action: [forceN / 500],
        forceN,
        reward: terminated
          ? 0
          : 10 - 0.01 * x * x - (tip - 2 * poleLengthM) ** 2 - 1e-3 * before.qvel[1]! ** 2,
        terminated,
        truncated: !terminated && step === steps - 1,
        layers: { hidden: { spikes, traces } },
      });
      if (terminated) break;
    }
    await writer.endEpisode(stateOf(body));
  }
  await writer.close();
}
