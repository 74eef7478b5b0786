import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { benchmarkClassifiers } from "../../multitask/benchmark.ts";
import { TorchClassifierScript, TorchOutOfMemory, TorchScript } from "../../training/torch-baseline.ts";
import { ranOutOfMemory, torchMemoryLimit } from "../../training/torch-memory.ts";
import { findTorchPython } from "../../training/torch-python.ts";

const python = await findTorchPython();
const GIB = 2 ** 30;

let folder: string;
let script: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "spikegym-torch-"));
  script = join(folder, "measure.py");
  // No PyTorch in it: what is tested is what becomes of a program that takes memory, fails or talks.
  writeFileSync(
    script,
    `import json, sys
model = sys.argv[1]
if model == "lif-fc":
    taken = bytearray(700 * 2**20)
if model == "wrong":
    raise ValueError("no such layer")
if model == "talks":
    print("hello")
else:
    print(json.dumps({model: {"update_ms": 2.0, "cpu_ms": 1.0, "parameters": 3}}))
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const schema = z.object({ update_ms: z.number() });

describe.skipIf(python === undefined)("a PyTorch script", () => {
  it.skipIf(process.platform === "win32")("may take no more memory than it is given", async () => {
    const torch = await TorchScript.find(script);
    const taking = torch.measure("lif-fc", schema, GIB / 2);
    await expect(taking).rejects.toThrow(TorchOutOfMemory);
    await expect(taking).rejects.toThrow(
      "--torch: lif-fc: PyTorch ran out of memory (it may take 0.5 GiB here)",
    );
    expect(await torch.measure("lif-fc", schema, 2 * GIB)).toEqual({ update_ms: 2 });
    expect(await torch.measure("cnn", schema, GIB / 2)).toEqual({ update_ms: 2 });
  });

  it("that fails is quoted, in one line", async () => {
    const torch = await TorchScript.find(script);
    await expect(torch.measure("wrong", schema)).rejects.toThrow(
      `${script} failed for "wrong": ValueError: no such layer`,
    );
    await expect(torch.measure("talks", schema)).rejects.toThrow(`${script} printed no JSON for "talks"`);
  });

  it("of the classifiers gives its times by the model's name", async () => {
    const torch = await TorchClassifierScript.find(script);
    expect(await torch.measure("cnn")).toEqual({ updateMs: 2, cpuMs: 1 });
  });
});

describe("the benchmark of classifiers", () => {
  it("goes on with the others where PyTorch has no memory for one, and does not try it again", async () => {
    const asked: string[] = [];
    const result = await benchmarkClassifiers(["lif-fc", "ann-fc"], 2, () => undefined, {
      torch: {
        measure: (model) => {
          asked.push(model);
          return Promise.resolve(
            model === "lif-fc" ? { failure: "ran out of memory" } : { updateMs: 2, cpuMs: 1 },
          );
        },
      },
    });
    expect(asked).toEqual(["lif-fc", "ann-fc", "ann-fc"]);
    expect(result["lif-fc"]).toMatchObject({ torchFailure: "ran out of memory", parameters: 690734 });
    expect(result["lif-fc"]).not.toHaveProperty("ratio");
    expect(result["ann-fc"]).toMatchObject({ torchUpdateMs: 2, torchCpuMs: 1 });
    expect(result["ann-fc"]).not.toHaveProperty("torchFailure");
  });
});

it("knows what a program says that has no memory left", () => {
  const says = (stderr: string, signal: string | null = null) => ranOutOfMemory({ stderr, signal });
  expect(
    says("RuntimeError: [enforce fail at alloc_cpu.cpp:75] DefaultCPUAllocator: can't allocate memory"),
  ).toBe(true);
  expect(says("RuntimeError: DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.")).toBe(
    true,
  );
  expect(says("MemoryError")).toBe(true);
  expect(says("terminate called after throwing an instance of 'std::bad_alloc'", "SIGABRT")).toBe(true);
  expect(says("", "SIGKILL")).toBe(true);
  expect(says("", "SIGINT")).toBe(false);
  expect(says("ValueError: shape")).toBe(false);
});

it("leaves a quarter of the free memory to everything else", () => {
  expect(torchMemoryLimit()).toBeLessThanOrEqual(0.75 * process.availableMemory());
  expect(torchMemoryLimit()).toBeGreaterThan(0);
});
