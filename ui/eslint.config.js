import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

import svelteConfig from "./svelte.config.js";

const onlyIpc = "Only src/ipc.ts talks to the backend; call its functions.";

export default ts.config(
  { ignores: ["dist/", "src/bindings/"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  prettier,
  ...svelte.configs.prettier,
  {
    languageOptions: { globals: globals.browser },
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "no-restricted-imports": ["error", { patterns: [{ group: ["@tauri-apps/*"], message: onlyIpc }] }],
      "@typescript-eslint/consistent-type-imports": "error",
    },
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
  { files: ["src/ipc.ts", "tests/**"], rules: { "no-restricted-imports": "off" } },
);
