import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { neurons } from "../../neurons/index.ts";
import { runSpikegym } from "./run-for-tests.ts";

interface Simulated {
  readonly spikeTimesMs: number[];
  readonly rateHz: number;
  readonly dtMs: number;
  readonly integrator: string;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spikegym-simulate-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(text: string): string {
  const path = join(folder, "current.csv");
  writeFileSync(path, text);
  return path;
}

async function simulate(...args: string[]): Promise<Simulated> {
  const { exitCode, stdout, stderr } = await runSpikegym(["simulate", "--json", ...args]);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Simulated;
}

describe("simulate", () => {
  it("fires hh as the equations do by default", async () => {
    const { spikeTimesMs, rateHz, dtMs, integrator } = await simulate("hh", "--current", "10");
    expect(spikeTimesMs[0]).toBeCloseTo(1.90097, 4);
    expect(spikeTimesMs[6]).toBeCloseTo(90.01771, 4);
    expect(rateHz).toBeCloseTo(68.32, 1);
    expect({ dtMs, integrator }).toEqual({ dtMs: 0.01, integrator: "rk4" });
  });

  it.each(neurons.ids)("runs %s, and its trace is as long as the run", async (id) => {
    const trace = join(folder, "trace.json");
    const { dtMs } = await simulate(id, "--duration-ms", "20", "--trace", trace);
    const written = JSON.parse(readFileSync(trace, "utf8")) as Record<string, number[]>;
    const samples = Math.round(20 / dtMs) + (id === "hh" ? 1 : 0);
    for (const key of ["timesMs", "I"]) expect(written[key]).toHaveLength(samples);
    expect(written.timesMs!.at(-1)).toBeCloseTo(20, 9);
  });

  it("reads the same from a file with jumps, with many equal lines, and on the standard rules of interpolation", async () => {
    const short = await simulate("hh", "--current-csv", write("time_ms,current\n0,0\n5,20\n6,0\n30,0\n"));
    const long = Array.from({ length: 3001 }, (_, i) => `${i / 100},${i >= 500 && i < 600 ? 20 : 0}`).join(
      "\n",
    );
    const held = await simulate("hh", "--current-csv", write(long));
    expect(short.spikeTimesMs).toHaveLength(1);
    expect(held.spikeTimesMs[0]).toBeCloseTo(short.spikeTimesMs[0]!, 9);
    const edges = write("0,0\n5,0\n5,20\n6,20\n6,0\n30,0\n");
    const lines = await simulate("hh", "--interpolation", "linear", "--current-csv", edges);
    expect(lines.spikeTimesMs[0]).toBeCloseTo(short.spikeTimesMs[0]!, 9);
  });

  it("writes traces as CSV and as a picture", async () => {
    const csv = join(folder, "trace.csv");
    await simulate("hh", "--duration-ms", "5", "--trace", csv);
    const [head, first] = readFileSync(csv, "utf8").split("\n");
    expect(head).toBe("time_ms,I_uA_cm2,V_mV,m,h,n,I_Na_uA_cm2,I_K_uA_cm2,I_L_uA_cm2");
    expect(first).toMatch(/^0,10,-65,0\.0529/);
    const svg = join(folder, "trace.svg");
    await simulate("hh", "--duration-ms", "5", "--trace", svg);
    expect(readFileSync(svg, "utf8")).toContain("Membrane (mV)");
  });

  it("sets parameters of the neuron", async () => {
    const { spikeTimesMs } = await simulate("hh", "--set", "gNa=0");
    expect(spikeTimesMs).toEqual([]);
  });

  it("stops where it is when interrupted", async () => {
    const { exitCode, stdout, stderr } = await runSpikegym(
      ["simulate", "hh", "--duration-ms", "5000"],
      AbortSignal.abort(),
    );
    expect(stderr).toMatch(/simulate: stopped at \d+ of 5000 ms/);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  });

  const bad: [what: string, args: string[], exitCode: number, message: RegExp][] = [
    ["an unknown neuron", ["hhh"], 2, /unknown neuron "hhh"; did you mean "hh"/],
    ["an unknown integrator", ["hh", "--integrator", "rk5"], 2, /did you mean "rk4"/],
    ["an integrator for a neuron with its own", ["lif", "--integrator", "rk4"], 2, /--integrator is for hh/],
    ["an unknown parameter", ["hh", "--set", "gNaa=1"], 2, /unknown key "gNaa"; did you mean "gNa"/],
    [
      "a step that is unstable",
      ["hh", "--dt-ms", "0.2"],
      2,
      /the largest stable step under this current is 0\.0\d+ ms/,
    ],
    [
      "a step too large for izhikevich",
      ["izhikevich", "--dt-ms", "2"],
      2,
      /at most 0\.5 \(the largest stable one\)/,
    ],
    ["a current that is no number", ["hh", "--current", "NaN"], 2, /Expected a finite number/],
    ["two currents", ["hh", "--current", "1", "--current-csv", "x"], 2, /exclude each other/],
    ["a missing file", ["hh", "--current-csv", "no/such.csv"], 1, /no such file/],
    ["a trace of unknown kind", ["hh", "--trace", "a.txt"], 2, /ends in "\.txt", expected one of \.csv/],
    [
      "an unknown interpolation",
      ["hh", "--current-csv", "x", "--interpolation", "cubic"],
      2,
      /hold or linear/,
    ],
    ["a step longer than the run", ["lif", "--dt-ms", "5", "--duration-ms", "2"], 2, /take --dt-ms below it/],
  ];
  it.each(bad)("answers %s with one line", async (_, args, code, message) => {
    const { exitCode, stdout, stderr } = await runSpikegym(["simulate", ...args]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
  });

  it.each([
    ["NaN", "0,1\n2.5,NaN\n", /line 2: the current at 2\.5 ms is "NaN"/],
    ["an infinite current", "0,1\n3,inf\n", /line 2: the current at 3 ms is "inf"/],
    ["a gap", "0,1\n3,\n", /line 2: the current at 3 ms is ""/],
    ["time running backwards", "0,1\n3,1\n2,1\n", /sample 2 is at 2 ms, after one at 3 ms/],
    ["a third column", "0,1,2\n", /line 1: "0,1,2", expected "time_ms,current"/],
    ["text", "hello\n", /line 1: "hello"/],
    ["nothing", "\n", /no samples/],
  ])("refuses %s in the file", async (_, text, message) => {
    const { exitCode, stderr } = await runSpikegym(["simulate", "hh", "--current-csv", write(text)]);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(1);
  });

  it("tv-lif2hh follows a recorded hh: to rounding where Euler made it, to Euler's error where another method did", async () => {
    const beside = async (integrator: string, ending: string) => {
      const trace = join(folder, `hh.${ending}`);
      const own = ["--integrator", integrator, "--dt-ms", "0.005", "--duration-ms", "20", "--trace", trace];
      const hh = await simulate("hh", "--current", "10", ...own);
      const lif = (await simulate("tv-lif2hh", "--recorded", trace)) as Simulated & {
        maxAbsVoltageDifferenceMv: number;
      };
      expect(lif.spikeTimesMs).toHaveLength(2);
      lif.spikeTimesMs.forEach((t, i) => {
        expect(Math.abs(t - hh.spikeTimesMs[i]!)).toBeLessThan(0.01);
      });
      return lif.maxAbsVoltageDifferenceMv;
    };
    expect(await beside("forward-euler", "csv")).toBeLessThan(1e-7);
    expect(await beside("forward-euler", "json")).toBeLessThan(1e-11);
    const others = await beside("rk4", "csv");
    expect(others).toBeGreaterThan(0.1);
    expect(others).toBeLessThan(1);
  });

  it("names the neuron whose step is too large", async () => {
    const { stderr } = await runSpikegym(["simulate", "tv-lif2hh", "--dt-ms", "1.5"]);
    expect(stderr).toContain('neuron "tv-lif2hh": tickMs 1.5 in 1 substeps is a step of 1.5 ms');
  });

  it("refuses a recording that is none, of unequal steps, or for another neuron", async () => {
    const refused = async (neuron: string, text: string) => {
      const { exitCode, stderr } = await runSpikegym(["simulate", neuron, "--recorded", write(text)]);
      expect(exitCode).toBeGreaterThan(0);
      return stderr;
    };
    const head = "time_ms,I_uA_cm2,V_mV,m,h,n\n";
    expect(await refused("tv-lif2hh", "time_ms,V_mV\n0,-65\n")).toContain('no column "I_uA_cm2"');
    expect(await refused("tv-lif2hh", `${head}0,0,-65,0,1,0\n1,0,-65,x,1,0\n`)).toContain('line 3: m is "x"');
    const jump = `${head}0,0,-65,0,1,0\n0.01,0,-65,0,1,0\n0.05,0,-65,0,1,0\n`;
    expect(await refused("tv-lif2hh", jump)).toContain("record in equal steps");
    expect(await refused("lif", head)).toContain('--recorded is for tv-lif2hh, not "lif"');
  });
});
