// Dates in words, in the system's format. Takes unix seconds; `now` is always an argument.
import { dateLocale } from "./locale";
import { words } from "./words";

const DAY = 86_400;
const LAST_SECOND = 8_640_000_000_000;

function write(seconds: number, options: Intl.DateTimeFormatOptions): string {
  if (!Number.isFinite(seconds) || Math.abs(seconds) > LAST_SECOND) return words.unknownDate;
  const locale = dateLocale(words.locale);
  return new Intl.DateTimeFormat(locale, options).format(seconds * 1000);
}

/** "7 December", with the time when it is within two days, with the year when it is another one. */
export function dayOf(seconds: number, now: number): string {
  const near = Math.abs(seconds - now) < 2 * DAY;
  const year = (at: number) => write(at, { year: "numeric" });
  return write(seconds, {
    day: "numeric",
    month: "long",
    ...(year(seconds) === year(now) ? {} : { year: "numeric" }),
    ...(near ? { hour: "2-digit", minute: "2-digit" } : {}),
  });
}

/** "3 March 2019". */
export function longDate(seconds: number): string {
  return write(seconds, { day: "numeric", month: "long", year: "numeric" });
}

/** The length of a wait: "2 seconds", "5 minutes", "3 hours". Rounded up. */
export function durationOf(seconds: number): string {
  const units: [string, number][] = [
    ["hour", 3_600],
    ["minute", 60],
  ];
  const [unit, size] = units.find(([, length]) => seconds >= 1.5 * length) ?? ["second", 1];
  const locale = dateLocale(words.locale);
  const style = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(locale, style).format(Math.ceil(seconds / size));
}

/**
 * How much is left of a short wait, in seconds: whole minutes while it is long, because the
 * window's clock ticks seldom and the time since its last tick must not add a minute.
 */
export function leftUntil(end: number, now: number): number {
  const seconds = Math.max(0, end - now);
  return seconds < 90 ? seconds : Math.round(seconds / 60) * 60;
}

/** "in 14 days", "in 3 hours", "2 minutes ago". */
export function distanceOf(seconds: number, now: number): string {
  const away = seconds - now;
  if (!Number.isFinite(away) || Math.abs(away) > LAST_SECOND) return words.unknownDate;
  const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", DAY],
    ["hour", 3_600],
    ["minute", 60],
  ];
  const [unit, size] = units.find(([, length]) => Math.abs(away) >= length) ?? ["minute", 60];
  const locale = dateLocale(words.locale);
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(Math.round(away / size), unit);
}
