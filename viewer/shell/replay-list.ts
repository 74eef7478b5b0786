import { z } from "zod";
import { element } from "./element.ts";

/** What a server that serves this page may offer beside it, under `replays/`. */
const listSchema = z.array(z.object({ name: z.string().min(1).max(1000), bytes: z.number() })).max(10_000);

/** The address, relative to the page, of a listed replay. */
function addressOf(name: string): string {
  return `replays/${name.split("/").map(encodeURIComponent).join("/")}`;
}

/**
 * Offers the replays the server lists, in the heading and on the empty page. A server without a list (a static one)
 * offers none, which is no error.
 */
export async function offerReplays(shown: string | null, open: (address: string) => void): Promise<void> {
  const response = await fetch("replays/").catch(() => undefined);
  if (!response?.ok || !response.headers.get("content-type")?.includes("json")) return;
  const list = listSchema.safeParse(await response.json());
  if (!list.success || list.data.length === 0) return;
  const select = element("replays", HTMLSelectElement);
  select.replaceChildren(
    new Option("Choose\u2026", ""),
    ...list.data.map(({ name, bytes }) => new Option(`${name} (${megabytes(bytes)})`, addressOf(name))),
  );
  const listed = list.data.find(({ name }) => shown === addressOf(name) || shown === `replays/${name}`);
  select.value = listed === undefined ? "" : addressOf(listed.name);
  select.addEventListener("change", () => {
    if (select.value !== "") open(select.value);
  });
  element("replays-choice", HTMLElement).hidden = listed !== undefined && list.data.length < 2;
}

function megabytes(bytes: number): string {
  return bytes < 1e5 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
