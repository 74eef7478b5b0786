const storageKey = "spikegym.layout";

/** Splitter id to the property it sets, in per cent of its parent. */
const properties: Readonly<Record<string, string>> = {
  "split-side": "--scene",
  "split-network": "--network",
  "split-lower": "--upper",
};

/** Dragging, arrow keys and double click (reset) on the bars between panels; the layout is kept in this browser. */
export function listenToSplitters(onChange: () => void): { reset(): void } {
  const layout: Record<string, number> = readLayout();
  const apply = () => {
    for (const property of Object.values(properties)) {
      const share = layout[property];
      if (share === undefined) document.documentElement.style.removeProperty(property);
      else document.documentElement.style.setProperty(property, `${share}%`);
    }
    onChange();
  };
  const set = (property: string, share: number | undefined) => {
    if (share === undefined) delete layout[property];
    else layout[property] = Math.min(85, Math.max(15, share));
    try {
      localStorage.setItem(storageKey, JSON.stringify(layout));
    } catch {
      // A browser that stores nothing keeps the layout until the page is left.
    }
    apply();
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
  apply();
  return {
    reset() {
      for (const property of Object.values(properties)) set(property, undefined);
    },
  };
}

function readLayout(): Record<string, number> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "{}");
    const entries = Object.entries(stored as Record<string, unknown>);
    return Object.fromEntries(
      entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"),
    );
  } catch {
    return {};
  }
}
