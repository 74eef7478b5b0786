import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rng } from "../core/rng.ts";
import { drawSamples, TASKS } from "./benchmark.ts";
import { resolveConfig } from "./run-config.ts";
import { trainClassifier } from "./train.ts";

/**
 * The program of a process that trains one classifier for a few updates, checkpoints and tests included, and says the most
 * memory it had. In a process of its own, because what another model took would count too.
 */

const SAMPLES = { train: 2 * 128, test: 128 };

const out = mkdtempSync(join(tmpdir(), "spikegym-memory-"));

process.on("message", (model: string) => void measure(model).then((answer) => process.send?.(answer)));
// The answer is heard, or nobody is there any more.
process.on("disconnect", () => {
  rmSync(out, { recursive: true, force: true });
  process.exit();
});

async function measure(model: string): Promise<{ bytes: number } | { failure: string }> {
  try {
    const rng = new Rng("memory");
    const [train, test] = (["train", "test"] as const).map((split) =>
      drawSamples(SAMPLES[split], TASKS, rng.split(split)),
    );
    const config = resolveConfig({ model, data: "drawn", network: { epochs: 1 } });
    await trainClassifier(config, { name: "drawn", train: train!, test: test! }, { out });
    // The largest resident set, in KiB on every system.
    return { bytes: process.resourceUsage().maxRSS * 1024 };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
