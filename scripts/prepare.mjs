// npm's `prepare`: builds after an install in a checkout. What builds is a development dependency, so an install without
// those (`npm ci --omit=dev`) leaves the package as it is, and says so.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

if (existsSync("node_modules/vite") && existsSync("node_modules/typescript")) {
  const { status } = spawnSync("npm", ["run", "build"], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  process.exit(status ?? 1);
}
process.stderr.write(
  "spikegym: nothing was built, for the development dependencies are not installed; npm ci builds\n",
);
