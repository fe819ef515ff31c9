import { afterEach, describe, expect, it, vi } from "vitest";

import { dayOf } from "../src/dates";
import { dateLocale, systemLanguages, type SystemLocale } from "../src/locale";
import { DAY, NOW, signedOut } from "./views";
import { openWindow } from "./window";

const webViewSpeaks = (...languages: string[]) =>
  vi.spyOn(navigator, "languages", "get").mockReturnValue(languages);

function backendSays(languages: string[], dates: string | null): void {
  window.__LATCHKEY_LOCALE__ = { languages, dates } satisfies SystemLocale;
}

afterEach(() => {
  delete window.__LATCHKEY_LOCALE__;
});

describe("where only the web view knows the system", () => {
  it.each([undefined, null])("(%s) uses its languages", (set) => {
    if (set === null) window.__LATCHKEY_LOCALE__ = set;
    webViewSpeaks("en-US", "en");
    expect(systemLanguages()).toEqual(["en-US", "en"]);
    expect(dayOf(NOW + 14 * DAY, NOW)).toBe("December 7");
  });

  it.each([
    [["en-US", "en"], "en-US"],
    [["de-DE", "en-AU"], "en-AU"],
    [["de-DE"], "en-GB"],
    [[], "en-GB"],
  ])("%j writes English dates as %s", (languages, locale) => {
    webViewSpeaks(...languages);
    expect(dateLocale("en-GB")).toBe(locale);
  });
});

describe("where the backend knows it", () => {
  it.each([
    ["en-GB", "en-US", "en-US"],
    ["en-GB", "de-DE", "en-DE-u-hc-h23"],
    ["de-DE", "de-CH", "de-CH"],
    ["de-DE", "en-US", "de-US-u-hc-h12"],
    ["en-GB", "eo", "en-GB"],
    ["en-GB", null, "en-GB"],
  ])("a window in %s on a system with dates in %s writes them as %s", (own, dates, locale) => {
    webViewSpeaks("fr-FR");
    backendSays(["en"], dates);
    expect(dateLocale(own)).toBe(locale);
  });

  it("writes words in the window's language, and hours as the system does", () => {
    backendSays(["en-US"], "de-DE");
    expect(dayOf(NOW + DAY + 4 * 3600, NOW)).toMatch(/^24 November at 16:00$/);
    backendSays(["en-US"], "en-US");
    expect(dayOf(NOW + DAY + 4 * 3600, NOW)).toMatch(/^November 24 at 0?4:00.PM$/);
  });

  it("chooses the first language that has words", async () => {
    webViewSpeaks("en-US");
    backendSays(["fr-FR", "de", "en-US"], "de-DE");
    await openWindow(signedOut());
    expect(document.documentElement.lang).toBe("de-DE");
    expect(document.querySelector("h1")).toHaveTextContent("Anmelden");
  });
});
