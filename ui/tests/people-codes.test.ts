// A one-time code for somebody else, and that the page drops it.
import { describe, expect, it, vi } from "vitest";

import { peopleEn as said } from "../src/people/words-en";
import { CODE, changed, json, madeCode, problem } from "./people-server";
import { openPerson, rows, withRole } from "./people-window";
import { button, has, later, part, root, settled } from "./window";

describe("a code", () => {
  const routes = { "POST /ID/codes": () => json(madeCode("password"), 201) };

  async function make(kind = "password", way = "show-code", more: Parameters<typeof openPerson>[0] = routes) {
    const opened = await openPerson(more);
    await opened.user.click(button(`code-${kind}`));
    expect(button("cancel")).toHaveFocus();
    await opened.user.click(button(way));
    await settled();
    return opened;
  }

  it.each(["invite", "password", "factor"] as const)("is shown to an administrator: %s", async (kind) => {
    const { asked } = await make(kind, "show-code", {
      "POST /ID/codes": () => json(madeCode(kind), 201),
    });
    const request = asked.find(({ path }) => path.endsWith("/codes"));
    expect(request?.body).toEqual({ kind, send: false });
    expect(part("made-code")).toHaveTextContent(CODE);
    expect(part("code-card")).toHaveTextContent(said.codes[kind].use);
    expect(part("code-card")).toHaveTextContent("24 November at 12:00 (tomorrow)");
    expect(document.querySelector("#code-heading")).toHaveFocus();
    expect(has('[data-action="show-code"]')).toBe(false);
  });

  it("that was mailed says where to, and shows none", async () => {
    const { asked } = await make("password", "mail-code", {
      "POST /ID/codes": () =>
        json(madeCode("password", { code: null, sent_to: "mikaela@banes.example" }), 201),
    });
    expect(asked.find(({ path }) => path.endsWith("/codes"))?.body).toEqual({ kind: "password", send: true });
    expect(part("code-card")).toHaveTextContent("The code has been mailed to mikaela@banes.example.");
    expect(has('[data-testid="made-code"]')).toBe(false);
    expect(has('[data-action="copy-code"]')).toBe(false);
  });

  it("that the caller may not see says so", async () => {
    await make("password", "show-code", {
      "POST /ID/codes": () => json(madeCode("password", { code: null }), 201),
    });
    expect(part("code-card")).toHaveTextContent(said.codes.hidden);
  });

  it.each([
    ["invite", ["mail-code", "show-code"]],
    ["password", ["mail-code"]],
    ["factor", ["mail-code"]],
  ])("for a service desk is shown only if it invites: %s", async (kind, ways) => {
    const { user } = await openPerson({}, { account: () => withRole("desk") });
    await user.click(button(`code-${kind}`));
    const offered = ["mail-code", "show-code"].filter((way) => has(`[data-action="${way}"]`));
    expect(offered).toEqual(ways);
  });

  it("without an address is not offered by mail, and a service desk is told whom to ask", async () => {
    const { user } = await openPerson(
      { "GET /ID": changed({ email: null }) },
      { account: () => withRole("desk") },
    );
    await user.click(button("code-password"));
    expect(has('[data-action="mail-code"], [data-action="show-code"]')).toBe(false);
    expect(root()).toHaveTextContent(said.codes.noAddress);
  });

  it("that may not be made has its sentence", async () => {
    await make("factor", "show-code", { "POST /ID/codes": () => problem(403, "not_allowed") });
    expect(part("people-alert")).toHaveTextContent(said.faults.notAllowed.code ?? "");
  });

  it("that may not be made for a reason has the sentence of that", async () => {
    const refused = () => problem(403, "not_allowed", "both_factors");
    await make("factor", "show-code", { "POST /ID/codes": refused });
    expect(part("people-alert")).toHaveTextContent(said.faults.reasons.both_factors);
  });

  it("that cannot be mailed has its sentence", async () => {
    await make("factor", "mail-code", { "POST /ID/codes": () => problem(403, "not_allowed") });
    expect(part("people-alert")).toHaveTextContent(said.faults.notAllowed["mail-code"] ?? "");
  });

  it.each(["back", "close-code"])("is nowhere in the page after %s", async (action) => {
    const { user } = await make();
    expect(document.documentElement.outerHTML).toContain(CODE);
    await user.click(button(action));
    await settled();
    expect(document.documentElement.outerHTML).not.toContain(CODE);
    if (action === "close-code") expect(document.querySelector("h1")).toHaveFocus();
    // Nor is it there again when the account is opened once more.
    if (action === "back") await user.click(rows()[0] as Element);
    await settled();
    expect(document.documentElement.outerHTML).not.toContain(CODE);
  });

  it("does not appear on the screen that was opened while it was made", async () => {
    const wait = later();
    const { user } = await openPerson({ "POST /ID/codes": wait.answer });
    await user.click(button("code-password"));
    await user.click(button("show-code"));
    await user.click(button("back"));
    await user.click(rows()[1] as Element);
    wait.arrive(json(madeCode("password"), 201));
    await settled();
    expect(document.querySelector("h1")).toHaveTextContent("bobby");
    expect(document.documentElement.outerHTML).not.toContain(CODE);
  });

  it("is copied, and can be marked where copying fails", async () => {
    const { user } = await make();
    const copy = vi.spyOn(navigator.clipboard, "writeText");
    await user.click(button("copy-code"));
    expect(copy).toHaveBeenCalledWith(CODE);
    expect(part("code-copied")).toHaveTextContent(said.codes.copied);
    copy.mockRejectedValueOnce(new Error("no clipboard"));
    await user.click(button("copy-code"));
    expect(part("code-copied")).toHaveTextContent(said.codes.notCopied);
  });
});
