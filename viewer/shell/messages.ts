import { makeIconButton } from "../transport/icons.ts";
import { element } from "./element.ts";

/** Says what went wrong above what was on the screen, until it is dismissed. */
export function showError(message: string): void {
  fill("alert", message);
}

export function clearError(): void {
  element("alert", HTMLElement).hidden = true;
}

/** Something one must know of what is shown, e.g. that the file ends early. */
export function showNotices(notices: readonly string[]): void {
  if (notices.length === 0) element("notice", HTMLElement).hidden = true;
  else fill("notice", notices.join(" "));
}

function fill(id: string, message: string): void {
  const host = element(id, HTMLElement);
  const text = document.createElement("span");
  text.textContent = message;
  const close = makeIconButton("close", "Dismiss", "", () => {
    host.hidden = true;
  });
  close.classList.add("small");
  host.replaceChildren(text, close);
  host.hidden = false;
}
