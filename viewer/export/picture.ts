/**
 * Draws what a part of the page shows onto one canvas: panels, canvases, lines and words. A browser gives no picture of
 * itself, but this page is made of few kinds of things.
 */
export function drawPage(root: HTMLElement, into: HTMLCanvasElement, ratio: number): void {
  const frame = root.getBoundingClientRect();
  const width = Math.round(frame.width * ratio);
  const height = Math.round(frame.height * ratio);
  if (into.width !== width || into.height !== height) {
    into.width = width;
    into.height = height;
  }
  const context = into.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, frame.width, frame.height);
  context.translate(-frame.left, -frame.top);
  drawElement(context, root);
}

function drawElement(context: CanvasRenderingContext2D, element: Element): void {
  const style = getComputedStyle(element);
  if (style.display === "none" || style.visibility === "hidden") return;
  const box = element.getBoundingClientRect();
  if (box.width === 0 && box.height === 0) return;
  drawBox(context, box, style);
  if (element instanceof HTMLCanvasElement) {
    if (box.height > 0) context.drawImage(element, box.left, box.top, box.width, box.height);
    return;
  }
  if (element instanceof HTMLSelectElement) {
    drawWords(context, element.selectedOptions[0]?.text ?? "", box.left + 6, box, style);
    return;
  }
  // Icons are for hands, not for pictures.
  if (element instanceof SVGElement) return;
  const clips = style.overflow !== "visible" && element.children.length > 0;
  if (clips) {
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
  }
  for (const child of element.childNodes) {
    if (child instanceof Element) drawElement(context, child);
    else if (child instanceof Text && child.data.trim() !== "") {
      const range = document.createRange();
      range.selectNodeContents(child);
      const at = range.getBoundingClientRect();
      drawWords(context, child.data.trim(), at.left, at, style);
    }
  }
  if (clips) context.restore();
}

function drawBox(context: CanvasRenderingContext2D, box: DOMRect, style: CSSStyleDeclaration): void {
  const radius = Number.parseFloat(style.borderTopLeftRadius) || 0;
  const trace = () => {
    context.beginPath();
    context.roundRect(
      box.left + 0.5,
      box.top + 0.5,
      Math.max(0, box.width - 1),
      Math.max(0, box.height - 1),
      radius,
    );
  };
  if (!/, 0\)$|^transparent$/.test(style.backgroundColor)) {
    context.fillStyle = style.backgroundColor;
    if (radius > 0) {
      trace();
      context.fill();
    } else context.fillRect(box.left, box.top, box.width, box.height);
  }
  if (style.borderTopStyle === "solid" && Number.parseFloat(style.borderTopWidth) > 0) {
    context.strokeStyle = style.borderTopColor;
    context.lineWidth = 1;
    trace();
    context.stroke();
  } else if (style.borderLeftStyle === "dashed") {
    context.fillStyle = style.borderLeftColor;
    context.fillRect(box.left, box.top, 1, box.height);
  }
}

function drawWords(
  context: CanvasRenderingContext2D,
  words: string,
  left: number,
  box: DOMRect,
  style: CSSStyleDeclaration,
): void {
  context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  context.fillStyle = style.color;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(words, left, box.top + box.height / 2);
}
