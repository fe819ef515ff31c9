import { describe, expect, it } from "vitest";

import { words } from "../src/words";
import { ERROR_CODES, signedIn, signedOut } from "./views";
import { button, fails, has, later, openWindow, part, response, root } from "./window";

describe("Call the API", () => {
  it("requests the protected page and shows the response", async () => {
    const { calls, user } = await openWindow(signedIn(), {
      get: () => response(200, "Hello World!"),
    });
    expect(part("api-reply")).toBeEmptyDOMElement();
    await user.click(button("call-api"));
    expect(calls.at(-1)).toEqual(["get", { path: "/" }]);
    expect(part("api-reply")).toHaveTextContent(/^Hello World!$/);
    expect(part("api-reply")).toHaveAttribute("role", "status");
  });

  it("shows markup as the text it is", async () => {
    const body = "<img src=x onerror=alert(1)><script>alert(1)</script>";
    const { user } = await openWindow(signedIn(), { get: () => response(200, body) });
    await user.click(button("call-api"));
    expect(part("api-reply").textContent.trim()).toBe(body);
    expect(has("main img, main script")).toBe(false);
  });

  it.each([
    [response(500, "<html>oops"), "The server answered with status 500."],
    [response(404, ""), "The server answered with status 404."],
    [response(204, ""), "The server answered without any text."],
  ])("describes a response without text in a sentence: %j", async (answer, sentence) => {
    const { user } = await openWindow(signedIn(), { get: () => answer });
    await user.click(button("call-api"));
    expect(part("api-reply")).toHaveTextContent(sentence);
  });

  it.each(ERROR_CODES)("has a sentence for %s and leaves the screen as it is", async (code) => {
    const { user } = await openWindow(signedIn(), { get: fails(code) });
    await user.click(button("call-api"));
    const said = words.failuresIn["call-api"]?.[code] ?? words.failures[code];
    expect(part("api-reply")).toHaveTextContent(said);
    expect(root()).toHaveAttribute("data-state", "signed-in");
  });

  it("shows the form when the call reports that the session is over", async () => {
    let view = signedIn() as ReturnType<typeof signedOut>;
    const { user } = await openWindow(view, {
      session: () => view,
      get: (args) => {
        view = signedOut("revoked");
        return fails("session-over")(args);
      },
    });
    await user.click(button("call-api"));
    expect(root()).toHaveAttribute("data-reason", "revoked");
  });

  it("sends one request at a time", async () => {
    const wait = later();
    const { calls, user } = await openWindow(signedIn(), { get: wait.answer });
    await user.dblClick(button("call-api"));
    expect(calls.filter(([name]) => name === "get")).toHaveLength(1);
  });
});
