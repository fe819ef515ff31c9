import { describe, expect, it } from "vitest";

import { codeFault, grouped, isMailed, plainCode } from "../src/code";

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECKS = `${DIGITS}*~$=U`;

/** The code with its check character, by division instead of by steps. */
function checked(code: string): string {
  const number = Array.from(code).reduce((sum, digit) => sum * 32n + BigInt(DIGITS.indexOf(digit)), 0n);
  return code + (CHECKS[Number(number % 37n)] ?? "");
}

describe("a code", () => {
  it.each(["0000000000000000", "7M2KQ9XW4TR8HJ3V", "ZZZZZZZZZZZZZZZZ", "7M2KQ9XW", "00000001"])(
    "with the check character that fits is in order: %s",
    (code) => {
      expect(codeFault(checked(code))).toBeNull();
    },
  );

  it("is read with blanks, hyphens, small letters, and letters that look like digits", () => {
    expect(plainCode(" o1il-0O\u2011o0\u00a0abcd\u200b ")).toBe("01110000ABCD");
    const code = checked("70M11KQ9");
    const typed = `${code.slice(0, 4)}-${code.slice(4)}`
      .toLowerCase()
      .replaceAll("0", "O")
      .replaceAll("1", "l");
    expect(codeFault(` ${typed} `)).toBeNull();
  });

  it("with one wrong character is a slip, wherever it is", () => {
    const code = checked("7M2KQ9XW4TR8HJ3V");
    for (let at = 0; at < code.length - 1; at += 1) {
      const other = code[at] === "A" ? "B" : "A";
      expect(codeFault(code.slice(0, at) + other + code.slice(at + 1)), String(at)).toBe("check");
    }
  });

  it("with two characters in the wrong order is a slip", () => {
    const code = checked("7M2KQ9XW4TR8HJ3V");
    for (let at = 0; at < code.length - 2; at += 1) {
      const [one = "", two = ""] = [code[at], code[at + 1]];
      expect(codeFault(code.slice(0, at) + two + one + code.slice(at + 2)), String(at)).toBe("check");
    }
  });

  it.each([
    ["", "missing"],
    [" - ", "missing"],
    ["123 456", "six-digits"],
    ["7M2K!Q9XW", "character"],
    ["7M2KUQ9XW", "character"],
    ["7M2K", "length"],
    ["7M2KQ9XW4TR8HJ3V77", "length"],
  ] as const)("%j is refused: %s", (typed, fault) => {
    expect(codeFault(typed)).toBe(fault);
  });

  it("that came by mail is told by its length", () => {
    expect(isMailed(checked("7M2KQ9XW"))).toBe(true);
    expect(isMailed(checked("7M2KQ9XW4TR8HJ3V"))).toBe(false);
  });
});

it("a secret is shown in groups of four", () => {
  expect(grouped("JBSWY3DPEH")).toBe("JBSW Y3DP EH");
  expect(grouped("")).toBe("");
});
