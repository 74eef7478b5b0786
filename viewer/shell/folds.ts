import { makeIconButton, nameButton } from "../transport/icons.ts";

/** A button in each panel's heading, but the scene's, that folds the panel to its heading. */
export function makeFolds(onChange: () => void): { reset(): void } {
  const setters: ((folded: boolean) => void)[] = [];
  for (const panel of document.querySelectorAll<HTMLElement>(".panel[data-tab]")) {
    const heading = panel.querySelector("h2")!;
    const name = heading.firstChild?.textContent?.trim() ?? "panel";
    const set = (folded: boolean) => {
      panel.toggleAttribute("data-folded", folded);
      button.setAttribute("aria-expanded", String(!folded));
      nameButton(button, `${folded ? "Unfold" : "Fold"} ${name.toLowerCase()}`, "");
      onChange();
    };
    const button = makeIconButton("fold", "Fold", "", () => set(!panel.hasAttribute("data-folded")));
    button.classList.add("small", "fold");
    if (heading.querySelector(".choices, .spacer") === null) {
      const spacer = document.createElement("span");
      spacer.className = "spacer";
      heading.append(spacer);
    }
    heading.append(button);
    set(false);
    setters.push(set);
  }
  return {
    reset() {
      for (const set of setters) set(false);
    },
  };
}
