import "@testing-library/jest-dom/vitest";

import { clearMocks } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, vi } from "vitest";

beforeEach(() => {
  if (typeof document !== "undefined")
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["en-GB", "de"]);
});

afterEach(() => {
  vi.useRealTimers();
  if (typeof document === "undefined") return;
  clearMocks();
  document.body.replaceChildren();
});
