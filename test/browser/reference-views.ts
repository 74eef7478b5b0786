import type { Page } from "playwright-core";

/** A screen of the viewer that is kept as a picture: one a mode, both themes, desktop and phone. */
export interface ReferenceView {
  readonly name: string;
  readonly theme: "dark" | "light";
  readonly size: readonly [width: number, height: number];
  /** After the page's address. */
  readonly address: string;
  /** Brings the page to where the picture is taken. */
  prepare?(page: Page): Promise<void>;
}

const desktop = [1200, 750] as const;
const phone = [390, 844] as const;
const sample = "?src=replays/sample.mcap";

/** Waits until a live world has run for a while, then holds it. */
async function holdLive(page: Page): Promise<void> {
  const now = page.locator(".time .now");
  await now.waitFor({ timeout: 60_000 });
  for (const end = Date.now() + 60_000; Date.now() < end; await page.waitForTimeout(50)) {
    if (Number.parseFloat((await now.textContent()) ?? "") > 3) break;
  }
  await page.keyboard.press(" ");
}

/** Lets the bench run until its span is full, then holds it. */
async function holdBench(page: Page): Promise<void> {
  await page.waitForTimeout(3200);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
}

export const referenceViews: readonly ReferenceView[] = [
  { name: "start-dark", theme: "dark", size: desktop, address: "" },
  { name: "start-phone-light", theme: "light", size: phone, address: "" },
  { name: "replay-dark", theme: "dark", size: desktop, address: `${sample}#t=2.7&w=0-6&units=3.40` },
  {
    name: "replay-light",
    theme: "light",
    size: desktop,
    address: `${sample}#t=2.7&w=0-6&units=3.40&sort=rate`,
  },
  { name: "replay-phone-dark", theme: "dark", size: phone, address: `${sample}#t=2.7&w=0-6&units=3.40` },
  {
    name: "compare-dark",
    theme: "dark",
    size: desktop,
    address: "?src=gallery/double-hh-published.mcap&with=gallery/double-lif.mcap#t=4.9&w=0-6",
    // The second file comes after the first.
    prepare: (page) => page.waitForTimeout(1000),
  },
  { name: "picture-dark", theme: "dark", size: desktop, address: "?src=replays/images.mcap#t=0.04&units=40" },
  { name: "live-dark", theme: "dark", size: desktop, address: "#mode=live", prepare: holdLive },
  { name: "train-light", theme: "light", size: desktop, address: "#mode=train" },
  { name: "neuron-dark", theme: "dark", size: desktop, address: "#mode=neuron", prepare: holdBench },
];

/** Opens a view and takes its picture. */
export async function takeView(page: Page, base: string, view: ReferenceView): Promise<Buffer> {
  const [width, height] = view.size;
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: view.theme, reducedMotion: "reduce" });
  await page.goto("about:blank");
  await page.goto(`${base}${view.address}`);
  const opened = view.address.includes("src=") ? "#title b" : "#modes [aria-current], #welcome .card";
  await page.locator(opened).first().waitFor({ state: "attached" });
  await view.prepare?.(page);
  await page.mouse.move(0, 0);
  // The lists of the first page come by themselves.
  await page.waitForTimeout(300);
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  return page.screenshot();
}
