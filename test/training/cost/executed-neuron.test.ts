import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { makeNeuron } from "../../../neurons/index.ts";
import { COVERED, executedNeuronOperations, GATES, VOLTAGE } from "../../../training/cost/executed-neuron.ts";
import type { Operations } from "../../../training/cost/operations.ts";

const source = (name: string) =>
  readFileSync(new URL(`../../../kernels/assembly/${name}.ts`, import.meta.url), "utf8");

/** The body of a kernel's function. */
function bodyOf(file: string, name: string): string {
  const text = source(file);
  const start = text.indexOf(`function ${name}(`);
  expect(start, `kernels/assembly/${file}.ts has ${name}`).toBeGreaterThanOrEqual(0);
  return text.slice(start, text.indexOf("\n}\n", start));
}

const times = (body: string, pattern: RegExp) => [...body.matchAll(pattern)].length;

/** Arithmetic instructions written out in a body; `pmax` and `lt` are comparisons. */
function written(body: string): Operations {
  return {
    additions: times(body, /f32x4\.(?:add|sub|pmax|pmin|max|min|lt|gt|le|ge|eq)\(|i32x4\.(?:add|sub)\(/g),
    multiplications: times(body, /f32x4\.(?:mul|div|sqrt)\(|i32x4\.mul\(/g),
  };
}

function plus(a: Operations, b: Operations, factor = 1): Operations {
  return {
    additions: a.additions + factor * b.additions,
    multiplications: a.multiplications + factor * b.multiplications,
  };
}

describe("executedNeuronOperations", () => {
  it("counts the exponential as its source has it", () => {
    const polynomial = written(bodyOf("exp", "polynomial"));
    expect(plus(written(bodyOf("exp", "covered4")), polynomial)).toEqual(COVERED);
  });

  it("counts Hodgkin-Huxley's substep as its source has it", () => {
    const lookup = plus(written(bodyOf("hh-gates", "relaxGates")), written(bodyOf("hh-gates", "held")));
    expect(times(bodyOf("hh-gates", "relaxGates"), /\bparabola\(/g)).toBe(8);
    expect(times(bodyOf("hh-gates", "relaxGates"), / relax\(/g)).toBe(3);
    const parabolas = plus(lookup, written(bodyOf("hh-gates", "parabola")), 8);
    expect(plus(parabolas, written(bodyOf("hh-gates", "relax")), 3)).toEqual(GATES);

    const powers = plus(written(bodyOf("hh-state", "cube")), written(bodyOf("hh-state", "fourth")));
    expect(plus(plus(written(bodyOf("hh-state", "relaxVoltage")), powers), COVERED)).toEqual(VOLTAGE);
  });

  it("resets by a mask: d v + I, a comparison and a count for a leaky neuron; four of them and a 3 -> 1 for s-lif2hh", () => {
    expect(executedNeuronOperations(makeNeuron("lif", {}).kernel).perTick).toEqual({
      additions: 3,
      multiplications: 1,
    });
    expect(executedNeuronOperations(makeNeuron("s-lif2hh", {}).kernel).perTick).toEqual({
      additions: 15,
      multiplications: 7,
    });
  });

  it("costs in proportion to the substeps", () => {
    const of = (substeps: number) =>
      executedNeuronOperations(makeNeuron("hh", { tickMs: 1, substeps }).kernel).perTick.multiplications;
    expect(of(10) - of(5)).toBe(of(15) - of(10));
    expect(of(10)).toBeGreaterThan(
      5 * executedNeuronOperations(makeNeuron("izhikevich", {}).kernel).perTick.multiplications,
    );
  });
});
