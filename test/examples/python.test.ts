import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseRunConfig } from "../../training/config.ts";
import { exportPolicy } from "../../training/export/export-policy.ts";
import { packageRoot } from "../../training/package-root.ts";
import { loadPolicy } from "../../training/policy.ts";
import { presets } from "../../training/presets/index.ts";
import { train } from "../../training/trainer.ts";

const hasPython = spawnSync("python3", ["--version"]).status === 0;
const hasPackages = (names: string) => spawnSync("python3", ["-c", `import ${names}`]).status === 0;

const python = (example: string, ...args: string[]) =>
  execFileSync("python3", [join(packageRoot(), "examples/python", example), ...args], { encoding: "utf8" });

describe.skipIf(!hasPython)("the Python readers", () => {
  const folder = mkdtempSync(join(tmpdir(), "spikegym-python-"));
  const out = join(folder, "run");

  beforeAll(async () => {
    const preset = presets.get("tuned/double-lif").config;
    const config = parseRunConfig({
      preset: "tuned/double-lif",
      seed: 2,
      ...preset,
      training: { ...preset.training, steps: 60, evaluateEvery: 30, evaluationEpisodes: 2 },
    });
    await train(config, { out });
    const policy = await loadPolicy(out);
    for (const format of ["safetensors", "nir"]) {
      await exportPolicy(policy, format, join(folder, "policy"), { batch: 1, observations: 5, seed: 0 });
    }
    const { recordPolicy } = await import("../../training/evaluate-policy.ts");
    await recordPolicy(policy, { path: join(folder, "episode.mcap"), seeds: [1, 2] });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("read_results.py: the curve and the best return of a run folder", () => {
    const text = python("read_results.py", out);
    expect(text).toContain("tuned/double-lif, seed 2, InvertedDoublePendulum-v5");
    expect(text).toMatch(/step +30 .*\n +step +60 /);
  });

  it("read_safetensors.py: every array with its shape", () => {
    const text = python("read_safetensors.py", join(folder, "policy.safetensors"));
    expect(text).toMatch(
      /^population\/weight \[9, 128\] -?0\.\d+$|^population\/weight \[11, 128\] -?0\.\d+$/m,
    );
  });

  it("read_replay.py: returns and spikes of both episodes, as the file's own reader finds them", async () => {
    const { loadReplay } = await import("../../core/replay-file/load-replay.ts");
    const { readFile } = await import("node:fs/promises");
    const replay = await loadReplay(await readFile(join(folder, "episode.mcap")), "episode.mcap");
    const text = python("read_replay.py", join(folder, "episode.mcap"));
    const returns = [...text.matchAll(/return (-?[\d.]+)/g)].map((match) => Number(match[1]));
    expect(returns).toHaveLength(2);
    const sum = Array.from(replay.frames.rewards).reduce(
      (total, r) => total + (Number.isFinite(r) ? r : 0),
      0,
    );
    expect(returns.reduce((total, r) => total + r, 0)).toBeCloseTo(sum, 1);
    expect(text).toMatch(/[1-9]\d* spikes/);
  });

  it.skipIf(!hasPackages("h5py, numpy"))("run_nir.py: the population spikes", () => {
    expect(python("run_nir.py", join(folder, "policy.nir"))).toMatch(/^128 neurons, \d+ spikes/);
  });

  it.skipIf(!hasPackages("onnxruntime, numpy"))("run_onnx.py: the policy acts", async () => {
    const policy = await loadPolicy(out);
    await exportPolicy(policy, "onnx", join(folder, "policy"), { batch: 1, observations: 5, seed: 0 });
    expect(python("run_onnx.py", join(folder, "policy.onnx"))).toContain("step 2: action");
  });
});
