import { z } from "zod";

/** A recording that can be opened from here. */
export interface OfferedReplay {
  readonly name: string;
  /** Relative to the page. */
  readonly address: string;
  readonly bytes: number;
  /** What it shows, where that is known. */
  readonly summary?: string;
}

const listSchema = z
  .array(
    z.object({
      name: z.string().min(1).max(1000),
      bytes: z.number(),
      summary: z.string().max(1000).optional(),
    }),
  )
  .max(10_000);

/** Replays made by the project, built into the page, and those a server offers under `replays/`. */
export async function listReplays(): Promise<{ made: OfferedReplay[]; served: OfferedReplay[] }> {
  const [made, served] = await Promise.all([
    fetchList("gallery/list.json", "gallery/"),
    fetchList("replays/", "replays/"),
  ]);
  return { made, served };
}

/** A server without a list (a static one) offers none, which is no error. */
async function fetchList(list: string, folder: string): Promise<OfferedReplay[]> {
  const response = await fetch(list).catch(() => undefined);
  if (!response?.ok || !response.headers.get("content-type")?.includes("json")) return [];
  const parsed = listSchema.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) return [];
  return parsed.data.map(({ name, bytes, summary }) => ({
    name,
    address: `${folder}${name.split("/").map(encodeURIComponent).join("/")}`,
    bytes,
    ...(summary === undefined ? {} : { summary }),
  }));
}

export function megabytes(bytes: number): string {
  return bytes < 1e5 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
