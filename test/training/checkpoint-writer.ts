import { argv } from "node:process";
import { writeCheckpoint } from "../../training/checkpoint.ts";

// Run as a process of its own, to be killed: checkpoint after checkpoint whose arrays say which one they belong to.
const folder = argv[2]!;
for (let step = 1; ; step++) {
  const values = new Float32Array(100_000).fill(step);
  await writeCheckpoint(folder, "latest", {
    arrays: { values: { shape: [values.length], values } },
    state: { step },
  });
  process.stdout.write(`${step}\n`);
}
