import type { Tensor1D, Tensor2D, Tensor3D, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../core/errors.ts";
import { Frame } from "./frame.ts";
import type { KernelHost } from "./host.ts";
import {
  hiddenLength,
  type MlpShape,
  mlpLayout,
  mlpLayoutLength,
  packingBytes,
  round4,
} from "./mlp-shape.ts";

const FORWARD = "SpikegymMlp";
const GRADIENT_X = "SpikegymMlpGradientX";
const GRADIENT_PARAMETERS = "SpikegymMlpGradientParameters";

/**
 * A ReLU network, or an ensemble of them, forward in one call:
 *
 *   h_0 = x;  h_(l+1) = relu(h_l W_l + b_l);  y = h_(L-1) W_(L-1) + b_(L-1)
 *
 * @param x [batch, sizes[0]]
 * @param parameters flat, as laid out by `mlpLayout`; what may follow is another's, and its gradient is 0
 * @returns [members, batch, sizes.at(-1)]
 * @throws ShapeError when either does not fit `shape`
 */
export function mlp(x: Tensor2D, parameters: Tensor1D, shape: MlpShape): Tensor3D {
  const length = mlpLayoutLength(shape);
  if (x.rank !== 2 || x.shape[1] !== shape.sizes[0]) {
    throw new ShapeError("mlp: x", x.shape, `[batch, ${shape.sizes[0]}]`);
  }
  if (parameters.size < length) {
    throw new ShapeError("mlp: parameters", parameters.shape, `[${length}], or more`);
  }
  const inputs = { x, parameters };
  return tf.engine().runKernel(FORWARD, inputs, { ...shape } as unknown as tf.NamedAttrMap) as Tensor3D;
}

/**
 * Every row of inputs through one layer, y = x W + b, the shape kept.
 *
 * @param x [inputs, batch, sizes[0]]
 * @param parameters as `mlp` takes them
 * @param shape of one layer and one member
 * @returns [inputs, batch, sizes[1]]
 */
export function project(x: Tensor3D, parameters: Tensor1D, shape: MlpShape): Tensor3D {
  const [inputs, batch, size] = x.shape;
  if (shape.sizes.length !== 2 || shape.members !== 1 || size !== shape.sizes[0]) {
    throw new ShapeError("project: x", x.shape, `[inputs, batch, ${shape.sizes[0]}] for one layer`);
  }
  const length = mlpLayoutLength(shape);
  if (parameters.size < length) {
    throw new ShapeError("project: parameters", parameters.shape, `[${length}], or more`);
  }
  const attributes = { ...shape, output: [inputs, batch, shape.sizes[1]!] } as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel(FORWARD, { x, parameters }, attributes) as Tensor3D;
}

/** The same as `mlp` in plain tfjs ops: the definition that it is tested against. */
export function mlpDefinition(x: Tensor2D, parameters: Tensor1D, shape: MlpShape): Tensor3D {
  const { slots } = mlpLayout(shape);
  const piece = (index: number) => {
    const slot = slots[index]!;
    return tf.reshape(tf.slice(parameters, [slot.offset], [slot.size]), [...slot.shape]);
  };
  const layers = shape.sizes.length - 1;
  const members: Tensor2D[] = [];
  for (let e = 0; e < shape.members; e++) {
    let h = x;
    for (let l = 0; l < layers; l++) {
      const index = 2 * (e * layers + l);
      const z = tf.add(tf.matMul(h, piece(index) as Tensor2D), piece(index + 1)) as Tensor2D;
      h = l + 1 < layers ? tf.relu(z) : z;
    }
    members.push(h);
  }
  return tf.stack(members) as Tensor3D;
}

function runForward(
  host: KernelHost,
  x: number,
  parameters: number,
  shape: MlpShape,
  batch: number,
  hidden: number,
  y: number,
): void {
  const { call } = host;
  const { sizes, members } = shape;
  const scratch = host.scratch(packingBytes(sizes, batch));
  let p = parameters;
  let h = hidden;
  for (let e = 0; e < members; e++) {
    let input = x;
    for (let l = 0; l + 1 < sizes.length; l++) {
      const k = sizes[l]!;
      const n = sizes[l + 1]!;
      const last = l + 2 === sizes.length;
      const out = last ? y + e * batch * n * 4 : h;
      const bias = p + round4(k * n) * 4;
      call.dense(input, p, bias, out, batch, n, k, !last, scratch);
      p = bias + round4(n) * 4;
      if (!last) h += batch * n * 4;
      input = out;
    }
  }
}

/** Gradients of the loss with respect to every hidden layer's pre-activation, laid out like the activations. */
function runDeltas(
  host: KernelHost,
  dy: number,
  parameters: number,
  shape: MlpShape,
  batch: number,
  hidden: number,
  deltas: number,
): void {
  const { call } = host;
  const { sizes, members } = shape;
  const scratch = host.scratch(packingBytes(sizes, batch));
  const perMember = mlpLayoutLength({ sizes, members: 1 });
  const perHidden = hiddenLength(sizes, batch);
  for (let e = 0; e < members; e++) {
    let end = parameters + (e + 1) * perMember * 4;
    let delta = dy + e * batch * sizes.at(-1)! * 4;
    let at = (e + 1) * perHidden * 4;
    for (let l = sizes.length - 2; l >= 1; l--) {
      const k = sizes[l]!;
      const n = sizes[l + 1]!;
      end -= (round4(n) + round4(k * n)) * 4;
      at -= batch * k * 4;
      call.matmulTransposedRight(delta, end, deltas + at, batch, k, n, false, scratch);
      call.maskByRelu(deltas + at, hidden + at, batch * k, deltas + at);
      delta = deltas + at;
    }
  }
}

/** The rows of x, over all its axes but the last. */
function rowsOf({ shape }: TensorInfo): number {
  return shape.length === 2 ? shape[0]! : shape[0]! * shape[1]!;
}

/** Makes tfjs know the op. Called once for each backend name. */
export function registerMlp(host: KernelHost, backendName: string): void {
  tf.registerKernel({
    kernelName: FORWARD,
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, parameters } = inputs as { x: TensorInfo; parameters: TensorInfo };
      const shape = attrs as unknown as MlpShape & { readonly output?: number[] };
      const batch = rowsOf(x);
      const frame = new Frame(host, backend);
      const hidden = frame.newWorkspace(2 * shape.members * hiddenLength(shape.sizes, batch) * 4);
      const y = frame.output(shape.output ?? [shape.members, batch, shape.sizes.at(-1)!]);
      runForward(host, frame.input(x), frame.input(parameters), shape, batch, hidden, y);
      return frame.finish();
    },
  });

  // The two gradients share the deltas: whichever runs first leaves them in the workspace of y.
  const gradient = (kernelName: string, work: (g: GradientCall) => void) =>
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, backend, attrs }) => {
        const { dy, x, parameters, y } = inputs as Record<"dy" | "x" | "parameters" | "y", TensorInfo>;
        const shape = attrs as unknown as MlpShape;
        const batch = rowsOf(x);
        const frame = new Frame(host, backend);
        const hiddenBytes = shape.members * hiddenLength(shape.sizes, batch) * 4;
        const call = {
          frame,
          shape,
          xShape: x.shape,
          batch,
          dy: frame.input(dy),
          x: frame.input(x),
          parameters: frame.input(parameters),
          length: parameters.shape[0]!,
        };
        const kept = frame.workspaceOf(y);
        const hidden = kept?.address ?? frame.temporary(2 * hiddenBytes);
        if (kept === undefined) {
          const scratchY = frame.temporary(tf.util.sizeFromShape(y.shape) * 4);
          runForward(host, call.x, call.parameters, shape, batch, hidden, scratchY);
        }
        const deltas = hidden + hiddenBytes;
        if (kept?.ready !== true) runDeltas(host, call.dy, call.parameters, shape, batch, hidden, deltas);
        if (kept !== undefined) kept.ready = true;
        work({ ...call, hidden, deltas });
        return frame.finish();
      },
    });

  gradient(GRADIENT_X, ({ frame, shape: { sizes, members }, xShape, batch, dy, parameters, deltas }) => {
    const dx = frame.output([...xShape]);
    const perMember = mlpLayoutLength({ sizes, members: 1 }) * 4;
    const perHidden = hiddenLength(sizes, batch) * 4;
    const single = sizes.length === 2;
    const scratch = host.scratch(packingBytes(sizes, batch));
    for (let e = 0; e < members; e++) {
      const delta = single ? dy + e * batch * sizes[1]! * 4 : deltas + e * perHidden;
      host.call.matmulTransposedRight(
        delta,
        parameters + e * perMember,
        dx,
        batch,
        sizes[0]!,
        sizes[1]!,
        e > 0,
        scratch,
      );
    }
  });

  gradient(
    GRADIENT_PARAMETERS,
    ({ frame, shape: { sizes, members }, batch, dy, x, hidden, deltas, length }) => {
      const dp = frame.output([length]);
      const scratch = host.scratch(packingBytes(sizes, batch));
      const perHidden = hiddenLength(sizes, batch) * 4;
      let p = dp;
      for (let e = 0; e < members; e++) {
        let input = x;
        let at = e * perHidden;
        for (let l = 0; l + 1 < sizes.length; l++) {
          const k = sizes[l]!;
          const n = sizes[l + 1]!;
          const delta = l + 2 === sizes.length ? dy + e * batch * n * 4 : deltas + at;
          host.call.denseGradient(input, delta, p, k, n, batch, scratch);
          p = closeGap(host, p + round4(k * n) * 4, n);
          input = hidden + at;
          at += batch * n * 4;
        }
      }
      host.floats.fill(0, p >> 2, (dp >> 2) + length);
    },
  );
}

/** Zeros what lies between an array of n floats at `address` and where the next begins; returns that place. */
function closeGap({ floats }: KernelHost, address: number, n: number): number {
  const start = address >> 2;
  for (let i = start + n; i < start + round4(n); i++) floats[i] = 0;
  return address + round4(n) * 4;
}

interface GradientCall {
  readonly frame: Frame;
  readonly shape: MlpShape;
  readonly xShape: readonly number[];
  readonly batch: number;
  readonly dy: number;
  readonly x: number;
  readonly parameters: number;
  /** Floats of the parameters. */
  readonly length: number;
  readonly hidden: number;
  readonly deltas: number;
}

/** Once for all backends. */
export function registerMlpGradient(): void {
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ["x", "parameters"],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [x, parameters, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const inputs = { dy: dy as tf.Tensor, x, parameters, y };
      const run = (kernel: string) => tf.engine().runKernel(kernel, inputs, attrs) as tf.Tensor;
      return { x: () => run(GRADIENT_X), parameters: () => run(GRADIENT_PARAMETERS) };
    },
  });
}
