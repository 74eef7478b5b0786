/** The theme's colours, read from the style sheet so that they are written down once (styles/tokens.css). */
export interface Palette {
  readonly theme: string;
  readonly background: string;
  readonly panel: string;
  readonly line: string;
  readonly grid: string;
  readonly text: string;
  readonly muted: string;
  readonly membrane: string;
  readonly sodium: string;
  readonly sodiumInactivation: string;
  readonly potassium: string;
  readonly leak: string;
  readonly reward: string;
  readonly action: string;
  readonly pick: string;
  readonly cursor: string;
  readonly alarm: string;
  readonly cart: string;
  readonly pole: string;
  /** Replays shown beside the first one, in turn. */
  readonly rivals: readonly string[];
  readonly font: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    theme: document.documentElement.dataset.theme ?? "",
    background: read("bg"),
    panel: read("panel"),
    line: read("line"),
    grid: read("grid"),
    text: read("text"),
    muted: read("muted"),
    membrane: read("membrane"),
    sodium: read("sodium"),
    sodiumInactivation: read("sodium-inactivation"),
    potassium: read("potassium"),
    leak: read("leak"),
    reward: read("reward"),
    action: read("action"),
    pick: read("pick"),
    cursor: read("cursor"),
    alarm: read("alarm"),
    cart: read("cart"),
    pole: read("pole"),
    rivals: [read("rival-1"), read("rival-2"), read("rival-3")],
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
  };
}

/** `#rrggbb` as the number 0xrrggbb. */
export function colourNumber(hex: string): number {
  return Number.parseInt(hex.replace("#", ""), 16);
}

/** `#rrggbb` as one pixel of an ImageData seen as little-endian Uint32, with an alpha from 0 to 1. */
export function pixelOf(hex: string, alpha: number): number {
  const rgb = colourNumber(hex);
  const red = rgb >> 16;
  const green = (rgb >> 8) & 255;
  const blue = rgb & 255;
  return ((Math.round(alpha * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
