import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import type { Command } from "commander";
import { SpikegymError } from "../core/errors.ts";
import { packageRoot } from "../training/package-root.ts";
import { formatTable } from "./output.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

/** One thing a machine has or lacks. */
interface Check {
  readonly id: string;
  readonly ok: boolean;
  /** Whether spikegym cannot do its main work without it. */
  readonly required: boolean;
  /** What was found; for what is missing, what it would give and how to get it. */
  readonly note: string;
}

/** `spikegym doctor`: what this machine has, and how to get what is missing. Exits 1 when something required is. */
export function addDoctor(program: Command, context: VerbContext): void {
  addVerb(program, "doctor", "what this machine has: backends, SIMD, optional parts").action(
    async (options: SharedOptions) => {
      const output = openOutput(context, options);
      const checks = [
        checkNode(),
        ...(await checkKernels()),
        checkViewer(),
        checkPackage(
          "tfjs-node",
          "@tensorflow/tfjs-node",
          "not needed: the fused kernels leave it nothing to speed up (docs/decisions/kernels.md)",
        ),
        checkPackage(
          "mujoco",
          "@mujoco/mujoco",
          "an optional physics engine to compare with: npm install @mujoco/mujoco",
        ),
        checkChromium(),
        await checkTorch(),
      ];
      const rows = checks.map(({ id, ok, required, note }) => [
        ok ? "ok" : required ? "MISSING" : "absent",
        id,
        note,
      ]);
      output.finish({ checks }, formatTable(rows));
      const missing = checks.filter((check) => check.required && !check.ok);
      if (missing.length > 0) {
        throw new SpikegymError(
          `this machine lacks what spikegym needs: ${missing.map(({ id }) => id).join(", ")}`,
        );
      }
    },
  );
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  const note = `${process.versions.node}${ok ? "" : ", expected 20.19 or later: https://nodejs.org"}`;
  return { id: "node", ok, required: true, note };
}

async function checkKernels(): Promise<Check[]> {
  const { detectSimd, loadKernels } = await import("../kernels/host.ts");
  const simd = await detectSimd();
  const wasm: Check = {
    id: "wasm-simd",
    ok: simd !== undefined,
    required: true,
    note:
      simd === undefined ? "no 128-bit WebAssembly SIMD: use a processor and Node that have it" : "128-bit",
  };
  const relaxed: Check = {
    id: "relaxed-simd",
    ok: simd === "relaxed",
    required: false,
    note:
      simd === "relaxed"
        ? "fused multiply-add in the kernels"
        : "fused multiply-add, about a third faster products; comes with newer Node",
  };
  if (simd === undefined) return [wasm, relaxed];
  // Really runs one, so that a kernel file that does not fit this Node shows up here.
  const host = await loadKernels();
  const { useKernels } = await import("../kernels/load.ts");
  await useKernels();
  const tf = await import("@tensorflow/tfjs-core");
  const sum = tf.tidy(() => tf.sum(tf.tensor1d([1, 2, 4])).dataSync()[0]);
  return [
    wasm,
    relaxed,
    {
      id: "tfjs",
      ok: sum === 7,
      required: true,
      note: `tfjs ${tf.version_core}, backend "${tf.getBackend()}" with ${host.simd} kernels`,
    },
  ];
}

function checkViewer(): Check {
  const ok = ["viewer/dist", "dist/viewer"].some((folder) =>
    existsSync(join(packageRoot(), folder, "index.html")),
  );
  return { id: "viewer", ok, required: true, note: ok ? "built" : "not built: npm run build:viewer" };
}

function checkPackage(id: string, name: string, absent: string): Check {
  try {
    createRequire(import.meta.url).resolve(name);
    return { id, ok: true, required: false, note: `${name} is installed` };
  } catch {
    // Not there: that is the answer, not a failure.
    return { id, ok: false, required: false, note: absent };
  }
}

function checkChromium(): Check {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const inPath = (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  const path = [process.env.CHROMIUM_PATH ?? "", ...inPath].find(
    (place) => place !== "" && existsSync(place),
  );
  return {
    id: "chromium",
    ok: path !== undefined,
    required: false,
    note: path ?? "for the browser tests: apt-get install chromium, or set CHROMIUM_PATH",
  };
}

async function checkTorch(): Promise<Check> {
  const { findTorchPython } = await import("../training/torch-python.ts");
  const python = await findTorchPython();
  const note =
    python === undefined
      ? "PyTorch, for the comparison in spikegym bench: apt-get install python3-torch, or python3 -m pip install torch"
      : `PyTorch of ${python}`;
  return { id: "torch", ok: python !== undefined, required: false, note };
}
