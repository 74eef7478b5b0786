import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf, pages, readPage, root } from "./pages.ts";

/** Targets of the page's links and pictures, without those in code. */
function linksOf(page: string): string[] {
  const text = readPage(page)
    .replace(/^```[\s\S]*?^```$/gm, "")
    .replace(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g)].map((match) => match[1]!);
}

describe("the links of the documentation", () => {
  it.each(pages)("%s: every file, page and heading that it links to is there", (page) => {
    const broken = linksOf(page).filter((link) => {
      if (/^(https?|mailto):/.test(link)) return false;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : normalize(join(dirname(page), path));
      const file = join(root, target);
      if (!existsSync(file)) return true;
      if (anchor === undefined || !target.endsWith(".md") || statSync(file).isDirectory()) return false;
      return !anchorsOf(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});
