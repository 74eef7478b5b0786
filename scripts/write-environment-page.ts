import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { environments } from "../envs/index.ts";
import { PAGE_PATH, renderEnvironmentPage } from "./environment-page.ts";
import { pictureFile, renderPicture } from "./environment-picture.ts";

/** Writes docs/environments.md and its pictures; run it after a change to an environment or a wrapper. */
writeFileSync(PAGE_PATH, renderEnvironmentPage());
console.log(`wrote ${PAGE_PATH}`);
for (const { id } of environments.entries) {
  const file = pictureFile(id);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, renderPicture(id));
  console.log(`wrote ${file}`);
}
