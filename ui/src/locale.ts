// The user's languages, and the locale of their dates. The backend provides both where the web
// view does not know them.

/** The system's languages and formats, as the backend reads them. */
export interface SystemLocale {
  /** BCP 47 tags for texts, the preferred first; English where the system has none. */
  languages: string[];
  /** The BCP 47 tag for dates; null where it is the system's plain one. */
  dates: string | null;
}

declare global {
  interface Window {
    /** Set by the backend before the page runs; null where the web view knows them itself. */
    __LATCHKEY_LOCALE__?: SystemLocale | null;
  }
}

/** The languages of texts, the preferred first. */
export function systemLanguages(): readonly string[] {
  return window.__LATCHKEY_LOCALE__?.languages ?? navigator.languages;
}

const languageOf = (tag: string) => tag.split("-")[0] ?? "";
const regionOf = (tag: string) => /-([A-Z]{2}|\d{3})(?=-|$)/.exec(tag)?.[1];

/** The hour cycle of a locale (12 or 24 hours), as an extension of a tag (RFC 6067). */
function hoursOf(locale: string): string {
  const { hourCycle } = new Intl.DateTimeFormat(locale, { hour: "numeric" }).resolvedOptions();
  return hourCycle ? `-u-hc-${hourCycle}` : "";
}

/**
 * The locale of dates: words in the window's language `own`, order and hours as the system has
 * them. On a system with German dates an English window writes "7 December at 14:30".
 */
export function dateLocale(own: string): string {
  const system = window.__LATCHKEY_LOCALE__;
  const language = languageOf(own);
  if (!system) return navigator.languages.find((tag) => languageOf(tag) === language) ?? own;
  const dates = system.dates ?? own;
  if (languageOf(dates) === language) return dates;
  const region = regionOf(dates);
  return region ? `${language}-${region}${hoursOf(dates)}` : own;
}
