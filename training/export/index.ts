import { Catalogue } from "../../core/catalogue.ts";
import { nir } from "./nir.ts";
import { onnx } from "./onnx.ts";
import { policyFile } from "./policy-format.ts";
import { safetensors } from "./safetensors-format.ts";

/** Every format of other programs. Adding one: write its file, add one line here. */
export const exportFormats = new Catalogue("export format", [onnx, nir, safetensors, policyFile]);
