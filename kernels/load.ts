import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { SpikegymError } from "../core/errors.ts";
import { registerGradients } from "../tensors/gradients.ts";
import { registerAveragePool, registerAveragePoolGradient } from "./average-pool.ts";
import { BACKEND_NAME, KernelBackend } from "./backend.ts";
import { registerConvolution, registerConvolutionGradient } from "./convolution.ts";
import { type KernelHost, type KernelOptions, loadKernels } from "./host.ts";
import { registerLayer, registerLayerGradient } from "./layer.ts";
import { lossOps } from "./loss-ops.ts";
import { registerMlp, registerMlpGradient } from "./mlp.ts";
import { registerNeuron, registerNeuronGradient } from "./neuron.ts";
import { registerRectify, registerRectifyGradient } from "./rectify.ts";
import { registerSquashedGaussian, registerSquashedGaussianGradient } from "./squashed-gaussian.ts";

/** tfjs' engine and registry are one per thread, and so is what is registered there. */
let loading: Promise<KernelHost> | undefined;

/**
 * Loads the kernels, registers the fused ops with tfjs and makes this project's backend the current one. Await it once
 * before anything that makes tensors; later calls return the same instance.
 */
export function useKernels(options: KernelOptions = {}): Promise<KernelHost> {
  loading ??= start(options);
  return loading.then((host) => {
    if (options.simd !== undefined && options.simd !== host.simd) {
      throw new SpikegymError(
        `kernels: simd "${options.simd}" is wanted, but "${host.simd}" is already loaded in this process`,
      );
    }
    return host;
  });
}

async function start(options: KernelOptions): Promise<KernelHost> {
  const host = await loadKernels(options);
  tf.registerBackend(BACKEND_NAME, () => new KernelBackend(host), 10);
  tf.copyRegisteredKernels("cpu", BACKEND_NAME);
  registerGradients();
  for (const backendName of ["cpu", BACKEND_NAME]) {
    registerMlp(host, backendName);
    registerNeuron(host, backendName);
    registerLayer(host, backendName);
    registerSquashedGaussian(host, backendName);
    registerConvolution(host, backendName);
    registerAveragePool(host, backendName);
    registerRectify(host, backendName);
    for (const op of lossOps) op.register(host, backendName);
  }
  registerMlpGradient();
  registerNeuronGradient();
  registerLayerGradient();
  registerSquashedGaussianGradient();
  registerConvolutionGradient();
  registerAveragePoolGradient();
  registerRectifyGradient();
  for (const op of lossOps) op.registerGradient();
  await tf.setBackend(BACKEND_NAME);
  await tf.ready();
  return host;
}

/** The live values of a float32 tensor: no copy. Writing to them changes the tensor. */
export function storage(tensor: TensorInfo): Float32Array {
  return (tf.backend() as MathBackendCPU).data.get(tensor.dataId).values as Float32Array;
}

/** A tensor of these values, in kernel memory where the backend has it. */
export function place(values: Float32Array, shape: number[] = [values.length]): Tensor {
  const backend = tf.backend();
  if (!(backend instanceof KernelBackend)) return tf.tensor(values.slice(), shape);
  const info = backend.allocate(shape);
  storage(info).set(values);
  return tf.engine().makeTensorFromTensorInfo(info, backend);
}
