import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packageRoot } from "../../training/package-root.ts";

export const root = packageRoot();

/** Every page a reader is sent to, by its path from the root. */
export const pages: readonly string[] = [
  "README.md",
  "CHANGELOG.md",
  ...(readdirSync(join(root, "docs"), { recursive: true }) as string[])
    .filter((file) => file.endsWith(".md") && !/(^|\/)(node_modules|api|\.vitepress)\//.test(file))
    .map((file) => relative(root, join(root, "docs", file)))
    .sort(),
];

export const readPage = (page: string): string => readFileSync(join(root, page), "utf8");

/** A fenced block of a page. */
export interface CodeBlock {
  readonly page: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** What the comment before it says: `<!-- run: ... -->`; empty where there is none. */
  readonly directive: string;
}

export function blocksOf(page: string): CodeBlock[] {
  const lines = readPage(page).split("\n");
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const fence = /^(\s*)```(\S+)/.exec(lines[at]!);
    if (fence === null) continue;
    const end = lines.findIndex((line, i) => i > at && line.trim() === "```");
    const code = lines.slice(at + 1, end).map((line) => line.slice(fence[1]!.length));
    let before = at - 1;
    while (before >= 0 && lines[before]!.trim() === "") before--;
    const directive = /^<!-- run: (.*) -->$/.exec(lines[before]?.trim() ?? "")?.[1] ?? "";
    blocks.push({ page, line: at + 2, language: fence[2]!, code: code.join("\n"), directive });
    at = end;
  }
  return blocks;
}

/** The names that a page's headings can be linked by, as GitHub and the documentation site make them. */
export function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  let fenced = false;
  for (const line of readPage(page).split("\n")) {
    if (/^\s*```/.test(line)) fenced = !fenced;
    const heading = fenced ? null : /^#{1,6} (.*)$/.exec(line);
    if (heading !== null) anchors.add(anchorOf(heading[1]!));
    for (const [, id] of line.matchAll(/<a id="([^"]+)"/g)) anchors.add(id!);
  }
  return anchors;
}

function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, "")
    .trim()
    .replace(/ /g, "-");
}
