// THIRD_PARTY.md: what an install of this package brings along, with origin and licence, read from package-lock.json and
// from the installed packages themselves.
//
//   node scripts/write-third-party.mjs        writes it; with --print it goes to standard output (the test compares)
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, root), "utf8"));
const { packages } = read("package-lock.json");
const manifest = read("package.json");
const optional = Object.keys(manifest.peerDependencies).sort();

/** Packages that are installed with this one: not for development, not optional. */
const installed = Object.keys(packages)
  .filter((path) => path !== "" && !packages[path].dev && !packages[path].devOptional && !packages[path].peer)
  .sort();

function describe(path) {
  const own = read(`${path}/package.json`);
  const files = existsSync(new URL(path, root)) ? readdirSync(new URL(path, root)) : [];
  const text = files.find((file) => /^(licen[cs]e|copying)/i.test(file));
  const licence = typeof own.license === "string" ? own.license : own.license?.type;
  if (licence === undefined) throw new Error(`${path}/package.json names no licence`);
  const repository = typeof own.repository === "string" ? own.repository : own.repository?.url;
  return { name: own.name, version: own.version, licence, origin: address(repository ?? own.homepage), text };
}

/** As a web address; packages write it in several ways. */
function address(repository) {
  if (repository === undefined) return "not stated";
  const path = repository
    .replace(/^git\+/, "")
    .replace(/^(git|ssh):\/\/(git@)?/, "https://")
    .replace(/^git@([^:]+):/, "https://$1/")
    .replace(/^github:/, "")
    .replace(/\.git$/, "");
  return /^https?:/.test(path) ? path : `https://github.com/${path}`;
}

/** Packages that only development installs, but whose code is in the viewer's page. */
const bundled = Object.keys(manifest.devDependencies).filter((name) =>
  sourcesOf("viewer").some((source) => new RegExp(`(from|import\\() ?"${name}[/"]`).test(source)),
);

function sourcesOf(folder) {
  return readdirSync(new URL(folder, root), { recursive: true })
    .filter(
      (file) => file.endsWith(".ts") && !file.endsWith(".config.ts") && !/^(dist|node_modules)\//.test(file),
    )
    .map((file) => readFileSync(new URL(`${folder}/${file}`, root), "utf8"));
}

const list = (names) =>
  names.map((name) => `\`${name}\` (${describe(`node_modules/${name}`).licence})`).join(", ");

const row = (cells) => `| ${cells.join(" | ")} |`;
// The same version may be installed in two places.
const rows = [...new Map(installed.map(describe).map((one) => [`${one.name}@${one.version}`, one])).values()];
const licences = counted(rows);

function counted(all) {
  const counts = new Map();
  for (const { licence } of all) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([licence, count]) => `${count} ${licence}`);
}

const page = `# Third-party software

What \`npm install spikegym\` installs beside it: ${rows.length} packages (${licences.join(", ")}).
Generated from package-lock.json and the packages' own manifests by \`node scripts/write-third-party.mjs\`.

${row(["package", "version", "licence", "its text in the package", "origin"])}
${row(["---", "---", "---", "---", "---"])}
${rows.map(({ name, version, licence, text, origin }) => row([`\`${name}\``, version, licence, text === undefined ? "no, only named" : `\`${text}\``, `<${origin}>`])).join("\n")}

The viewer's built page (\`dist/viewer/\`) is made of these packages and of ${list(bundled)}.

Optional, installed only by whoever wants them: ${list(optional)}.
`;

if (process.argv.includes("--print")) process.stdout.write(page);
else writeFileSync(new URL("THIRD_PARTY.md", root), page);
