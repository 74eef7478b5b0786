export { exp, expBounded } from "./exp";
export { matmul, matmulTransposedLeft, matmulTransposedRight } from "./gemm";
export { addBias, maskByRelu, sumRows } from "./dense";
export { adam, polyak } from "./adam";
export { patches3x3, averagePool, spreadPool } from "./convolution";
export { lifForward, lifBackward } from "./lif";
export { filterForward, filterBackward } from "./filter";
export { binaryForward, binaryBackward } from "./binary";
export { hhForward, hhBackward } from "./hh";
