import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Picture } from "../plots/render-svg.ts";
import { chartTheme, darkColours } from "../plots/theme.ts";
import { Html, html } from "../report/html.ts";

/** A chart that answers to the mouse, once `chartScript` has run in its page. */
export function liveChart(id: string, { option, widthPx, heightPx, description }: Picture): Html {
  return html`<div class="wide"><div id="chart-${id}" role="img" aria-label="${description}" style="width:${widthPx}px;height:${heightPx}px"></div></div>
<script type="application/json" data-chart="chart-${id}">${new Html(inScript(JSON.stringify(option)))}</script>`;
}

/** ECharts itself and what draws every chart of the page: no network is needed. */
export async function chartScript(): Promise<Html> {
  const path = createRequire(import.meta.url).resolve("echarts/dist/echarts.common.min.js");
  const library = await readFile(path, "utf8");
  const theme = inScript(JSON.stringify(chartTheme));
  const dark = inScript(JSON.stringify(darkColours));
  return new Html(`<script>${library.replaceAll("</script", "<\\/script")}</script>
<script>
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const turn = ${dark};
  const coloured = (text) => dark.matches ? text.replace(/#[0-9a-f]{6}/gi, (c) => turn[c.toLowerCase()] || c) : text;
  const charts = [];
  const draw = () => {
    while (charts.length > 0) charts.pop().dispose();
    echarts.registerTheme("spikegym", JSON.parse(coloured(${JSON.stringify(theme)})));
    for (const data of document.querySelectorAll("script[data-chart]")) {
      const chart = echarts.init(document.getElementById(data.dataset.chart), "spikegym");
      chart.setOption({ ...JSON.parse(coloured(data.textContent)), animation: false });
      charts.push(chart);
    }
  };
  draw();
  dark.addEventListener("change", draw);
})();
</script>`);
}

/** JSON inside a script element: nothing in it may end the element. */
function inScript(json: string): string {
  return json.replaceAll("<", "\\u003c");
}
