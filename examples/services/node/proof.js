// Verifies that the sender of a token has the key that it is bound to: the checks of RFC 9449 §4.3,
// with jose's primitives.
import { createHash } from "node:crypto";

import { EmbeddedJWK, calculateJwkThumbprint, jwtVerify } from "jose";

/** How far a proof's time may differ from this machine's, in seconds. */
const WINDOW_SECONDS = 60;

/** The number of proofs that are recorded, each for up to two minutes. */
const CAPACITY = 200_000;

export class InvalidProof extends Error {}

/** There is no room for another valid proof. Forgetting one instead would allow its replay. */
export class TooManyProofs extends Error {}

/** Returns a function that throws unless `proof` is new and fits this request and the key `jkt`. */
export function proofs({ now = () => Math.floor(Date.now() / 1000), capacity = CAPACITY } = {}) {
  /** The used proofs, each with the second at which it expires. */
  const used = new Map();

  function record(id, expiry) {
    // In the order of use, so the first ones expire first, within the window.
    for (const [old, oldExpiry] of used) {
      if (oldExpiry >= now()) break;
      used.delete(old);
    }
    if (used.has(id)) throw new InvalidProof("used before");
    if (used.size >= capacity) throw new TooManyProofs();
    used.set(id, expiry);
  }

  return async function verify(proof, { method, url, token, jkt }) {
    // Checks format, type, algorithm, the public key in the header, and the signature.
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: "dpop+jwt",
      algorithms: ["ES256"],
      requiredClaims: ["jti", "htm", "htu", "iat", "ath"],
      clockTolerance: WINDOW_SECONDS,
    });
    if (payload.htm !== method) throw new InvalidProof("for another method");
    if (target(payload.htu) !== target(url)) throw new InvalidProof("for another URL");
    if (!(Math.abs(now() - payload.iat) <= WINDOW_SECONDS)) throw new InvalidProof("too old or too new");
    if (payload.ath !== createHash("sha256").update(token).digest("base64url"))
      throw new InvalidProof("for another token");
    if ((await calculateJwkThumbprint(protectedHeader.jwk)) !== jkt)
      throw new InvalidProof("made with another key");
    if (typeof payload.jti !== "string" || payload.jti.length > 256) throw new InvalidProof("an invalid id");
    record(`${jkt} ${payload.jti}`, payload.iat + WINDOW_SECONDS);
  };
}

/**
 * The normalized URL, without query and fragment (RFC 3986 §6.2.2, §6.2.3). `URL` does all of it
 * except the one spelling of encodings: `%7E` is `~`, `%2f` is `%2F`, and `%2F` is not `/`. A `%`
 * alone is read as `%25`, so that no new encoding arises after it. `URL` reads `\` as `/`, a server
 * does not.
 */
function target(text) {
  if (/^[^?#]*\\/.test(text)) throw new TypeError("a URL has no backslash");
  const url = new URL(text);
  const path = url.pathname.replace(/%([0-9a-f]{2})?/gi, (triplet, digits) => {
    if (!digits) return "%25";
    const character = String.fromCharCode(parseInt(digits, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : triplet.toUpperCase();
  });
  return url.origin + path;
}
