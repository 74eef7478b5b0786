import { describe, expect, it } from "vitest";
import {
  type Operations,
  publishedConvolutionOperations,
  publishedDenseOperations,
} from "../../../training/cost/operations.ts";

/** Millions, as the paper's supplement prints them. */
const published: readonly [string, Operations, number, number][] = [
  ["lif-fc", publishedDenseOperations("lif", 512), 9.99419, 10.00192],
  ["hh-published-fc", publishedDenseOperations("hh-published", 512), 10.09403, 10.15552],
  ["s-lif2hh-fc", publishedDenseOperations("s-lif2hh", 512), 30.04667, 30.07744],
  ["4lif-fc", publishedDenseOperations("lif", 2048), 39.97691, 40.00768],
  ["lif-conv", publishedConvolutionOperations("lif", 10), 6.65005, 6.8931],
  ["hh-published-conv", publishedConvolutionOperations("hh-published", 10), 9.80905, 11.7531],
  // Printed as 22.032 there; its own convention gives 22.1778.
  ["s-lif2hh-conv", publishedConvolutionOperations("s-lif2hh", 10), 21.20575, 22.1778],
  ["4lif-conv", publishedConvolutionOperations("lif", 40), 79.08835, 80.0604],
];

describe("operations by the published convention", () => {
  it.each(published)("%s: the published figures, to the last digit", (_, counted, additions, products) => {
    expect(counted.additions / 1e6).toBeCloseTo(additions, 9);
    expect(counted.multiplications / 1e6).toBeCloseTo(products, 9);
  });
});
