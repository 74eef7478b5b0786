import { benchmarkVector } from "../envs/vector/benchmark-vector.ts";

/** `npx tsx bench/vector.ts [rounds] [workers]`: a vector of 64 double pendulums in several threads against one thread. */
const rounds = Number(process.argv[2] ?? 200);
const workers = process.argv[3] === undefined ? undefined : Number(process.argv[3]);
const result = await benchmarkVector(rounds, workers);
console.log(`one thread  ${Math.round(result.oneThreadStepsPerSecond).toLocaleString("en-US")} steps/s`);
console.log(
  `${result.threads} threads   ${Math.round(result.stepsPerSecond).toLocaleString("en-US")} steps/s`,
);
console.log(`median ratio of the rounds ${result.speedup.toFixed(2)}`);
console.log(`ratio of the upper deciles ${result.undisturbedSpeedup.toFixed(2)}`);
