/** Outlines on a 24 x 24 grid, filled with the current colour. */
const outlines = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  stepBack: "M6 5h2.5v14H6zM19 5v14l-9-7z",
  stepForward: "M5 5v14l9-7zM15.5 5H18v14h-2.5z",
  tickBack: "M15.5 6v12l-7.5-6z",
  tickForward: "M8.5 6v12l7.5-6z",
  eventBack: "M5 5h2v14H5zM13 5v14l-6-7zM20 5v14l-6-7z",
  eventForward: "M4 5v14l6-7zM11 5v14l6-7zM17 5h2v14h-2z",
  open: "M3 6h6l2 2h10v11H3zM5 10v7h14v-7z",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3v18a9 9 0 0 0 0-18zM12 5a7 7 0 0 1 0 14z",
  info: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM11 10h2v7h-2zM11 6.5h2v2h-2z",
  keys: "M3 6h18v12H3zM5 8v8h14V8zM7 10h2v2H7zM11 10h2v2h-2zM15 10h2v2h-2zM8 13h8v2H8z",
  fit: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z",
  compare: "M4 4h9v9H4zM6 6v5h5V6zM11 15h2v3h5v-5h-3v-2h5v9h-9z",
  save: "M11 3h2v9l3.5-3.5L18 10l-6 6-6-6 1.5-1.5L11 12zM4 18h16v2H4z",
  link: "M10.6 13.4a1 1 0 0 1 0-1.4l3-3a3 3 0 0 1 4.2 4.2l-2 2-1.4-1.4 2-2a1 1 0 0 0-1.4-1.4l-3 3a1 1 0 0 1-1.4 0zM13.4 10.6a1 1 0 0 1 0 1.4l-3 3a3 3 0 0 1-4.2-4.2l2-2 1.4 1.4-2 2A1 1 0 0 0 9 13.6l3-3a1 1 0 0 1 1.4 0z",
  close: "M6 4.6 12 10.6 18 4.6 19.4 6 13.4 12 19.4 18 18 19.4 12 13.4 6 19.4 4.6 18 10.6 12 4.6 6z",
  fold: "M6 9.5 12 15.5 18 9.5 16.6 8 12 12.7 7.4 8z",
} as const;

export type IconName = keyof typeof outlines;

export function makeIcon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", outlines[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

/** A button with an icon, a name for those who cannot see it, and its key in the tooltip. */
export function makeIconButton(
  icon: IconName,
  name: string,
  key: string,
  onClick: () => void,
): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-button";
  button.append(makeIcon(icon));
  nameButton(button, name, key);
  button.addEventListener("click", onClick);
  return button;
}

export function nameButton(button: HTMLButtonElement, name: string, key: string): void {
  button.setAttribute("aria-label", name);
  button.title = key === "" ? name : `${name} (${key})`;
}
