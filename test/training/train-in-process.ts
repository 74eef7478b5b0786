// Trains in a process of its own that kills itself without warning: train-in-process.ts CONFIG OUT KILL_AFTER_STEP.
import { readFile } from "node:fs/promises";
import { parseRunConfig } from "../../training/config.ts";
import { train } from "../../training/trainer.ts";

const [configFile, out, killAfter] = process.argv.slice(2) as [string, string, string];
await train(parseRunConfig(JSON.parse(await readFile(configFile, "utf8"))), {
  out,
  onUpdate: (step) => {
    if (step >= Number(killAfter)) process.kill(process.pid, "SIGKILL");
  },
});
