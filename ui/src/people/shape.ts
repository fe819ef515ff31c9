// Readers of what a server answered. Each returns a value of its type, or throws `Misshapen`.
// Members that a reader does not name are dropped, so that a newer server may add some.

/** What was read has another shape. */
export class Misshapen extends Error {
  override readonly name = "Misshapen";
}

export type Read<T> = (value: unknown) => T;

function misshapen(): never {
  throw new Misshapen();
}

export const text: Read<string> = (value) => (typeof value === "string" ? value : misshapen());

/** An id that goes into a path. Only characters that need no encoding there (RFC 3986 §2.3). */
export const id: Read<string> = (value) => {
  const read = text(value);
  return /^[\w~-]{1,128}$/.test(read) ? read : misshapen();
};

export const flag: Read<boolean> = (value) => (typeof value === "boolean" ? value : misshapen());

/** A number of things, or seconds since 1970. */
export const whole: Read<number> = (value) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : misshapen();

/** A missing member counts as null. */
export const orNull =
  <T>(read: Read<T>): Read<T | null> =>
  (value) =>
    value === null || value === undefined ? null : read(value);

export const oneOf =
  <T extends string>(names: readonly T[]): Read<T> =>
  (value) =>
    names.find((name) => name === value) ?? misshapen();

/** The known ones of a list of names. A newer server may have more. */
export const someOf =
  <T extends string>(names: readonly T[]): Read<ReadonlySet<T>> =>
  (value) => {
    const given = listOf(text)(value);
    return new Set(names.filter((name) => given.includes(name)));
  };

export const listOf =
  <T>(read: Read<T>): Read<T[]> =>
  (value) =>
    Array.isArray(value) ? value.map((item) => read(item)) : misshapen();

const inSnakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** An object with these members, whose names the server writes in snake case. */
export const objectOf =
  <T extends object>(members: { [Name in keyof T]: Read<T[Name]> }): Read<T> =>
  (value) => {
    if (typeof value !== "object" || value === null) return misshapen();
    const given = new Map(Object.entries(value));
    const read = Object.entries<Read<unknown>>(members).map(([name, reader]) => [
      name,
      reader(given.get(inSnakeCase(name))),
    ]);
    return Object.fromEntries(read) as T;
  };
