import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { SpikegymError, UsageError } from "../core/errors.ts";
import { packageRoot } from "./package-root.ts";
import { describeOutOfMemory, limitedScript, ranOutOfMemory, torchMemoryLimit } from "./torch-memory.ts";
import { findTorchPython } from "./torch-python.ts";

const run = promisify(execFile);

/** What torch.set_num_threads leaves out: the library of matrix products may have threads of its own. */
const ONE_THREAD = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

/** What a model written in PyTorch needs is more than it may have here. */
export class TorchOutOfMemory extends SpikegymError {
  override name = "TorchOutOfMemory";
  /** "hh-conv: PyTorch ran out of memory (...)" */
  readonly reason: string;

  constructor(reason: string) {
    super(`--torch: ${reason}`);
    this.reason = reason;
  }
}

const failureSchema = z.object({ stderr: z.string(), signal: z.string().nullish() });

/** A script that does in PyTorch what a benchmark does here, run on this machine by a Python that has torch. */
export class TorchScript {
  readonly script: string;
  readonly #python: string;

  private constructor(script: string, python: string) {
    this.script = script;
    this.#python = python;
  }

  /** @throws UsageError when the script or a Python with torch is missing, and how to get it */
  static async find(script: string): Promise<TorchScript> {
    if (!existsSync(script))
      throw new UsageError(`--torch: ${script} does not exist; give the path of the PyTorch script`);
    const python = await findTorchPython();
    if (python !== undefined) return new TorchScript(script, python);
    throw new UsageError(
      "--torch: no python3 with torch; on Debian: apt-get install python3-torch python3-numpy",
    );
  }

  /**
   * What the script prints for a model of its own naming.
   *
   * @throws TorchOutOfMemory where it needs more than `limit` bytes; SpikegymError where it fails or prints something else
   */
  async measure<S extends z.ZodType>(
    model: string,
    schema: S,
    limit = torchMemoryLimit(),
  ): Promise<z.output<S>> {
    const stdout = await this.#run(model, limit);
    let printed: unknown;
    try {
      printed = JSON.parse(stdout);
    } catch {
      throw new SpikegymError(`--torch: ${this.script} printed no JSON for "${model}"`);
    }
    const result = z.record(z.string(), schema).safeParse(printed);
    const times = result.success ? result.data[model] : undefined;
    if (times === undefined)
      throw new SpikegymError(`--torch: ${this.script} printed no times for "${model}"`);
    return times;
  }

  async #run(model: string, limit: number): Promise<string> {
    try {
      const { stdout } = await run(this.#python, [...limitedScript(this.script, limit), model], {
        env: { ...process.env, ...ONE_THREAD },
      });
      return stdout;
    } catch (error) {
      const failure = failureSchema.safeParse(error);
      if (!failure.success) throw error;
      const { stderr, signal = null } = failure.data;
      if (ranOutOfMemory({ stderr, signal })) {
        throw new TorchOutOfMemory(`${model}: ${describeOutOfMemory(limit, signal)}`);
      }
      const said = stderr.trim().split("\n").at(-1);
      const why = signal === null ? said || "it says nothing" : `stopped by ${signal}`;
      throw new SpikegymError(`--torch: ${this.script} failed for "${model}": ${why}`);
    }
  }
}

const updateSchema = z.object({ update_ms: z.number(), action_ms: z.number(), policy_params: z.number() });

export interface TorchTimes {
  readonly torchUpdateMs: number;
  readonly torchActionMs: number;
}

/** Where the PyTorch script of the same update lies beside a checkout. */
const UPDATE_SCRIPT = join("..", "shared", "baselines", "torch_sac_update.py");

/** The same SAC update written in PyTorch. */
export class TorchBaseline {
  readonly #script: TorchScript;

  private constructor(script: TorchScript) {
    this.#script = script;
  }

  static async find(script = join(packageRoot(), UPDATE_SCRIPT)): Promise<TorchBaseline> {
    return new TorchBaseline(await TorchScript.find(script));
  }

  /** @param model its name in the script: ann, lif, 4lif, s-lif2hh, hh */
  async measure(model: string): Promise<TorchTimes> {
    const { update_ms, action_ms } = await this.#script.measure(model, updateSchema);
    return { torchUpdateMs: update_ms, torchActionMs: action_ms };
  }
}

const neuronSchema = z.object({
  forward_ms: z.number(),
  forward_backward_ms: z.number(),
  undisturbed_ms: z.number(),
});

export interface TorchNeuronTimes {
  readonly forwardBackwardMs: number;
  /** The least disturbed tenth of its runs. */
  readonly undisturbedMs: number;
}

/** The same layer of neurons written in PyTorch, op by op (bench/torch_neuron.py). */
export class TorchNeurons {
  readonly #script: TorchScript;

  private constructor(script: TorchScript) {
    this.#script = script;
  }

  static async find(script = join(packageRoot(), "bench", "torch_neuron.py")): Promise<TorchNeurons> {
    return new TorchNeurons(await TorchScript.find(script));
  }

  /** @param model a neuron's id */
  async measure(model: string): Promise<TorchNeuronTimes> {
    const { forward_backward_ms, undisturbed_ms } = await this.#script.measure(model, neuronSchema);
    return { forwardBackwardMs: forward_backward_ms, undisturbedMs: undisturbed_ms };
  }
}

const classifierSchema = z.object({ update_ms: z.number(), cpu_ms: z.number(), parameters: z.number() });

/** The same classifiers written in PyTorch, op by op (bench/torch_multitask.py). */
export class TorchClassifierScript {
  readonly #script: TorchScript;

  private constructor(script: TorchScript) {
    this.#script = script;
  }

  static async find(
    script = join(packageRoot(), "bench", "torch_multitask.py"),
  ): Promise<TorchClassifierScript> {
    return new TorchClassifierScript(await TorchScript.find(script));
  }

  /**
   * @param model its id
   * @returns its times, or, where it takes more memory than it may, that in words
   */
  async measure(model: string): Promise<{ updateMs: number; cpuMs: number } | { failure: string }> {
    try {
      const { update_ms, cpu_ms } = await this.#script.measure(model, classifierSchema);
      return { updateMs: update_ms, cpuMs: cpu_ms };
    } catch (error) {
      if (error instanceof TorchOutOfMemory) return { failure: error.reason };
      throw error;
    }
  }
}
