// Verifies one token again and again with jsonwebtoken: for each line N on standard input, N times; answers with the
// nanoseconds on a core that took. Arguments: file of the public key, token, issuer, audience, and how the key is passed.

import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import jwt from "jsonwebtoken";

const [file, token, issuer, audience, form] = process.argv.slice(2);
const pem = readFileSync(file);
// "pem" is how the library's own pages show it, "parsed" is faster.
const key = form === "parsed" ? createPublicKey(pem) : pem;
const options = { algorithms: ["RS256"], issuer, audience };

for await (const line of createInterface({ input: process.stdin })) {
  const times = Number(line);
  const begin = process.cpuUsage();
  for (let time = 0; time < times; time += 1) {
    if (jwt.verify(token, key, options).iss !== issuer) throw new Error("another token");
  }
  const { user, system } = process.cpuUsage(begin);
  console.log(String((user + system) * 1000));
}
