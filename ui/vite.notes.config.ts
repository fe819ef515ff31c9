// The page of examples/notes: this one, but entered by the example's main.ts.
import { fileURLToPath } from "node:url";
import { mergeConfig } from "vite";

import page from "./vite.config";

const example = (path: string) => fileURLToPath(new URL(`../examples/notes/${path}`, import.meta.url));

export default mergeConfig(page, {
  resolve: { alias: [{ find: "/src/main.ts", replacement: example("ui/main.ts") }] },
  build: { outDir: example("dist"), emptyOutDir: true },
});
