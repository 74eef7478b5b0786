import { benchmarkEnvironments } from "../envs/benchmark.ts";

/** `npx tsx bench/env.ts [repeats]`: environment steps a second of every environment on every engine. */
const repeats = Number(process.argv[2] ?? 15);
for (const [id, { stepsPerSecond }] of Object.entries(
  await benchmarkEnvironments({ repeats, onNote: console.error }),
)) {
  console.log(`${id.padEnd(40)} ${Math.round(stepsPerSecond).toLocaleString("en-US").padStart(10)} steps/s`);
}
