import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

import svelteConfig from "./svelte.config.js";

// Run from the repository's root: it also checks the other pages, and the package of the plugin.
const onlyIpc = "Only src/ipc.ts talks to the backend; call its functions.";

export default ts.config(
  { ignores: ["**/dist/", "**/bindings/"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  prettier,
  ...svelte.configs.prettier,
  {
    // `parser` is for the scripts of Svelte files, also where a rule reads them as imports.
    languageOptions: { globals: globals.browser, parserOptions: { parser: ts.parser } },
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "no-restricted-imports": ["error", { patterns: [{ group: ["@tauri-apps/*"], message: onlyIpc }] }],
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
  {
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [
        createNodeResolver({
          extensions: [".ts", ".js", ".svelte"],
          extensionAlias: { ".js": [".ts", ".js"] },
        }),
      ],
      "import-x/extensions": [".ts", ".js", ".svelte"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"], "svelte-eslint-parser": [".svelte"] },
    },
    rules: { "import-x/no-cycle": ["error", { ignoreExternal: true }] },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig } },
    rules: {
      "svelte/no-at-html-tags": "error",
      "svelte/button-has-type": "error",
      "svelte/require-each-key": "error",
    },
  },
  {
    files: ["ui/src/ipc.ts", "ui/tests/**", "examples/notes/tests/**", "crates/tauri-plugin/guest-js/**"],
    rules: { "no-restricted-imports": "off" },
  },
);
