import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { environments, make, prepareEngine } from "../../envs/index.ts";
import { engines } from "../../envs/physics/index.ts";
import { packageRoot } from "../../training/package-root.ts";

/** Every environment on every engine for 100 steps, into the stops too; the program below is the same in both processes. */
const program = `
  const states = {};
  for (const id of engines.ids) await prepareEngine(id);
  for (const { id, engines: known } of environments.entries) {
    for (const engine of known) {
      const env = make(id, { engine, afterEnd: "continue" });
      env.reset({ seed: 11 });
      const choices = env.actionSpace.kind === "discrete";
      for (let i = 0; i < 100; i++) env.step(choices ? Number(i % 7 < 4) : [Math.sin(i / 9)]);
      states[id + "/" + engine] = env.state();
    }
  }
  return JSON.stringify(states);`;

it("every engine is bitwise repeatable, in another process too", async () => {
  const imports = `
    import { environments, make, prepareEngine } from "./envs/index.ts";
    import { engines } from "./envs/physics/index.ts";`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...["--import", "tsx", "--input-type=module", "--eval"],
      `${imports} process.stdout.write(await (async () => {${program}})());`,
    ],
    { cwd: packageRoot(), encoding: "utf8" },
  );
  const run = new Function(
    ...["environments", "make", "prepareEngine", "engines"],
    `return (async () => {${program}})();`,
  ) as (...parts: unknown[]) => Promise<string>;
  const here = await run(environments, make, prepareEngine, engines);
  expect(Object.keys(JSON.parse(here) as object)).toHaveLength(19);
  expect(stdout, stderr).toBe(here);
  expect(await run(environments, make, prepareEngine, engines)).toBe(here);
});
