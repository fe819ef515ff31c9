import "@testing-library/jest-dom/vitest";

import { clearMocks } from "@tauri-apps/api/mocks";
import type * as latchkey from "tauri-plugin-latchkey-api";
import { afterEach, beforeEach, vi } from "vitest";

import { beginPage, endPage } from "./page";

vi.mock("tauri-plugin-latchkey-api", async (load) => {
  const plugin = await load<typeof latchkey>();
  const { unwatches } = await import("./page");
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
  beginPage();
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["en-GB", "de"]);
});

afterEach(async () => {
  vi.useRealTimers();
  if (typeof document === "undefined") return;
  await endPage();
  clearMocks();
  document.body.replaceChildren();
});
