// The documentation site: the pages of docs/, the API reference from the doc comments, one static folder in dist/docs.
// Its tools live in docs/package.json and are installed there on the first call. A dead link or an unresolved reference
// fails the build.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const docs = fileURLToPath(new URL("../docs/", import.meta.url));

function run(command, args, cwd = root) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(`${docs}node_modules/vitepress`)) {
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], docs);
}
rmSync(`${docs}api`, { recursive: true, force: true });
run("node", [`${docs}node_modules/typedoc/bin/typedoc`, "--options", `${docs}typedoc.json`], docs);
run("node", [
  `${docs}node_modules/vitepress/bin/vitepress.js`,
  "build",
  docs,
  "--outDir",
  `${root}dist/docs`,
]);
// Data and books that pages link to.
for (const file of readdirSync(docs, { recursive: true })) {
  if (
    /^(node_modules|api|\.vitepress)\b/.test(file) ||
    /(^|\/)(package|package-lock|tsconfig|typedoc)\.json$/.test(file)
  )
    continue;
  if (/\.(html|csv|json|parquet)$/.test(file)) cpSync(`${docs}${file}`, `${root}dist/docs/${file}`);
}
