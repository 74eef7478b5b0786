// Emits the publishable package: JavaScript and declarations of every room, and the viewer's built page.
//
//   node scripts/build-library.mjs [FOLDER]        dist where none is named
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, rmSync } from "node:fs";

const out = process.argv[2] ?? "dist";
rmSync(out, { recursive: true, force: true });
const compiler = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", out];
const tsc = spawnSync(process.execPath, compiler, { stdio: "inherit" });
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
chmodSync(`${out}/cli/main.js`, 0o755);
cpSync("training/presets/data", `${out}/training/presets/data`, { recursive: true });
if (existsSync("viewer/dist")) cpSync("viewer/dist", `${out}/viewer`, { recursive: true });
