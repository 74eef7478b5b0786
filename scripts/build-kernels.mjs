// Compiles kernels/assembly twice, with and without relaxed SIMD, and embeds both as base64 in one module: that loads
// alike in Node, in a bundler and in a worker, with no file to find at run time.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";

/**
 * What is constant in a copy of an inlined function is worked out before anything else: the optimiser would otherwise fold
 * copies that differ in a constant into one that asks for it in its innermost loop.
 */
class ConstantsFirst {
  afterCompile(module) {
    module.runPasses(["precompute-propagate", "vacuum", "remove-unused-brs", "vacuum"]);
  }
}

const out = "kernels/generated";
mkdirSync(out, { recursive: true });

async function compile(name, features) {
  const file = `${out}/${name}.wasm`;
  const { error, stderr } = await asc.main(
    [
      "kernels/assembly/index.ts",
      "--outFile",
      file,
      ...features.flatMap((feature) => ["--enable", feature]),
      "--optimizeLevel",
      "3",
      "--shrinkLevel",
      "0",
      "--runtime",
      "stub",
      "--importMemory",
      "--noAssert",
      "--exportStart",
      "start",
    ],
    { transforms: [new ConstantsFirst()] },
  );
  if (error) {
    console.error(String(stderr));
    throw error;
  }
  const bytes = readFileSync(file);
  rmSync(file);
  return bytes.toString("base64");
}

const strict = await compile("strict", ["simd"]);
const relaxed = await compile("relaxed", ["simd", "relaxed-simd"]);
writeFileSync(
  `${out}/wasm.ts`,
  `// Written by scripts/build-kernels.mjs from kernels/assembly.\nexport const STRICT_WASM = "${strict}";\nexport const RELAXED_WASM = "${relaxed}";\n`,
);
console.log(
  `kernels: ${Math.round((strict.length * 3) / 4096)} kB strict, ${Math.round((relaxed.length * 3) / 4096)} kB relaxed SIMD`,
);
