// Trains in a process of its own, so that a test can kill it: train-in-process.ts CONFIG OUT, steps on stdout.
import { readFile } from "node:fs/promises";
import { parseRunConfig } from "../../training/config.ts";
import { train } from "../../training/trainer.ts";

const [configFile, out] = process.argv.slice(2) as [string, string];
await train(parseRunConfig(JSON.parse(await readFile(configFile, "utf8"))), {
  out,
  onProgress: ({ step }) => void process.stdout.write(`${step}\n`),
});
