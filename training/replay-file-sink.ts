import { type FileHandle, open, rename } from "node:fs/promises";
import type { ByteSink } from "../core/replay-file/recording.ts";
import { describeFileFailure } from "./atomic-file.ts";

/**
 * A file that appears under its name only when it is whole: bytes go to `<path>.partial`, `close` renames it. A kill
 * leaves the old file and a `.partial` one that the viewer can still open.
 */
export class ReplayFileSink implements ByteSink {
  readonly path: string;
  #file: FileHandle | undefined;

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
    const file = this.#open();
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done);
        done += bytesWritten;
      }
    } catch (error) {
      throw describeFileFailure("write", this.path, error);
    }
  }

  async close(): Promise<void> {
    try {
      await this.#open().sync();
      await this.release();
      await rename(`${this.path}.partial`, this.path);
    } catch (error) {
      throw describeFileFailure("write", this.path, error);
    }
  }

  /** Gives the file back without the rename; for a recording that failed or was stopped. May be called again. */
  async release(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #open(): FileHandle {
    if (this.#file === undefined) throw new Error(`ReplayFileSink: ${this.path} is closed`);
    return this.#file;
  }
}
