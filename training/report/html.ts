/** HTML that is put together from pieces: what is text is escaped, what is `Html` stands as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | number | Html | readonly (string | number | Html)[];

/** A template whose values are escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  let text = strings[0]!;
  values.forEach((value, i) => {
    const pieces = Array.isArray(value)
      ? (value as readonly (string | number | Html)[])
      : [value as string | number | Html];
    text += pieces.map((piece) => (piece instanceof Html ? piece.text : escapeText(String(piece)))).join("");
    text += strings[i + 1]!;
  });
  return new Html(text);
}

function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Text on a colour between white and blue, by a share from 0 to 1; the colours hold in print and in the dark. */
export function shade(share: number): string {
  const s = Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0));
  const mix = (from: number, to: number) => Math.round(from + (to - from) * s);
  return `background:rgb(${mix(247, 0)},${mix(236, 88)},${mix(214, 150)});color:${s > 0.55 ? "#fff" : "#14181e"}`;
}

/** A whole page, readable without a network, in print and in the dark. */
export function page(title: string, body: Html): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body.text}
</main>
</body>
</html>
`;
}

const STYLE = `
:root{--ink:#14181e;--muted:#5b6573;--line:#e1e4e8;--ground:#fff;--link:#00609c}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebef;--muted:#a3adb9;--line:#333a44;--ground:#14181e;--link:#6cbcf0}}
@media print{:root{--ink:#000;--muted:#444;--line:#ccc;--ground:#fff;--link:#000}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1180px;margin:0 auto;padding:24px}
h1{font-size:1.6rem;margin:0 0 4px}h2{font-size:1.2rem;margin:36px 0 8px;border-top:1px solid var(--line);padding-top:20px}h3{font-size:1rem;margin:20px 0 6px}
p{max-width:75ch;overflow-wrap:anywhere}.muted,caption{color:var(--muted);text-align:left}
a{color:var(--link)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:12px 24px}
figure{margin:0;break-inside:avoid;overflow-x:auto}svg{max-width:100%;height:auto}.chart svg{min-width:440px}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:8px 0;font-size:.92rem}
th,td{padding:3px 10px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child,.text{text-align:left}th{font-weight:600;vertical-align:bottom}th{white-space:normal}
.heat td:not(:first-child){text-align:center;min-width:64px;border:2px solid var(--ground);print-color-adjust:exact;-webkit-print-color-adjust:exact}
.heat td:first-child,.heat th:first-child{position:sticky;left:0;background:var(--ground)}
.heat td a{color:inherit;text-decoration-thickness:1px}
code{font:13px ui-monospace,monospace;background:color-mix(in srgb,var(--ink) 7%,transparent);padding:1px 4px;border-radius:3px}
.swatch{display:inline-block;width:12px;height:12px;vertical-align:-1px;margin-right:4px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
@page{margin:14mm}
@media print{body{font-size:12px}main{padding:0}h2,h3,h2+p{break-after:avoid}tr{break-inside:avoid}.charts{grid-template-columns:1fr 1fr}.links{display:none}
.wide,figure{overflow:visible}.chart svg{min-width:0}table{font-size:9px}th,td{padding:2px 5px}th{white-space:normal}}
`;
