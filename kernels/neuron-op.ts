import type { NamedTensorMap, Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { attributesOf, constantsGradient, type RunAttributes } from "./neuron-pass.ts";
import type { NeuronRun } from "./neuron-run.ts";

/** What an op of neurons over all ticks gives. */
export interface NeuronResult {
  /** As `run.mean` says: [batch, outputsPerUnit x units], or [ticks, batch, outputsPerUnit x units]. */
  readonly output: Tensor2D | Tensor3D;
  /** After the last tick [states, batch, units], where it was asked for. */
  readonly state: Tensor3D | undefined;
}

/** How an op is differentiated in what drives its neurons; that of constants and initial state is the same for all. */
export interface DriveGradient<Run extends NeuronRun> {
  /** The op that works out all gradients: first those named `leading`, then of the constants and of the initial state. */
  readonly kernel: string;
  readonly leading: number;
  /** The gradient of each input that drives the neurons. */
  of(
    leading: readonly Tensor[],
    inputs: Readonly<NamedTensorMap>,
    run: Run,
    attributes: tf.NamedAttrMap,
  ): Record<string, () => Tensor>;
}

/**
 * An op of neurons over all ticks. tfjs wants the inputs that a gradient needs and the outputs that have one told apart by
 * the op's name, so it is four: begun at rest or from a state, with the last state handed out or not.
 */
export class NeuronOp<Run extends NeuronRun> {
  /** Names, by whether it begins from a state and whether it hands the last one out. */
  readonly #names: Readonly<Record<"rest" | "from", Readonly<Record<"end" | "carry", string>>>>;
  /** Inputs that drive the neurons, beside constants and initial state. */
  readonly #drive: readonly string[];

  constructor(name: string, drive: readonly string[]) {
    this.#names = {
      rest: { end: name, carry: `${name}Carry` },
      from: { end: `${name}From`, carry: `${name}CarryFrom` },
    };
    this.#drive = drive;
  }

  /**
   * @param inputs what drives the neurons, `constants`, and `initial` where it begins from a state
   * @param carry the last state is wanted too
   */
  run(inputs: NamedTensorMap, run: Run, carry: boolean): NeuronResult {
    const kernel = this.#variant(inputs.initial !== undefined, carry);
    const result = tf.engine().runKernel(kernel, inputs, attributesOf(run)) as Tensor | Tensor[];
    const [output, state] = Array.isArray(result) ? result : [result];
    return { output: output as Tensor2D | Tensor3D, state: state as Tensor3D | undefined };
  }

  /** For one backend. @param forward the op's kernel, with the last state as a second output or without */
  register(backendName: string, forward: (carry: boolean) => tf.KernelFunc): void {
    for (const [from, carry] of VARIANTS) {
      tf.registerKernel({
        kernelName: this.#variant(from, carry),
        backendName,
        kernelFunc: forward(carry),
      });
    }
  }

  /** Once for all backends. */
  registerGradient({ kernel, leading, of }: DriveGradient<Run>): void {
    for (const [from, carry] of VARIANTS) {
      const names = [...this.#drive, "constants", ...(from ? ["initial"] : [])];
      tf.registerGradient({
        kernelName: this.#variant(from, carry),
        inputsToSave: names,
        outputsToSave: carry ? [true, false] : [true],
        gradFunc: (dy, saved, attributes) => {
          const [output, state] = carry ? (dy as Tensor[]) : [dy as Tensor];
          const inputs: NamedTensorMap = { dy: output!, y: saved[names.length]! };
          if (state !== undefined) inputs.dState = state;
          names.forEach((name, i) => {
            inputs[name] = saved[i]!;
          });
          const { run } = attributes as unknown as RunAttributes<Run>;
          // One pass works all of them out.
          const all = tf.engine().runKernel(kernel, inputs, attributes) as Tensor | Tensor[];
          const rest = Array.isArray(all) ? [...all] : [all];
          const driving = rest.splice(0, leading);
          const dConstants = run.trainsConstants === true ? rest.shift() : undefined;
          const dInitial = rest[0];
          const gradients = of(driving, inputs, run, attributes);
          gradients.constants = () => constantsGradient(dConstants);
          if (dInitial !== undefined) gradients.initial = () => dInitial;
          return gradients;
        },
      });
    }
  }

  #variant(from: boolean, carry: boolean): string {
    return this.#names[from ? "from" : "rest"][carry ? "carry" : "end"];
  }
}

/** Begun from a state, and with the last state handed out. */
const VARIANTS = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;
