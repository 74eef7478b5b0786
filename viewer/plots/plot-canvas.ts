/** A 2D canvas that fills its host at the display's resolution; drawing happens in CSS pixels. */
export class PlotCanvas {
  readonly element: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  width = 0;
  height = 0;
  ratio = 1;
  #content: string | undefined;

  /** @param onChange called when what was drawn is gone: another size, or a context lost and given again */
  constructor(host: HTMLElement, label: string, onChange: () => void) {
    this.element = document.createElement("canvas");
    this.element.setAttribute("role", "img");
    this.element.setAttribute("aria-label", label);
    const context = this.element.getContext("2d");
    if (context === null) throw new Error(`${label}: this browser gave no 2D canvas`);
    this.context = context;
    host.append(this.element);
    // A browser short of memory may take a canvas back; once it is given again it is empty.
    this.element.addEventListener("contextrestored", () => {
      this.#content = undefined;
      onChange();
    });
    new ResizeObserver(() => {
      this.#fit(host);
      onChange();
    }).observe(host);
    this.#fit(host);
  }

  #fit(host: HTMLElement): void {
    this.#content = undefined;
    this.width = host.clientWidth;
    this.height = host.clientHeight;
    this.ratio = Math.min(3, window.devicePixelRatio || 1);
    this.element.width = Math.max(1, Math.round(this.width * this.ratio));
    this.element.height = Math.max(1, Math.round(this.height * this.ratio));
  }

  /** Nothing to draw on: a folded panel, or another tab's. */
  get folded(): boolean {
    return this.width < 8 || this.height < 8;
  }

  /**
   * Empties the canvas for drawing. False when it is folded, or when `content` names what it already shows; sizes
   * need not be part of the name.
   */
  begin(font: string, content?: string): boolean {
    if (this.folded || (content !== undefined && content === this.#content)) return false;
    this.#content = content;
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    this.context.font = font;
    this.context.lineJoin = "round";
    return true;
  }
}
