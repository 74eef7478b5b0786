import { expect, it } from "vitest";
import { benchmarkClassifiers } from "../../multitask/benchmark.ts";
import { trainingMemory } from "../../multitask/training-memory.ts";

const MB = 1e6;

it("a training's memory is that of a process of its own, and under 1 GB for the widest model", async () => {
  // 2.76 million parameters with gradient and two moments are 44 MB alone; Node itself takes tens of MB.
  const bytes = await trainingMemory("4lif-fc");
  expect(bytes).toBeGreaterThan(100 * MB);
  expect(bytes).toBeLessThan(1000 * MB);
}, 60_000);

it("what goes wrong in the process is said here", async () => {
  await expect(trainingMemory("4lif-fcc")).rejects.toThrow(/memory of 4lif-fcc: .*did you mean "4lif-fc"/);
}, 60_000);

it("stands beside the speed, in MB", async () => {
  const result = await benchmarkClassifiers(["ann-fc"], 1, () => undefined, {
    memory: () => Promise.resolve(123 * MB),
  });
  expect(result["ann-fc"]).toMatchObject({ memoryMB: 123, updateMs: expect.any(Number) });
  expect(result["ann-fc"]).not.toHaveProperty("torchUpdateMs");
});
