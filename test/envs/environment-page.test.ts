import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { environments } from "../../envs/index.ts";
import { wrappers } from "../../envs/wrappers/index.ts";
import { PAGE_COMMAND, PAGE_PATH, renderEnvironmentPage } from "../../scripts/environment-page.ts";
import { pictureFile, renderPicture } from "../../scripts/environment-picture.ts";

it("docs/environments.md says what the definitions say", () => {
  expect(readFileSync(PAGE_PATH, "utf8"), `out of date; run: ${PAGE_COMMAND}`).toBe(renderEnvironmentPage());
});

it("docs/environments.md has every environment and wrapper with every parameter", () => {
  const page = renderEnvironmentPage();
  for (const { id, parameters } of [...environments.entries, ...wrappers.entries]) {
    const section = page.split(/^##+ /m).find((text) => text.startsWith(`${id}\n`));
    expect(section, id).toBeDefined();
    for (const key of Object.keys(parameters.shape)) expect(section).toContain(`| \`${key}\` |`);
  }
});

it("docs/images/environments shows what the scenes say", () => {
  for (const { id } of environments.entries) {
    expect(readFileSync(pictureFile(id), "utf8"), `out of date; run: ${PAGE_COMMAND}`).toBe(
      renderPicture(id),
    );
  }
});
