// The example of examples/notes, in the window: the feature that docs/adopting.md leads to.
import axe from "axe-core";
import { describe, expect, it, vi } from "vitest";

import Notes from "../../examples/notes/ui/Notes.svelte";
import { DAY, NOW, held, sam, signedIn, signedOut } from "./views";
import {
  ANY_ID,
  button,
  fails,
  field,
  has,
  later,
  openWindow,
  part,
  response,
  sessionChanged,
} from "./window";
import type { Answer, Call } from "./window";

const answers = (notes: string[], copiedAt: number | null = null) => ({
  get_cached: () => ({ ...response(200, JSON.stringify({ notes })), cachedAt: copiedAt }),
});

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000 });

describe("a feature behind the sign-in", () => {
  it("is absent and calls nothing while no account is signed in", async () => {
    const { calls } = await openWindow(signedOut(), answers(["buy a car"]), Notes);
    expect(has('[data-testid="notes"]')).toBe(false);
    expect(calls.some(([command]) => command === "get_cached")).toBe(false);
  });

  it("shows the notes of the account", async () => {
    const { calls } = await openWindow(signedIn(), answers(["buy a car", "<b>wash it</b>"]), Notes);
    await eventually(() => {
      expect(part("notes")).toHaveTextContent("buy a car<b>wash it</b>");
    });
    expect(part("notes")).not.toHaveTextContent("As of");
    expect(calls).toContainEqual(["get_cached", { path: "/api/notes" }]);
  });

  it("says that a cached response is one, and its time", async () => {
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
    const before = calls.filter(([command]) => command === "get_cached").length;
    await sessionChanged(signedIn({ connection: "online" }));
    await eventually(() => {
      expect(calls.filter(([command]) => command === "get_cached")).toHaveLength(before + 1);
    });
  });

  it("puts a failure into words", async () => {
    await openWindow(signedIn(), { get_cached: fails("server-unreachable") }, Notes);
    await eventually(() => {
      expect(part("notes").querySelector('[role="status"]')).not.toBeEmptyDOMElement();
    });
  });

  it("disappears with the session", async () => {
    await openWindow(signedIn(), answers(["buy a car"]), Notes);
    await sessionChanged(signedOut("signed-out"));
    expect(has('[data-testid="notes"]')).toBe(false);
  });

  it("is accessible", async () => {
    await openWindow(signedIn(), answers(["buy a car"]), Notes);
    await expectAccessible();
  });
});

async function expectAccessible() {
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  const { violations } = await axe.run(part("notes"), { rules: { "color-contrast": { enabled: false } } });
  expect(violations).toEqual([]);
}

/** A server with these notes, which takes more unless `send` says otherwise. */
function server(notes: string[], send?: Answer) {
  const take: Answer = (args) => {
    notes.unshift((args as { body: { text: string } }).body.text);
    return response(201, "");
  };
  return { ...answers(notes), get_cached: () => answers(notes).get_cached(), send: send ?? take };
}

const alert = () => document.getElementById("note-alert");
const sent = (calls: Call[]) => calls.filter(([command]) => command === "send");

