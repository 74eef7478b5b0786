/** Small builders of the controls in the panel beside the scene. */

export function makeButton(name: string, onClick: () => void, primary = false): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = primary ? "text-button primary" : "text-button";
  button.textContent = name;
  button.addEventListener("click", onClick);
  return button;
}

export function makeRow(...content: (Node | string)[]): HTMLElement {
  const row = document.createElement("div");
  row.className = "control-row";
  row.append(...content);
  return row;
}

export interface Choice {
  readonly value: string;
  readonly name: string;
}

export interface SelectControl {
  readonly element: HTMLElement;
  readonly select: HTMLSelectElement;
  fill(choices: readonly Choice[], chosen?: string): void;
}

export function makeSelect(name: string, onChange: (value: string) => void): SelectControl {
  const label = document.createElement("label");
  label.className = "control";
  const select = document.createElement("select");
  label.append(name, select);
  select.addEventListener("change", () => onChange(select.value));
  return {
    element: label,
    select,
    fill(choices, chosen) {
      select.replaceChildren(...choices.map(({ value, name }) => new Option(name, value)));
      if (chosen !== undefined) select.value = chosen;
    },
  };
}

export interface SliderOptions {
  readonly name: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  readonly onInput: (value: number) => void;
}

export interface SliderControl {
  readonly element: HTMLElement;
  /** Shows a value without telling of it. */
  set(value: number): void;
}

/** A slider with its name, value and unit. */
export function makeSlider({ name, unit, min, max, step, value, onInput }: SliderOptions): SliderControl {
  const label = document.createElement("label");
  label.className = "control slider";
  const words = document.createElement("span");
  words.textContent = name;
  const output = document.createElement("output");
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: String(min), max: String(max), step: String(step) });
  const decimals = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step))));
  const show = () => {
    const text = `${Number(input.value).toFixed(decimals)}${unit === "" ? "" : ` ${unit}`}`;
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  input.value = String(value);
  input.addEventListener("input", () => {
    show();
    onInput(Number(input.value));
  });
  show();
  label.append(words, output, input);
  return {
    element: label,
    set(to) {
      input.value = String(to);
      show();
    },
  };
}

export function makeNote(text = ""): HTMLElement {
  const note = document.createElement("p");
  note.className = "note";
  note.textContent = text;
  return note;
}
