import { defineConfig } from "vitest/config";

export default defineConfig({
  clearScreen: false,
  build: { target: ["es2022", "safari16"], assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // The plugin's package is a folder of this repository: without this its own copy of the API of
  // Tauri would be used beside the page's.
  resolve: { dedupe: ["@tauri-apps/api"] },
  test: { environment: "jsdom", restoreMocks: true, testTimeout: 60_000, env: { TZ: "UTC" } },
});
