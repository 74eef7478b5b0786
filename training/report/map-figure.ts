import { mean } from "../statistics/descriptive.ts";
import { Html, html } from "./html.ts";
import type { MapRecord } from "./sweep-data.ts";

const SIDE = 300;
const MARGIN = { left: 52, top: 30, right: 8, bottom: 40 };

/**
 * The starts that an agent holds, in a picture: the more of its runs hold one, the darker; a line around those that the
 * linear-quadratic regulator holds.
 */
export function mapFigure(agent: string, maps: readonly MapRecord[]): Html {
  const { anglesRad, ratesRadPerS, baseline, horizonS } = maps[0]!.map;
  const columns = anglesRad.length;
  const rows = ratesRadPerS.length;
  const [w, h] = [SIDE / columns, SIDE / rows];
  const place = (column: number, row: number) =>
    [MARGIN.left + column * w, MARGIN.top + (rows - 1 - row) * h] as const;
  const cells: string[] = [];
  const edges: string[] = [];
  const regulated = (column: number, row: number) => baseline.held[row]?.[column] === "1";
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const share = mean(maps.map(({ map }) => Number(map.held[row]![column])));
      const [x, y] = place(column, row);
      if (share > 0) {
        cells.push(
          `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${w.toFixed(2)}" height="${h.toFixed(2)}" fill="#0072b2" fill-opacity="${(0.15 + 0.75 * share).toFixed(2)}"/>`,
        );
      }
      if (!regulated(column, row)) continue;
      const line = (x1: number, y1: number, x2: number, y2: number) =>
        edges.push(`M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`);
      if (!regulated(column - 1, row)) line(x, y, x, y + h);
      if (!regulated(column + 1, row)) line(x + w, y, x + w, y + h);
      if (!regulated(column, row + 1)) line(x, y, x + w, y);
      if (!regulated(column, row - 1)) line(x, y + h, x + w, y + h);
    }
  }
  const share = mean(maps.map(({ map }) => map.share));
  const [least, most] = [anglesRad[0]!, anglesRad.at(-1)!];
  const [slowest, fastest] = [ratesRadPerS[0]!, ratesRadPerS.at(-1)!];
  const width = MARGIN.left + SIDE + MARGIN.right;
  const height = MARGIN.top + SIDE + MARGIN.bottom;
  const text = (x: number, y: number, words: string, anchor: string, turn = "") =>
    html`<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="11" fill="currentColor" ${new Html(turn)}>${words}</text>`;
  const bottom = MARGIN.top + SIDE;
  return html`<figure><svg role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${agent}: ${percent(share)} of the starts held, the regulator ${percent(baseline.share)}</title>
<text x="${MARGIN.left}" y="16" font-size="13" font-weight="600" fill="currentColor">${agent}</text>
<rect x="${MARGIN.left}" y="${MARGIN.top}" width="${SIDE}" height="${SIDE}" fill="none" stroke="currentColor" stroke-opacity="0.3"/>
${new Html(cells.join(""))}
<path d="${new Html(edges.join(""))}" stroke="#d55e00" stroke-width="2" fill="none"/>
${text(MARGIN.left, bottom + 16, String(least), "start")}
${text(MARGIN.left + SIDE, bottom + 16, String(most), "end")}
${text(MARGIN.left + SIDE / 2, bottom + 32, "start angle (rad)", "middle")}
${text(MARGIN.left - 6, bottom, String(slowest), "end")}
${text(MARGIN.left - 6, MARGIN.top + 10, String(fastest), "end")}
${text(14, MARGIN.top + SIDE / 2, "angular velocity (rad/s)", "middle", `transform="rotate(-90 14 ${MARGIN.top + SIDE / 2})"`)}
</svg><figcaption class="muted">Held for ${horizonS} s: <span class="swatch" style="background:#0072b2"></span>${agent} ${percent(share)} of the starts (mean of ${maps.length} ${maps.length === 1 ? "run" : "runs"}), <span class="swatch" style="background:#d55e00"></span>linear-quadratic regulator ${percent(baseline.share)}.</figcaption></figure>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
