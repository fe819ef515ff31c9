import "@testing-library/jest-dom/vitest";

import { clearMocks } from "@tauri-apps/api/mocks";
import type * as latchkey from "tauri-plugin-latchkey-api";
import { afterEach, beforeEach, vi } from "vitest";

// Each test is a separate page: its watches end with it.
const unwatches: (() => void)[] = [];
vi.mock("tauri-plugin-latchkey-api", async (load) => {
  const plugin = await load<typeof latchkey>();
  const watch: typeof plugin.watch = async (callback) => {
    const unwatch = await plugin.watch(callback);
    unwatches.push(unwatch);
    return unwatch;
  };
  return { ...plugin, watch };
});

beforeEach(() => {
  if (typeof document === "undefined") return;
  // jsdom draws nothing, and has no dialogs.
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  window.scrollTo = () => undefined;
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["en-GB", "de"]);
});

afterEach(() => {
  vi.useRealTimers();
  for (const unwatch of unwatches.splice(0)) unwatch();
  if (typeof document === "undefined") return;
  clearMocks();
  document.body.replaceChildren();
});
