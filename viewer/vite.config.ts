import { defineConfig } from "vite";

/** `vite build viewer` writes viewer/dist: static files that work from any path of any server. */
export default defineConfig({
  base: "./",
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, chunkSizeWarningLimit: 1500 },
});
