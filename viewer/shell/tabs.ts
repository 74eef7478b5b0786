import { element } from "./element.ts";

const tabs = [
  { id: "network", name: "Network" },
  { id: "traces", name: "Traces" },
  { id: "raster", name: "Spikes" },
  { id: "strips", name: "Signals" },
  { id: "curve", name: "Return" },
  { id: "control", name: "Controls" },
] as const;

/** On a phone one panel at a time stands under the scene; returns what shows another one. */
export function makeTabs(onChange: () => void): (id: string) => void {
  const host = element("tabs", HTMLElement);
  const bench = element("bench", HTMLElement);
  const buttons = tabs.map(({ id, name }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", `${id}-panel`);
    button.dataset.tab = id;
    button.addEventListener("click", () => select(id));
    host.append(button);
    return button;
  });
  host.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const now = tabs.findIndex(({ id }) => id === bench.dataset.tab);
    const next = (now + step + tabs.length) % tabs.length;
    select(tabs[next]!.id);
    buttons[next]!.focus();
  });

  function select(id: string): void {
    bench.dataset.tab = id;
    for (const panel of bench.querySelectorAll<HTMLElement>(".panel[data-tab]")) {
      panel.toggleAttribute("data-shown", panel.dataset.tab === id);
    }
    for (const [i, button] of buttons.entries()) {
      const selected = tabs[i]!.id === id;
      button.setAttribute("aria-selected", String(selected));
      button.tabIndex = selected ? 0 : -1;
    }
    onChange();
  }
  select("network");
  return select;
}
