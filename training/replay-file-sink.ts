import { type FileHandle, open, rename } from "node:fs/promises";
import type { ByteSink } from "../core/replay-file/writer.ts";
import { describeFileFailure } from "./atomic-file.ts";

/**
 * A file that appears under its name only when it is whole: bytes go to `<path>.partial`, `close` renames it. A kill
 * leaves the old file and a `.partial` one that the viewer can still open.
 */
export class ReplayFileSink implements ByteSink {
  readonly path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  static async open(path: string): Promise<ReplayFileSink> {
    const partial = `${path}.partial`;
    try {
      return new ReplayFileSink(path, await open(partial, "w"));
    } catch (error) {
      throw describeFileFailure("write", path, error);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, done);
        done += bytesWritten;
      }
    } catch (error) {
      throw describeFileFailure("write", this.path, error);
    }
  }

  async close(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
    await rename(`${this.path}.partial`, this.path);
  }
}
