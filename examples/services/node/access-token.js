// Whether an access token of Latchkey's may be believed: signature, kind, issuer, audience and time. Asks the server for its
// public keys, and for nothing else.
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

/** Latchkey cannot be asked for its keys: nobody's fault, so not a 401. */
export class KeysUnavailable extends Error {}

/** Clock tolerance between two machines, in seconds. */
const LEEWAY = 60;

/** Answers a function from a token to its claims, which throws if any check fails. */
export function accessTokens({ jwksUrl, issuer, audience, cooldownSeconds = 30 }) {
  const published = createRemoteJWKSet(new URL(jwksUrl), {
    // As the server's Cache-Control says. A key is published for ten minutes before it signs.
    cacheMaxAge: 300_000,
    // A key id that is not known is asked for once. Then made-up ones cause no requests for a while.
    cooldownDuration: cooldownSeconds * 1000,
  });

  async function key(header, token) {
    try {
      return await published(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) throw error;
      throw new KeysUnavailable("the public keys cannot be fetched", { cause: error });
    }
  }

  return async function verify(token) {
    const { payload } = await jwtVerify(token, key, {
      // Each of these makes the claim required too.
      algorithms: ["RS256"],
      typ: "at+jwt",
      issuer,
      audience,
      requiredClaims: ["sub", "iat", "exp", "sid"],
      clockTolerance: LEEWAY,
    });
    // jose reads iat only where a greatest age is asked for.
    if (payload.iat > Date.now() / 1000 + LEEWAY)
      throw new errors.JWTClaimValidationFailed("issued in the future", payload, "iat", "check_failed");
    return payload;
  };
}
