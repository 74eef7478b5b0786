import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Every file of this project that a file imports at run time, and every module of Node's, with who imports it. */
function walk(entries: readonly string[]): { files: Set<string>; node: string[] } {
  const files = new Set<string>();
  const node: string[] = [];
  const visit = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(file, "utf8");
    const statics = text.matchAll(/^(?:import|export)\s+(?!type\b)(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm);
    const others = text.matchAll(/(?:new URL\(|(?<!\/\* @vite-ignore \*\/ )import\()"([^"]+)"/g);
    for (const [, specifier] of [...statics, ...others]) {
      if (specifier!.startsWith("node:")) node.push(`${relative(root, file)}: ${specifier}`);
      if (!specifier!.startsWith(".")) continue;
      const path = join(dirname(file), specifier!);
      if (path.endsWith(".ts") && existsSync(path)) visit(path);
    }
  };
  for (const entry of entries) visit(join(root, entry));
  return { files, node };
}

test("nothing that the page imports, workers included, needs Node", () => {
  const { files, node } = walk(["viewer/main.ts"]);
  const names = [...files].map((file) => relative(root, file));
  // The walk has come all the way down.
  expect(names).toContain("viewer/live/live-worker.ts");
  expect(names).toContain("training/collector.ts");
  expect(names).toContain("kernels/host.ts");
  expect(node).toEqual([]);
});
