import { createHash } from "node:crypto";
import * as echarts from "echarts";
import { chartTheme, darkColours } from "./theme.ts";

export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** `auto` follows the reader's own preference, also inside an `<img>`; PNG readers and printers see it light. */
export type PictureTheme = "auto" | "light" | "dark";

export interface Picture extends PictureSize {
  /** An ECharts option in the light theme's colours (theme.ts); animation is off whatever it says. */
  readonly option: echarts.EChartsOption;
  /** What the picture shows, for readers who cannot see it. */
  readonly description: string;
}

const THEME_NAME = "spikegym";
echarts.registerTheme(THEME_NAME, chartTheme);

/**
 * Draws an ECharts option as SVG text, without a browser.
 *
 * The same picture gives the same text, and several of them can stand in one HTML document: ids are derived from the
 * content and the colour rules apply to their own picture only.
 */
export function renderSvg(picture: Picture, theme: PictureTheme = "auto"): string {
  const { option, widthPx, heightPx, description } = picture;
  const chart = echarts.init(null, THEME_NAME, {
    renderer: "svg",
    ssr: true,
    width: widthPx,
    height: heightPx,
  });
  let drawn: string;
  try {
    chart.setOption({ ...option, animation: false });
    drawn = chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
  const plain = removeInteraction(drawn);
  const svg = theme === "dark" ? turnDark(plain) : plain;
  const style = `text{font-variant-numeric:tabular-nums}${theme === "auto" ? darkRules() : ""}`;
  return `${svg.replace(
    /^<svg ([^>]*)>/,
    (_, attributes: string) =>
      `<svg class="spikegym-plot" role="img" ${attributes}>\n<title>${escapeText(description)}</title>\n<style>${scope(style)}</style>`,
  )}\n`;
}

/** Drops what only a live chart needs (hover rules, event hooks) and names ids after the content, not after a counter. */
function removeInteraction(svg: string): string {
  const still = svg
    .replace(/<style >.*?<\/style>\n?/s, "")
    .replace(/ (?:class="zr\d+-cls-\d+"|pointer-events="\w+"|ecmeta_\w+="[^"]*")/g, "")
    .replace(/\bzr\d+-/g, "zr-");
  const name = createHash("sha256").update(still).digest("hex").slice(0, 8);
  return still.replace(/\bzr-/g, `p${name}-`);
}

function turnDark(svg: string): string {
  return svg.replace(
    /\b(fill|stroke|stop-color)="(#[0-9a-fA-F]{6})"/g,
    (all, name: string, colour: string) => {
      const dark = darkColours[colour.toLowerCase()];
      return dark === undefined ? all : `${name}="${dark}"`;
    },
  );
}

/** A rule is stronger than the attribute it looks for, so the picture changes colour without a second copy. */
function darkRules(): string {
  const rules = Object.entries(darkColours).map(
    ([light, dark]) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`,
  );
  return `@media (prefers-color-scheme:dark){${rules.join("")}}`;
}

/** Keeps every rule inside pictures: a document's own elements may have the same attributes. */
function scope(rules: string): string {
  return rules.replace(/(\[[^\]]*\]|text)\{/g, ".spikegym-plot $1{");
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
