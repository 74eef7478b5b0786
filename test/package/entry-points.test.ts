import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../training/package-root.ts";

const root = packageRoot();
const run = promisify(execFile);

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The package as the registry would hand it out, in a folder of its own, with its dependencies and nothing else. */
describe("the packed package", () => {
  let folder: string;
  let app: string;
  let manifest: Manifest;
  let packed: string[];
  let entries: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "spikegym-package-"));
    app = join(folder, "app");
    const source = join(folder, "package");
    await mkdir(source);
    await run(process.execPath, [join(root, "scripts/build-library.mjs"), join(source, "dist")], {
      cwd: root,
    });
    for (const file of ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "THIRD_PARTY.md"]) {
      await writeFile(join(source, file), await readFile(join(root, file)));
    }
    const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json"], { cwd: source });
    const [tarball] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    packed = tarball.files.map(({ path }) => path);
    manifest = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as Manifest;
    entries = Object.keys(manifest.exports)
      .filter((path) => path !== "./package.json")
      .map((path) => path.replace(/^\./, "spikegym"));
    const modules = join(app, "node_modules");
    await mkdir(join(modules, "spikegym"), { recursive: true });
    await run("tar", [
      "-xzf",
      join(source, tarball.filename),
      "-C",
      join(modules, "spikegym"),
      "--strip-components=1",
    ]);
    for (const name of Object.keys(manifest.dependencies)) {
      await mkdir(dirname(join(modules, name)), { recursive: true });
      await symlink(join(root, "node_modules", name), join(modules, name));
    }
    await writeFile(join(app, "package.json"), JSON.stringify({ type: "module", private: true }));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("holds what is run and declared, and no sources, tests, maps or documentation", () => {
    expect(packed).toContain("dist/cli/main.js");
    expect(packed).toContain("dist/training/presets/data/tuned.yaml");
    expect(
      packed.filter((path) => !/^(dist\/|README|LICENSE|CHANGELOG|THIRD_PARTY|package\.json)/.test(path)),
    ).toEqual([]);
    expect(
      packed.filter((path) => /\.test\.|(?<!\.d)\.ts$|\.map$|^dist\/(test|bench|docs|examples)\//.test(path)),
    ).toEqual([]);
  });

  it("every entry point is imported by Node and has something in it", async () => {
    const program = `
      const counts = {};
      for (const entry of ${JSON.stringify(entries)}) counts[entry] = Object.keys(await import(entry)).length;
      console.log(JSON.stringify(counts));
    `;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: app });
    const counts = JSON.parse(stdout) as Record<string, number>;
    expect(Object.keys(counts)).toEqual(entries);
    expect(entries).toContain("spikegym");
    for (const entry of entries) expect(counts[entry], entry).toBeGreaterThan(2);
  });

  it("what is no entry point cannot be imported", async () => {
    const program = 'await import("spikegym/training/trainer");';
    await expect(run(process.execPath, ["--input-type=module", "-e", program], { cwd: app })).rejects.toThrow(
      /ERR_PACKAGE_PATH_NOT_EXPORTED/,
    );
  });

  it("a strict TypeScript program sees the types of every entry point, and a wrong id does not compile", async () => {
    await writeFile(
      join(app, "use.ts"),
      `${entries.map((entry, i) => `import * as entry${i} from "${entry}";`).join("\n")}
import { make, type Env, type TrainSummary } from "spikegym";
import { makeNeuron, type NeuronModel } from "spikegym/neurons";
import type { Agent } from "spikegym/agents";
export const all = [${entries.map((_, i) => `entry${i}`).join(", ")}];
const env: Env = make("InvertedPendulum-v5", { engine: "lagrangian", poleMassKg: 3 });
export const observation: Float32Array = env.reset({ seed: 1 })[0];
export const model: NeuronModel = makeNeuron("lif");
export type Both = [Agent, TrainSummary];
// @ts-expect-error the id is misspelt
make("InvertedPendulm-v5");
// @ts-expect-error there is no such parameter
make("InvertedPendulum-v5", { poleMass: 3 });
`,
    );
    await writeFile(
      join(app, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          target: "ES2022",
          lib: ["ES2023", "DOM"],
          module: "NodeNext",
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: true,
          noEmit: true,
          types: [],
        },
        files: ["use.ts"],
      }),
    );
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = await run(process.execPath, [compiler, "-p", app]);
    expect(stdout).toBe("");
  });
});
