// The form, and the ways out of a session.
import { describe, expect, it, vi } from "vitest";

import { fails, field, find, held, openPage, page, press, response, signedIn, signedOut } from "./page";

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000 });

function fill(username: string, password: string) {
  field("username").value = username;
  field("password").value = password;
}

describe("signing in", () => {
  it("sends what was typed, and shows the notes", async () => {
    const sign_in = () => signedIn();
    const { calls, send } = await openPage(signedOut, {
      sign_in,
      get_cached: () => response(200, { notes: [] }),
    });
    fill(" sam ", "autobots rule");
    press("sign-in");
    await eventually(() => {
      expect(calls[0]).toMatchObject(["sign_in", { username: "sam", password: "autobots rule" }]);
    });
    send(signedIn());
    expect(page().dataset["state"]).toBe("signed-in");
    expect(page().querySelector("input[type=password]")).toBeNull();
  });

  it("says what is wrong, and keeps what was typed", async () => {
    await openPage(signedOut, { sign_in: fails("wrong-credentials") });
    fill("sam", "decepticons");
    press("sign-in");
    await eventually(() => {
      expect(find("#sign-in-alert").textContent).toBe("The username or the password is wrong.");
    });
    expect([field("username").value, field("password").value]).toEqual(["sam", "decepticons"]);
    expect(find('[data-action="allow-key-file"]').hidden).toBe(true);
  });

  it("asks before the key goes into a file", async () => {
    const { calls } = await openPage(signedOut, { sign_in: fails("key-file-consent") });
    fill("sam", "autobots rule");
    press("sign-in");
    await eventually(() => {
      expect(find('[data-action="allow-key-file"]').hidden).toBe(false);
    });
    press("allow-key-file");
    await eventually(() => {
      expect(calls[1]).toMatchObject(["sign_in", { allowKeyFile: true }]);
    });
  });
});

describe("a session that is held", () => {
  it("offers to try again and to sign out", async () => {
    const { calls } = await openPage(held, { check_in: () => held, sign_out: () => signedOut });
    press("check-in");
    press("sign-out");
    await eventually(() => {
      expect(calls.map(([name]) => name)).toEqual(["check_in", "sign_out"]);
    });
  });
});
