import type { Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";

/** Numbers of a tensor: `values` from element `at` on, row-major. */
export interface View {
  readonly values: Float32Array;
  readonly at: number;
  readonly shape: readonly number[];
}

type Attributes = Readonly<Record<string, number>>;

/** A differentiable op of one output, written in plain loops. */
export interface PlainOp<Names extends string> {
  /** Unique among tfjs' kernels. */
  readonly name: string;
  readonly inputs: readonly Names[];
  /** Of the output. */
  shape(inputs: Readonly<Record<Names, TensorInfo>>): number[];
  forward(inputs: Readonly<Record<Names, View>>, out: View, attributes: Attributes): void;
  /** d loss / d input for each input that has a gradient, into `out`; `dy` is d loss / d output. */
  readonly gradient: Readonly<
    Partial<
      Record<
        Names,
        (dy: View, inputs: Readonly<Record<Names, View>>, out: View, attributes: Attributes) => void
      >
    >
  >;
}

/**
 * Several tfjs ops in one. Each op of tfjs costs some microseconds to start, forward and backward, whatever its size; a
 * loss on a few hundred numbers is ten of them.
 */
export class SmallOp<Names extends string> {
  readonly #op: PlainOp<Names>;

  constructor(op: PlainOp<Names>) {
    this.#op = op;
  }

  run(inputs: Readonly<Record<Names, Tensor>>, attributes: Attributes = {}): Tensor {
    return tf
      .engine()
      .runKernel(this.#op.name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap) as Tensor;
  }

  /** Makes tfjs know the op. Called once for each backend name. */
  register(host: KernelHost, backendName: string): void {
    const op = this.#op;
    const view = (address: number, { shape }: TensorInfo): View => ({
      values: host.floats,
      at: address >> 2,
      shape,
    });
    const viewsOf = (frame: Frame, inputs: Record<string, TensorInfo>) =>
      Object.fromEntries(
        op.inputs.map((name) => [name, view(frame.input(inputs[name]!), inputs[name]!)]),
      ) as Record<Names, View>;
    tf.registerKernel({
      kernelName: op.name,
      backendName,
      kernelFunc: ({ inputs, backend, attrs }) => {
        const infos = inputs as Record<Names, TensorInfo>;
        const frame = new Frame(host, backend);
        const shape = op.shape(infos);
        const out = { values: host.floats, at: frame.output(shape) >> 2, shape };
        op.forward(viewsOf(frame, infos), out, attrs as unknown as Attributes);
        return frame.finish();
      },
    });
    for (const name of op.inputs) {
      const gradient = op.gradient[name];
      if (gradient === undefined) continue;
      tf.registerKernel({
        kernelName: gradientName(op.name, name),
        backendName,
        kernelFunc: ({ inputs, backend, attrs }) => {
          const infos = inputs as Record<string, TensorInfo>;
          const frame = new Frame(host, backend);
          const { shape } = infos[name]!;
          const out = { values: host.floats, at: frame.output([...shape]) >> 2, shape };
          const dy = view(frame.input(infos.dy!), infos.dy!);
          gradient(dy, viewsOf(frame, infos), out, attrs as unknown as Attributes);
          return frame.finish();
        },
      });
    }
  }

  /** Once for all backends. */
  registerGradient(): void {
    const { name, inputs, gradient } = this.#op;
    tf.registerGradient({
      kernelName: name,
      inputsToSave: [...inputs],
      gradFunc: (dy, saved, attrs) => {
        const all: Record<string, Tensor> = { dy: dy as Tensor };
        inputs.forEach((input, i) => {
          all[input] = saved[i]!;
        });
        return Object.fromEntries(
          inputs
            .filter((input) => gradient[input] !== undefined)
            .map((input) => [
              input,
              () => tf.engine().runKernel(gradientName(name, input), all, attrs) as Tensor,
            ]),
        );
      },
    });
  }
}

function gradientName(op: string, input: string): string {
  return `${op}Gradient/${input}`;
}
