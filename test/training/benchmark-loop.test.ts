import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { measureLoop } from "../../training/benchmark-loop.ts";
import { runSpikegym } from "../cli/run-for-tests.ts";

it("measures the loop of a preset, stops when told, and says so where there is no such preset", async () => {
  const { signal } = new AbortController();
  const { stepsPerSecond } = await measureLoop("hh-published", 20, signal);
  expect(getEventListeners(signal, "abort"), "left on the caller's signal").toEqual([]);
  expect(stepsPerSecond).toBeGreaterThan(0);
  expect(stepsPerSecond).toBeLessThan(1e5);
  await expect(measureLoop("lif", 20, AbortSignal.abort())).rejects.toThrow(/abort/i);
  const { exitCode, stderr } = await runSpikegym(["bench", "loop", "--models", "hhp"]);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/unknown preset "tuned\/double-hhp"/);
}, 60_000);
