// Verifies Latchkey's access tokens: signature, type, issuer, audience and times. Fetches only the
// server's public keys.
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

/** Latchkey's keys cannot be fetched. The caller is not at fault, so this is not a 401. */
export class KeysUnavailable extends Error {}

/** How far the clocks of two machines may differ, in seconds. */
const LEEWAY = 60;

/** Returns a function that verifies a token and returns its claims. It throws if a check fails. */
export function accessTokens({ jwksUrl, issuer, audience, cooldownSeconds = 30 }) {
  const published = createRemoteJWKSet(new URL(jwksUrl), {
    // As in the server's Cache-Control. A key is published ten minutes before it signs.
    cacheMaxAge: 300_000,
    // An unknown key id causes one fetch, and then none during the cooldown.
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
      // Each option also makes its claim required.
      algorithms: ["RS256"],
      typ: "at+jwt",
      issuer,
      audience,
      requiredClaims: ["sub", "iat", "exp", "sid"],
      clockTolerance: LEEWAY,
    });
    // jose checks iat only with the option maxTokenAge.
    if (payload.iat > Date.now() / 1000 + LEEWAY)
      throw new errors.JWTClaimValidationFailed("issued in the future", payload, "iat", "check_failed");
    return payload;
  };
}
