import { z } from "zod";
import { SpikegymError } from "../../core/errors.ts";

/** A trained policy that can be fetched. */
export interface OfferedPolicy {
  readonly name: string;
  /** Relative to the page. */
  readonly address: string;
  readonly summary: string;
}

const listSchema = z
  .array(z.object({ name: z.string().min(1).max(1000), summary: z.string().max(1000).default("") }))
  .max(10_000);

/** Policies built into the page, and the runs a server was given. */
export async function listPolicies(): Promise<OfferedPolicy[]> {
  const [made, served] = await Promise.all([
    fetchList("gallery/policies.json", "gallery/"),
    fetchList("policies/", "policies/"),
  ]);
  return [...served, ...made];
}

async function fetchList(list: string, folder: string): Promise<OfferedPolicy[]> {
  const response = await fetch(list).catch(() => undefined);
  if (!response?.ok || !response.headers.get("content-type")?.includes("json")) return [];
  const parsed = listSchema.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) return [];
  return parsed.data.map(({ name, summary }) => ({
    name,
    summary,
    address: `${folder}${name.split("/").map(encodeURIComponent).join("/")}.safetensors`,
  }));
}

export async function fetchPolicy({ address, name }: OfferedPolicy): Promise<Uint8Array> {
  const response = await fetch(address);
  if (!response.ok)
    throw new SpikegymError(`${name}: the server answered ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