describe("adding", () => {
  it("sends the note, reads the list again, says so, and is ready for the next one", async () => {
    const { calls, user } = await openWindow(signedIn(), server(["buy a car"]), Notes);
    await user.type(field("note"), "wash it{Enter}");
    await eventually(() => {
      expect(part("notes").querySelector("ul")).toHaveTextContent("wash itbuy a car");
    });
    expect(sent(calls)).toEqual([
      [
        "send",
        {
          method: "POST",
          path: "/api/notes",
          headers: [["content-type", "text/plain;charset=UTF-8"]],
          body: { text: "wash it" },
          requestId: ANY_ID,
        },
      ],
    ]);
    expect(part("note-added")).toHaveTextContent("Added.");
    expect(field("note")).toHaveValue("");
    expect(field("note")).toHaveFocus();
    await user.keyboard("sell it");
    await user.click(button("add-note"));
    await eventually(() => {
      expect(part("notes").querySelector("ul")).toHaveTextContent("sell itwash itbuy a car");
    });
  });

  it("has a field with a name, reached and left by keyboard", async () => {
    const { user } = await openWindow(signedIn(), server([]), Notes);
    expect(field("note").labels?.[0]).toHaveTextContent("New note");
    field("note").focus();
    await user.tab();
    expect(button("add-note")).toHaveFocus();
  });

  it("sends once, even if it is submitted repeatedly, and allows no change in the meantime", async () => {
    const wait = later();
    const { calls, user } = await openWindow(signedIn(), server([], wait.answer), Notes);
    await user.type(field("note"), "wash it{Enter}{Enter}");
    await user.click(button("add-note"));
    expect(sent(calls)).toHaveLength(1);
    expect(button("add-note")).toHaveAttribute("aria-busy", "true");
    expect(field("note")).toHaveAttribute("readonly");
    await eventually(() => {
      expect(button("add-note")).toHaveTextContent("Adding…");
    });
    wait.arrive(response(201, ""));
    await eventually(() => {
      expect(field("note")).toHaveValue("");
    });
    expect(button("add-note")).toHaveAttribute("aria-busy", "false");
  });

  it("refuses an empty note beside the field", async () => {
    const { calls, user } = await openWindow(signedIn(), server([]), Notes);
    await user.type(field("note"), "  {Enter}");
    expect(alert()).toHaveTextContent("Type a note first.");
    expect(field("note")).toHaveAttribute("aria-invalid", "true");
    expect(field("note")).toHaveAccessibleDescription(/Type a note first/);
    expect(field("note")).toHaveFocus();
    expect(sent(calls)).toEqual([]);
    await expectAccessible();
  });

  it.each<[string, Answer, string]>([
    ["is not there", fails("server-unreachable"), "see whether it is in the list"],
    ["is busy", fails("server-unavailable"), "The server cannot answer just now."],
    ["finds it too long", () => response(422, ""), "That note is too long."],
    ["gets too much", fails("body-too-large"), "Make it shorter."],
    ["will not have it", () => response(403, ""), "did not take the note (status 403)"],
    ["fails in a new way", () => Promise.reject(new Error("what?")), "Something went wrong"],
  ])("leaves what was typed when the server %s", async (_, send, sentence) => {
    const { calls, user } = await openWindow(signedIn(), server(["buy a car"], send), Notes);
    await user.type(field("note"), "wash it{Enter}");
    await eventually(() => {
      expect(alert()).toHaveTextContent(sentence);
    });
    expect(field("note")).toHaveValue("wash it");
    expect(field("note")).toHaveFocus();
    expect(part("notes").querySelector("ul")).toHaveTextContent("buy a car");
    expect(part("note-added")).not.toHaveTextContent("Added.");
    expect(sent(calls)).toHaveLength(1);
    await expectAccessible();
  });

  it("says that it needs the server only while that is out of reach", async () => {
    await openWindow(signedIn({ connection: "offline" }), server([]), Notes);
    expect(field("note")).toHaveAccessibleDescription(/Adding needs the server/);
    await expectAccessible();
    await sessionChanged(signedIn({ connection: "online" }));
    expect(part("notes")).not.toHaveTextContent("Adding needs the server");
  });

  it("restores what was typed after another screen, for the same account only", async () => {
    const { user } = await openWindow(signedIn(), server([]), Notes);
    await user.type(field("note"), "wash");
    await user.click(button("open-password"));
    expect(has('[data-testid="notes"]')).toBe(false);
    await user.click(button("back"));
    expect(field("note")).toHaveValue("wash");
    await sessionChanged(held("lease-expired"));
    await sessionChanged(signedIn());
    expect(field("note")).toHaveValue("wash");
    await sessionChanged(signedOut("signed-out"));
    await sessionChanged(signedIn({ account: { ...sam, signedInAt: NOW } }));
    expect(field("note")).toHaveValue("");
  });
});
