import { extname } from "node:path";
import { SpikegymError, UsageError } from "../../core/errors.ts";
import { writeFileAtomically } from "../atomic-file.ts";
import { type Picture, type PictureTheme, renderSvg } from "./render-svg.ts";
import { FONT_FAMILY } from "./theme.ts";

/** The part of the optional package that is used here, so that spikegym's types do not hang on it. */
interface ResvgLibrary {
  readonly Resvg: new (svg: string, options: object) => { render(): { asPng(): Uint8Array } };
}

/** The PNG library knows neither system-ui nor a list of quoted names; it takes the first of these that is installed. */
const PNG_FONT_FAMILY = "Inter, Roboto, Segoe UI, Helvetica Neue, Arial, Liberation Sans, DejaVu Sans";

const PACKAGE = "@resvg/resvg-js";

/**
 * Draws a picture as PNG, two pixels to each of the picture's.
 *
 * @param load how to get at the optional package, for tests of its absence
 * @throws SpikegymError where it is not installed: how to add it
 */
export async function renderPng(
  picture: Picture,
  theme: Exclude<PictureTheme, "auto"> = "light",
  load = (): Promise<unknown> => import(/* @vite-ignore */ PACKAGE),
): Promise<Uint8Array> {
  let library: ResvgLibrary;
  try {
    library = (await load()) as ResvgLibrary;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new SpikegymError(
      `PNG pictures need the optional package ${PACKAGE}, which is not installed: npm install ${PACKAGE}, or write .svg`,
    );
  }
  const svg = renderSvg(picture, theme).replaceAll(FONT_FAMILY, PNG_FONT_FAMILY);
  return new library.Resvg(svg, { fitTo: { mode: "zoom", value: 2 } }).render().asPng();
}

/**
 * Writes a picture as its file's name says, `.svg` or `.png`; the file appears whole or not at all.
 *
 * @throws UsageError for another ending
 */
export async function writePicture(
  path: string,
  picture: Picture,
  theme: PictureTheme = "auto",
): Promise<void> {
  switch (extname(path).toLowerCase()) {
    case ".svg":
      return writeFileAtomically(path, renderSvg(picture, theme));
    case ".png":
      return writeFileAtomically(path, [await renderPng(picture, theme === "auto" ? "light" : theme)]);
    default:
      throw new UsageError(`picture "${path}" ends in "${extname(path)}", expected .svg or .png`);
  }
}
