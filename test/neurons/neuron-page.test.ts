import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { neurons } from "../../neurons/index.ts";
import { PAGE_COMMAND, PAGE_PATH, renderNeuronPage } from "../../scripts/neuron-page.ts";

let page: string;
beforeAll(() => {
  page = renderNeuronPage();
});

it("docs/neurons.md says what the definitions and simulations say", () => {
  expect(readFileSync(PAGE_PATH, "utf8"), `out of date; run: ${PAGE_COMMAND}`).toBe(page);
});

it("docs/neurons.md has every neuron with its equations and every parameter", () => {
  for (const { id, parameters } of neurons.entries) {
    const section = page.split(/^## /m).find((text) => text.startsWith(`${id}\n`));
    expect(section, id).toMatch(/^ {6}\S.*=/m);
    for (const key of Object.keys(parameters.shape)) expect(section).toContain(`| \`${key}\` |`);
  }
});

it("every picture of docs/neurons.md is there", () => {
  const pictures = [...page.matchAll(/\]\((images\/[^)]+)\)/g)].map(([, path]) => path!);
  expect(pictures.length).toBeGreaterThan(neurons.entries.length);
  for (const path of pictures) expect(existsSync(join(PAGE_PATH, "..", path)), path).toBe(true);
});
