// Whether the sender of a token holds the key that it is bound to: the checks of RFC 9449 §4.3, with jose's primitives.
import { createHash } from "node:crypto";

import { EmbeddedJWK, calculateJwkThumbprint, jwtVerify } from "jose";

/** How far a proof's time may be from this machine's, either way. */
const WINDOW_SECONDS = 60;

/** How many proofs are remembered: those of two minutes. */
const CAPACITY = 200_000;

export class InvalidProof extends Error {}

/** More proofs than can be remembered. They are put off, since a proof that is forgotten could be used again. */
export class TooManyProofs extends Error {}

/** Answers a function that throws unless `proof` was made for this very request, with the key `jkt`, and is new. */
export function proofs({ now = () => Math.floor(Date.now() / 1000), capacity = CAPACITY } = {}) {
  /** The proofs that were used, with the second until which they could be used again. */
  const used = new Map();

  function useUp(id, end) {
    // In the order of use, so those at the front end first, give or take the window.
    for (const [old, until] of used) {
      if (until >= now()) break;
      used.delete(old);
    }
    if (used.has(id)) throw new InvalidProof("used before");
    if (used.size >= capacity) throw new TooManyProofs();
    used.set(id, end);
  }

  return async function verify(proof, { method, url, token, jkt }) {
    // Form, type, algorithm, a public key in the header, its signature.
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
    if (typeof payload.jti !== "string" || payload.jti.length > 256) throw new InvalidProof("a bad id");
    useUp(`${jkt} ${payload.jti}`, payload.iat + WINDOW_SECONDS);
  };
}

/** A URL without query and fragment, in its normal spelling. */
function target(text) {
  const url = new URL(text);
  return url.origin + url.pathname;
}
