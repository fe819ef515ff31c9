// A small service that accepts Latchkey's access tokens. `GET /` greets the caller.
import { createServer } from "node:http";

import { KeysUnavailable, accessTokens } from "./access-token.js";
import { TooManyProofs, proofs } from "./proof.js";

const {
  LATCHKEY_URL = "http://127.0.0.1:5468",
  LATCHKEY_ISSUER = "latchkey",
  LATCHKEY_AUDIENCE = "latchkey-api",
  JWKS_COOLDOWN_SECONDS = "30",
  PORT = "8001",
  PUBLIC_URL,
} = process.env;

const verifyToken = accessTokens({
  jwksUrl: `${LATCHKEY_URL}/.well-known/jwks.json`,
  issuer: LATCHKEY_ISSUER,
  audience: LATCHKEY_AUDIENCE,
  cooldownSeconds: Number(JWKS_COOLDOWN_SECONDS),
});
const verifyProof = proofs();

class Unauthorized extends Error {}

/** Returns the claims of the caller. Throws if a check fails. */
async function caller(request) {
  // Of several headers, two programs could read different ones, so there must be exactly one.
  const { authorization = [], dpop = [] } = request.headersDistinct;
  if (authorization.length !== 1) throw new Unauthorized("one Authorization header is required");
  const [, scheme, token] = /^(bearer|dpop) +([^ ]+) *$/i.exec(authorization[0]) ?? [];
  if (!token) throw new Unauthorized("no token");
  const claims = await verifyToken(token);
  const isBound = claims.cnf !== undefined;
  // RFC 9449 §7.1: refuse a bound token sent as a bearer token, and the reverse.
  if (isBound !== (scheme.toLowerCase() === "dpop")) throw new Unauthorized("wrong scheme for this token");
  if (isBound) {
    if (dpop.length !== 1) throw new Unauthorized("one proof is required");
    const path = request.url.startsWith("/") ? request.url : new URL(request.url).pathname;
    await verifyProof(dpop[0], {
      method: request.method,
      url: publicUrl + path,
      token,
      jkt: claims.cnf.jkt,
    });
  }
  return claims;
}

async function respond(request, response) {
  let claims;
  try {
    claims = await caller(request);
  } catch (error) {
    if (error instanceof KeysUnavailable || error instanceof TooManyProofs) {
      response.writeHead(503, { "Retry-After": "5" }).end();
    } else {
      // The reason goes to the log, not to the sender. Any other error refuses access too.
      console.error(`refused: ${error.code ?? error.name}`);
      response.writeHead(401, { "WWW-Authenticate": 'DPoP algs="ES256", error="invalid_token"' }).end();
    }
    return;
  }
  response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify({ hello: claims.preferred_username, sub: claims.sub }));
}

const server = createServer((request, response) => void respond(request, response));
let publicUrl;
server.listen(Number(PORT), "127.0.0.1", () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  // The URL that clients use. Never taken from a header of the request.
  publicUrl = (PUBLIC_URL ?? url).replace(/\/$/, "");
  console.log(`listening on ${url}`);
});
