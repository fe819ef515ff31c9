// The screens about other people's accounts are loaded for those who open them, and for nobody
// else.
import { describe, expect, it, vi } from "vitest";

import { words } from "../src/words";
import { peopleServer } from "./people-server";
import { withRole } from "./people-window";
import { signedIn } from "./views";
import { button, has, openWindow, root, settled } from "./window";

const loads = vi.hoisted(() => ({ count: 0 }));
vi.mock("../src/people/People.svelte", async (load) => {
  loads.count += 1;
  return load();
});

describe("the screens about other people", () => {
  it("are not loaded without the role, on any screen", async () => {
    const { user } = await openWindow(signedIn(), { account: () => withRole(null), sessions: () => [] });
    await settled();
    for (const action of ["open-devices", "open-password", "open-factor"]) {
      await user.click(button(action));
      await settled();
      await user.click(button("back"));
    }
    expect(loads.count).toBe(0);
  });

  it("are loaded when they are opened, not before", async () => {
    const { user } = await openWindow(signedIn(), {
      account: () => withRole("desk"),
      ...peopleServer().server,
    });
    await settled();
    expect(button("open-people")).toHaveTextContent(words.desk.heading);
    expect(loads.count).toBe(0);
    await user.click(button("open-people"));
    await expect.poll(() => has('[data-testid="people"]')).toBe(true);
    expect(loads.count).toBe(1);
    expect(root()).toHaveAttribute("data-screen", "people");
  });
});
