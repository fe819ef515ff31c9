// A small service that takes Latchkey's access tokens: `GET /` greets whoever calls.
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

/** The claims of the caller, or an Unauthorized. */
async function caller(request) {
  // Distinct: two readers of several headers could choose differently, so there must be one.
  const { authorization = [], dpop = [] } = request.headersDistinct;
  if (authorization.length !== 1) throw new Unauthorized("one Authorization header is required");
  const [, scheme, token] = /^(bearer|dpop) +([^ ]+) *$/i.exec(authorization[0]) ?? [];
  if (!token) throw new Unauthorized("no token");
  const claims = await verifyToken(token);
  const bound = claims.cnf !== undefined;
  // RFC 9449 §7.1: a bound token must not pass as a bearer token, nor the other way round.
  if (bound !== (scheme.toLowerCase() === "dpop")) throw new Unauthorized("presented in the wrong way");
  if (bound) {
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

async function answer(request, response) {
  let claims;
  try {
    claims = await caller(request);
  } catch (error) {
    if (error instanceof KeysUnavailable || error instanceof TooManyProofs) {
      response.writeHead(503, { "Retry-After": "5" }).end();
    } else {
      // Why is for the log, not for the sender. Whatever went wrong here, nobody gets in.
      console.error(`refused: ${error.code ?? error.name}`);
      response.writeHead(401, { "WWW-Authenticate": 'DPoP algs="ES256", error="invalid_token"' }).end();
    }
    return;
  }
  response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify({ hello: claims.preferred_username, sub: claims.sub }));
}

const server = createServer((request, response) => void answer(request, response));
let publicUrl;
server.listen(Number(PORT), "127.0.0.1", () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  // What clients call. Never taken from a header of the request.
  publicUrl = (PUBLIC_URL ?? url).replace(/\/$/, "");
  console.log(`listening on ${url}`);
});
