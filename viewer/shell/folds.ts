import { makeIconButton, nameButton } from "../transport/icons.ts";

export interface Folds {
  /** Ids of the folded panels, by their tabs. */
  folded(): string[];
  set(folded: readonly string[]): void;
}

/** A button in each panel's heading, but the scene's, that folds the panel to its heading. */
export function makeFolds(onChange: () => void): Folds {
  const setters = new Map<string, (folded: boolean) => void>();
  const panels = [...document.querySelectorAll<HTMLElement>(".panel[data-tab]")];
  for (const panel of panels) {
    const heading = panel.querySelector("h2")!;
    const name = heading.firstChild?.textContent?.trim() ?? "panel";
    const set = (folded: boolean) => {
      panel.toggleAttribute("data-folded", folded);
      button.setAttribute("aria-expanded", String(!folded));
      nameButton(button, `${folded ? "Unfold" : "Fold"} ${name.toLowerCase()}`, "");
    };
    const button = makeIconButton("fold", "Fold", "", () => {
      set(!panel.hasAttribute("data-folded"));
      onChange();
    });
    button.classList.add("small", "fold");
    if (heading.querySelector(".choices, .spacer") === null) {
      const spacer = document.createElement("span");
      spacer.className = "spacer";
      heading.append(spacer);
    }
    heading.append(button);
    set(false);
    setters.set(panel.dataset.tab!, set);
  }
  return {
    folded: () => panels.filter((panel) => panel.hasAttribute("data-folded")).map((p) => p.dataset.tab!),
    set(folded) {
      for (const [id, set] of setters) set(folded.includes(id));
      onChange();
    },
  };
}
