import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** What `spikegym start --json` prints, as far as it is told of. */
const printed = z.object({
  seed: z.number(),
  solvedAtStep: z.number().nullable(),
  confirmedAtStep: z.number().nullable(),
  evaluation: z.object({ episodes: z.number(), mean: z.number() }),
});

/** A run of `npm start -- --json` and how long all of it took. */
export type StartTime = z.output<typeof printed> & { readonly seconds: number };

/** @throws where it ends with an error, an unsolved task among them */
export function measureStart(): StartTime {
  const root = fileURLToPath(new URL("../", import.meta.url));
  const out = mkdtempSync(join(tmpdir(), "spikegym-start-"));
  try {
    const began = performance.now();
    const words = ["--silent", "start", "--", "--json", "--out", join(out, "run")];
    const output = execFileSync("npm", words, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    const seconds = Math.round((performance.now() - began) / 1000);
    return { ...printed.parse(JSON.parse(output)), seconds };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** "`npm start -- --json` takes 79 s there, all of it (...)." */
export function showStart({ seconds, seed, solvedAtStep, confirmedAtStep, evaluation }: StartTime): string {
  const step = (at: number) => at.toLocaleString("en-GB");
  const reached = [
    `seed ${seed}`,
    ...(solvedAtStep === null ? [] : [`solved at step ${step(solvedAtStep)}`]),
    ...(confirmedAtStep === null ? [] : [`held from every further start at ${step(confirmedAtStep)}`]),
    `mean return ${evaluation.mean.toFixed(1)} of ${evaluation.episodes} fresh episodes`,
  ].join(", ");
  return `\`npm start -- --json\` takes ${seconds} s there, all of it (${reached}).`;
}
