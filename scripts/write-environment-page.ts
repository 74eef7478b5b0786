import { writeFileSync } from "node:fs";
import { PAGE_PATH, renderEnvironmentPage } from "./environment-page.ts";

/** Writes docs/environments.md; run it after a change to an environment or a wrapper. */
writeFileSync(PAGE_PATH, renderEnvironmentPage());
console.log(`wrote ${PAGE_PATH}`);
