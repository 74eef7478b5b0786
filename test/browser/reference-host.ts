import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemorySink } from "../replay-file/random-replay.ts";
import { writeSampleImages } from "../replay-file/sample-images.ts";
import { writeSampleReplay } from "../replay-file/sample-replay.ts";
import { serveViewer, type ViewerHost } from "./viewer-host.ts";

/** The viewer with the files that the reference views open. */
export async function serveReferenceHost(): Promise<ViewerHost> {
  const sample = new MemorySink();
  await writeSampleReplay(sample);
  const images = new MemorySink();
  await writeSampleImages(images);
  const folder = await mkdtemp(join(tmpdir(), "spikegym-references-"));
  const files = new Map([
    ["sample.mcap", sample.bytes()],
    ["images.mcap", images.bytes()],
  ]);
  const host = await serveViewer(join(folder, "dist"), files);
  return {
    url: host.url,
    async close() {
      await host.close();
      await rm(folder, { recursive: true });
    },
  };
}
