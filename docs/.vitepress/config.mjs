import { existsSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { defineConfig } from "vitepress";

const docs = new URL("..", import.meta.url);

/** Pages of a folder as entries of the side bar, named by their first heading's file name. */
function pagesOf(folder) {
  const url = new URL(`${folder}/`, docs);
  if (!existsSync(url)) return [];
  return readdirSync(url)
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .sort()
    .map((file) => ({ text: words(basename(file, ".md")), link: `/${folder}/${basename(file, ".md")}` }));
}

const words = (name) => name.replace(/-/g, " ").replace(/^\w/, (letter) => letter.toUpperCase());
const folder = (text, name) => ({ text, collapsed: true, link: `/${name}/`, items: pagesOf(name) });
const page = (text, name) => ({ text, link: `/${name}` });
const there = ({ link }) =>
  existsSync(new URL(`.${link}.md`, docs)) || existsSync(new URL(`.${link}README.md`, docs));

// biome-ignore lint/style/noDefaultExport: the shape this program wants its configuration in
export default defineConfig({
  title: "spikegym",
  description: "Reinforcement learning with spiking neurons, in TypeScript",
  // Links work from any folder of any web server.
  base: process.env.SPIKEGYM_DOCS_BASE ?? "/",
  cleanUrls: false,
  lastUpdated: false,
  rewrites: { "README.md": "index.md", ":folder/README.md": ":folder/index.md" },
  srcExclude: ["node_modules/**"],
  // A dead link fails the build. Links out of docs/ (to sources) are for readers of the repository.
  ignoreDeadLinks: [/^\.\.?\/\.\.\//, /LICENSE/, /CHANGELOG/, /THIRD_PARTY/, /^\.\/book$/, /examples\//],
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      page("Tutorial", "tutorial"),
      page("Environments", "environments"),
      page("Neurons", "neurons"),
      { text: "API", link: "/api/" },
    ].filter(there),
    sidebar: [
      {
        text: "Start",
        items: [
          page("Overview", ""),
          page("Ten-minute tutorial", "tutorial"),
          page("As a library", "library"),
          page("Add your own", "extending"),
        ],
      },
      {
        text: "Guides",
        items: [
          page("Environments", "environments"),
          page("Neurons", "neurons"),
          page("Agents", "agents"),
          page("Sweeps and robustness", "sweeps"),
          page("Multitask classification", "multitask"),
          page("Viewer", "viewer"),
          page("Replay files", "replay-files"),
          page("Export", "export"),
        ],
      },
      {
        text: "Results",
        items: [
          folder("Learning curves", "benchmarks"),
          folder("Studies", "studies"),
          page("Cost", "cost"),
          folder("The paper, reproduced", "reproduce"),
          page("Performance", "performance"),
        ],
      },
      {
        text: "Inside",
        items: [page("Architecture", "architecture"), folder("Decisions", "decisions"), folder("API", "api")],
      },
    ].map((group) => ({ ...group, items: group.items.filter((item) => item.link === "/" || there(item)) })),
    footer: { message: "MIT licence" },
  },
});
