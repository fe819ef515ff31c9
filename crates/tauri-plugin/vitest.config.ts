import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["guest-js/tests/**/*.test.ts"],
    setupFiles: ["guest-js/tests/setup.ts"],
    testTimeout: 60_000,
  },
});
