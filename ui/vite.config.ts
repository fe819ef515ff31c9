import { availableParallelism } from "node:os";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  clearScreen: false,
  // The plugin's package is a link to its folder, which has its own copy.
  resolve: { dedupe: ["@tauri-apps/api"] },
  build: {
    target: ["es2022", "safari16"],
    // The window's content policy allows nothing inline: every script, style and image is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
    restoreMocks: true,
    // The files share the modules that they load: tests/page.ts ends what a test leaves in them.
    isolate: false,
    // They wait for timers as long as they compute.
    maxWorkers: 2 * availableParallelism(),
    // A busy machine is slow, not wrong.
    testTimeout: 60_000,
    env: { TZ: "UTC" },
  },
});
