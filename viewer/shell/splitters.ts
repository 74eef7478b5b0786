/** Splitter id to the property it sets, in per cent of its parent. */
const properties = {
  "split-side": "--scene",
  "split-network": "--network",
  "split-lower": "--upper",
  "split-strips": "--raster",
} as const;

type Property = (typeof properties)[keyof typeof properties];

/** Shares of the panels that were moved, per cent, by the name without its dashes. */
export type Shares = Readonly<Partial<Record<string, number>>>;

export interface Splitters {
  shares(): Shares;
  set(shares: Shares): void;
}

/** Dragging, arrow keys and double click (reset) on the bars between panels. */
export function listenToSplitters(onChange: () => void): Splitters {
  const layout: Partial<Record<Property, number>> = {};
  const apply = () => {
    for (const [id, property] of Object.entries(properties)) {
      const share = layout[property];
      if (share === undefined) document.documentElement.style.removeProperty(property);
      else document.documentElement.style.setProperty(property, `${share}%`);
      const now = Math.round(share ?? 50);
      document.getElementById(id)?.setAttribute("aria-valuenow", String(now));
    }
  };
  const set = (property: Property, share: number | undefined) => {
    if (share === undefined) delete layout[property];
    else layout[property] = kept(share);
    apply();
    onChange();
  };
  for (const [id, property] of Object.entries(properties)) {
    const bar = document.getElementById(id);
    const parent = bar?.parentElement;
    if (!bar || !parent) continue;
    const horizontal = bar.dataset.axis === "x";
    const shareAt = (event: PointerEvent) => {
      const box = parent.getBoundingClientRect();
      return horizontal
        ? (100 * (event.clientX - box.left)) / box.width
        : (100 * (event.clientY - box.top)) / box.height;
    };
    bar.addEventListener("pointerdown", (event) => bar.setPointerCapture(event.pointerId));
    bar.addEventListener("pointermove", (event) => {
      if (bar.hasPointerCapture(event.pointerId)) set(property, shareAt(event));
    });
    bar.addEventListener("dblclick", () => set(property, undefined));
    bar.addEventListener("keydown", (event) => {
      const smaller = horizontal ? "ArrowLeft" : "ArrowUp";
      const larger = horizontal ? "ArrowRight" : "ArrowDown";
      if (event.key !== smaller && event.key !== larger) return;
      event.preventDefault();
      event.stopPropagation();
      const first = bar.previousElementSibling!.getBoundingClientRect();
      const box = parent.getBoundingClientRect();
      const share = horizontal ? (100 * first.width) / box.width : (100 * first.height) / box.height;
      set(property, share + (event.key === larger ? 2 : -2));
    });
  }
  return {
    shares: () =>
      Object.fromEntries(Object.entries(layout).map(([property, share]) => [property.slice(2), share])),
    set(shares) {
      for (const property of Object.values(properties)) {
        const share = shares[property.slice(2)];
        if (share === undefined || !Number.isFinite(share)) delete layout[property];
        else layout[property] = kept(share);
      }
      apply();
      onChange();
    },
  };
}

/** Neither panel vanishes; to a tenth of a per cent, so that a link can say it exactly. */
function kept(share: number): number {
  return Math.round(10 * Math.min(85, Math.max(15, share))) / 10;
}
