// The example of examples/notes, in the window: the feature that docs/adopting.md leads to.
import axe from "axe-core";
import { describe, expect, it, vi } from "vitest";

import Notes from "../../examples/notes/ui/Notes.svelte";
import { DAY, NOW, signedIn, signedOut } from "./views";
import { fails, has, openWindow, part, sessionChanged } from "./window";

const answers = (notes: string[], copiedAt: number | null = null) => ({
  read_api: () => ({ body: JSON.stringify({ notes }), copiedAt }),
});

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000 });

describe("a feature behind the sign-in", () => {
  it("is not there, nor asks for anything, while nobody is signed in", async () => {
    const { calls } = await openWindow(signedOut(), answers(["buy a car"]), Notes);
    expect(has('[data-testid="notes"]')).toBe(false);
    expect(calls.some(([command]) => command === "read_api")).toBe(false);
  });

  it("shows the notes of who is signed in", async () => {
    const { calls } = await openWindow(signedIn(), answers(["buy a car", "<b>wash it</b>"]), Notes);
    await eventually(() => {
      expect(part("notes")).toHaveTextContent("buy a car<b>wash it</b>");
    });
    expect(part("notes")).not.toHaveTextContent("As of");
    expect(calls).toContainEqual(["read_api", { path: "/api/notes" }]);
  });

  it("says of a copy that it is one, and from when", async () => {
    const view = signedIn({ connection: "offline" });
    await openWindow(view, answers(["buy a car"], NOW - 5 * DAY), Notes);
    await eventually(() => {
      expect(part("notes")).toHaveTextContent("buy a car");
    });
    expect(part("notes")).toHaveTextContent("As of 18 November. The server is out of reach.");
  });

  it("reads again when the server comes back", async () => {
    const { calls } = await openWindow(signedIn({ connection: "offline" }), answers([]), Notes);
    await eventually(() => {
      expect(part("notes")).toHaveTextContent("There are no notes yet.");
    });
    const before = calls.filter(([command]) => command === "read_api").length;
    await sessionChanged(signedIn({ connection: "online" }));
    await eventually(() => {
      expect(calls.filter(([command]) => command === "read_api")).toHaveLength(before + 1);
    });
  });

  it("puts a failure into words", async () => {
    await openWindow(signedIn(), { read_api: fails("server-unreachable") }, Notes);
    await eventually(() => {
      expect(part("notes").querySelector('[role="status"]')).not.toBeEmptyDOMElement();
    });
  });

  it("goes with the session", async () => {
    await openWindow(signedIn(), answers(["buy a car"]), Notes);
    await sessionChanged(signedOut("signed-out"));
    expect(has('[data-testid="notes"]')).toBe(false);
  });

  it("is accessible", async () => {
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
    await openWindow(signedIn(), answers(["buy a car"]), Notes);
    const { violations } = await axe.run(part("notes"), { rules: { "color-contrast": { enabled: false } } });
    expect(violations).toEqual([]);
  });
});
