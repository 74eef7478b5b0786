import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serveReferenceHost } from "./reference-host.ts";
import { referenceViews, takeView } from "./reference-views.ts";
import { launchChromium } from "./viewer-host.ts";

/*
 * Takes the reference pictures anew; look at each before it is committed:
 *
 *     npx tsx test/browser/take-references.ts [NAME...]
 */
const folder = join(import.meta.dirname, "references");
const names = process.argv.slice(2);

async function takeReferences(): Promise<void> {
  await mkdir(folder, { recursive: true });
  const host = await serveReferenceHost();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    for (const view of referenceViews) {
      if (names.length > 0 && !names.includes(view.name)) continue;
      const picture = await takeView(page, host.url, view);
      await writeFile(join(folder, `${view.name}.png`), picture);
      process.stdout.write(`${view.name}: ${(picture.length / 1e3).toFixed(0)} kB\n`);
    }
  } finally {
    await browser.close();
    await host.close();
  }
}

await takeReferences();
