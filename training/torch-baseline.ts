import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { SpikegymError, UsageError } from "../core/errors.ts";
import { packageRoot } from "./package-root.ts";

const run = promisify(execFile);

const resultSchema = z.record(
  z.string(),
  z.object({ update_ms: z.number(), action_ms: z.number(), policy_params: z.number() }),
);

export interface TorchTimes {
  readonly torchUpdateMs: number;
  readonly torchActionMs: number;
}

/** Where the PyTorch script of the same update lies beside a checkout. */
const SCRIPT = join("..", "shared", "baselines", "torch_sac_update.py");

/** The same SAC update written in PyTorch, run on this machine by a Python that has torch. */
export class TorchBaseline {
  readonly script: string;
  readonly #python: string;

  private constructor(script: string, python: string) {
    this.script = script;
    this.#python = python;
  }

  /** @throws UsageError when the script or a Python with torch is missing, and how to get it */
  static async find(script = join(packageRoot(), SCRIPT)): Promise<TorchBaseline> {
    if (!existsSync(script))
      throw new UsageError(`--torch: ${script} does not exist; give the path of the PyTorch script`);
    for (const python of ["python3", "/usr/bin/python3"]) {
      try {
        await run(python, ["-c", "import torch"]);
        return new TorchBaseline(script, python);
      } catch {
        // This Python is missing or has no torch: the next one may.
      }
    }
    throw new UsageError(
      "--torch: no python3 with torch; on Debian: apt-get install python3-torch python3-numpy",
    );
  }

  /** @param model its name in the script: ann, lif, 4lif, s-lif2hh, hh */
  async measure(model: string): Promise<TorchTimes> {
    const { stdout } = await run(this.#python, [this.script, model]);
    const result = resultSchema.safeParse(JSON.parse(stdout));
    const times = result.success ? result.data[model] : undefined;
    if (times === undefined)
      throw new SpikegymError(`--torch: ${this.script} printed no times for "${model}"`);
    return { torchUpdateMs: times.update_ms, torchActionMs: times.action_ms };
  }
}
