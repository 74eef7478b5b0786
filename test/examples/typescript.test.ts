import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../training/package-root.ts";

const root = packageRoot();
const folder = mkdtempSync(join(tmpdir(), "spikegym-examples-"));

/** Runs an example as `npx tsx` does in a checkout, in an empty folder; returns what it printed. */
async function example(name: string, steps: number): Promise<string> {
  const { stdout } = await promisify(execFile)(
    join(root, "node_modules/.bin/tsx"),
    [join(root, "examples", `${name}.ts`), String(steps)],
    { cwd: folder, env: { ...process.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json") } },
  );
  return stdout;
}

describe("the TypeScript examples", () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("own-environment.ts: it keeps the contract and is learnt in", async () => {
    const text = await example("own-environment", 60);
    expect(text).toMatch(/step 60: mean return \d+\.\d of 100\nbest \d+\.\d, in runs\/spring-mass-\d+/);
  });

  it("own-neuron.ts: a neuron that is only equations is trained", async () => {
    const text = await example("own-neuron", 130);
    expect(text).toMatch(/step 128: mean return \d+\.\d\n/);
    expect(text).toMatch(/best \d+\.\d, \d+\.\d ms an update/);
  });

  it("training-loop.ts: it learns and evaluates", async () => {
    expect(await example("training-loop", 200)).toMatch(
      /an episode of \d+ steps\n.*mean return of 5 episodes: \d/s,
    );
  });

  it("sweep.ts: four policies, each tested twice, and a report", async () => {
    const text = await example("sweep", 20);
    expect(text.match(/"level":0[.\d]*,"severity":[03]\}: mean return \d/g)).toHaveLength(8);
    const [sweep] = readdirSync(join(folder, "sweeps"));
    expect(text).toContain(join("sweeps", sweep!, "report", "index.html"));
  });
});
