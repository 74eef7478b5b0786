// Emits the publishable package into dist/: JavaScript and declarations of every room, and the viewer's built page.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
const tsc = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
chmodSync("dist/cli/main.js", 0o755);
cpSync("training/presets/data", "dist/training/presets/data", { recursive: true });
if (existsSync("viewer/dist")) cpSync("viewer/dist", "dist/viewer", { recursive: true });
