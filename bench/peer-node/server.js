// A server that does the work of Latchkey's protected route: verifies the access token (signature,
// type, issuer, both audiences, expiry), looks its session up among the ended ones, and responds
// with a greeting.
//
// The key is passed as in jsonwebtoken's documentation (KEY_FORM=pem), or parsed once
// (KEY_FORM=parsed). Headers that Express adds by itself are turned off.

import cluster from "node:cluster";
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";

import express from "express";
import jwt from "jsonwebtoken";

const { PUBLIC_KEY, KEY_FORM, ISSUER, AUDIENCE, PORT, WORKERS } = process.env;
const workers = Number(WORKERS);

if (cluster.isPrimary && workers > 1) {
  let listening = 0;
  for (let worker = 0; worker < workers; worker += 1) cluster.fork();
  cluster.on("listening", () => {
    listening += 1;
    if (listening === workers) console.log("listening");
  });
  process.stdin.resume().on("end", () => process.exit());
} else {
  serve();
}

function serve() {
  const pem = readFileSync(PUBLIC_KEY, "utf8");
  const key = KEY_FORM === "parsed" ? createPublicKey(pem) : pem;
  const ended = new Set();
  const app = express().disable("x-powered-by").disable("etag");

  app.use((request, response, next) => {
    const [scheme, token] = (request.get("authorization") ?? "").split(" ");
    if (scheme !== "Bearer" || !token) return refuse(response, "No authorization token provided.");
    let verified;
    try {
      verified = jwt.verify(token, key, { algorithms: ["RS256"], issuer: ISSUER, audience: AUDIENCE, complete: true });
    } catch {
      return refuse(response, "Invalid authorization token.");
    }
    const { header, payload } = verified;
    if (header.typ !== "at+jwt" || !payload.aud.includes(request.get("x-client")) || ended.has(payload.sid)) {
      return refuse(response, "Invalid authorization token.");
    }
    request.claims = payload;
    next();
  });
  app.get("/", (_request, response) => response.type("text/plain").send("Hello World!"));

  app.listen(Number(PORT), "127.0.0.1", () => {
    if (cluster.isPrimary) console.log("listening");
  });
  if (cluster.isPrimary) process.stdin.resume().on("end", () => process.exit());
}

function refuse(response, detail) {
  response.status(401).type("application/problem+json").json({ title: "Unauthorized", status: 401, detail });
}
