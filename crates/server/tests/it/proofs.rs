//! The rules of RFC 9449 §4.3 over HTTP, one by one: at the API and at sign-in.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use latchkey_testkit::{Device, START, Server, ok, problem, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Forge, encode};

/// A signed-in device whose key can sign any proof.
struct Signed {
    server: Server,
    token: String,
    forge: Forge,
}

impl Signed {
    async fn new() -> Self {
        Self::on(Server::start().await).await
    }

    async fn on(server: Server) -> Self {
        let forge = Forge::new(&server, "POST", "/api/auth");
        let tokens = ok(sign_in(&server, &forge.sign()).await).await;
        let token = text(&tokens, "token").to_owned();
        let mut forge = forge.for_token(&token);
        forge.with_claim("htm", "GET".into()).with_claim("htu", format!("{}/", server.url).into());
        Self { server, token, forge }
    }

    /// Sends `GET /` with a proof after `change` has changed its parts.
    async fn hello(&mut self, change: impl FnOnce(&mut Forge) -> &mut Forge) -> Response {
        let original = (self.forge.header.clone(), self.forge.claims.clone());
        self.forge.with_claim("jti", uuid::Uuid::new_v4().to_string().into());
        self.forge.with_claim("iat", json!(self.server.clock.now()));
        change(&mut self.forge);
        let proof = self.forge.sign();
        (self.forge.header, self.forge.claims) = original;
        self.send(&[&proof]).await
    }

    async fn send(&self, proofs: &[&str]) -> Response {
        let request = self.server.request(Method::GET, "/").header("x-client", "device-1");
        let request = request.header("authorization", format!("DPoP {}", self.token));
        proofs.iter().fold(request, |request, proof| request.header("dpop", *proof)).send().await.unwrap()
    }

    async fn refused(&mut self, rule: &str, change: impl FnOnce(&mut Forge) -> &mut Forge) {
        refused(self.hello(change).await, rule).await;
    }
}

pub(crate) async fn sign_in(server: &Server, proof: &str) -> Response {
    let request =
        server.request(Method::POST, "/api/auth").header("x-client", "device-1").header("dpop", proof);
    let body = json!({ "username": "Ladiesman217", "password": "autobots rule" });
    request.json(&body).send().await.unwrap()
}

pub(crate) async fn refused(response: Response, rule: &str) {
    assert_eq!(
        response.headers().get("www-authenticate").map(|value| value.to_str().unwrap()),
        Some(r#"DPoP algs="ES256", error="invalid_dpop_proof""#),
        "{rule}"
    );
    let document = problem(response, 401, "invalid_dpop_proof").await;
    assert!(document["detail"].as_str().unwrap().contains(rule), "{rule}: {document}");
}

#[tokio::test]
async fn a_valid_proof_is_accepted() {
    let mut signed = Signed::new().await;
    assert_eq!(signed.hello(|proof| proof).await.text().await.unwrap(), "Hello World!");
    // Unknown claims and headers are ignored.
    let response =
        signed.hello(|proof| proof.with_claim("more", json!([1])).with_header("kid", "x".into())).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn rule_1_exactly_one_header() {
    let mut signed = Signed::new().await;
    refused(signed.send(&[]).await, "A DPoP header").await;
    let (one, other) = (signed.forge.sign(), signed.forge.with_claim("jti", "2".into()).sign());
    refused(signed.send(&[&one, &other]).await, "more than one").await;
    refused(signed.send(&[&one, &one]).await, "more than one").await;
    refused(signed.send(&[&format!("{one},{other}")]).await, "well-formed").await;
}

#[tokio::test]
async fn rule_2_a_well_formed_jwt() {
    let mut signed = Signed::new().await;
    let valid = signed.forge.sign();
    for bad in [
        "",
        "x",
        "..",
        "a.b.c",
        &valid[..valid.len() - 1],
        &format!("{valid}="),
        &format!("{valid}.x"),
        &"x".repeat(9000),
    ] {
        refused(signed.send(&[bad]).await, "well-formed").await;
    }
    let claims = signed.forge.claims.to_string();
    refused(signed.send(&[&signed.forge.sign_text("[]", &claims)]).await, "header is malformed").await;
    let header = signed.forge.header.to_string();
    let twice = header.replacen('{', r#"{"typ":"dpop+jwt","#, 1);
    refused(signed.send(&[&signed.forge.sign_text(&twice, &claims)]).await, "header is malformed").await;
    let twice = claims.replacen('{', r#"{"htm":"GET","#, 1);
    refused(signed.send(&[&signed.forge.sign_text(&header, &twice)]).await, "claim").await;
    assert_eq!(signed.hello(|proof| proof).await.status(), 200);
}

#[tokio::test]
async fn rule_3_every_claim_is_there() {
    let mut signed = Signed::new().await;
    for name in ["jti", "htm", "htu", "iat"] {
        for value in [Value::Null, json!([]), json!({}), json!(true)] {
            signed.refused("claim", |proof| proof.with_claim(name, value)).await;
        }
    }
    for jti in [json!(""), json!(7), json!("x".repeat(257))] {
        signed.refused("claim", |proof| proof.with_claim("jti", jti)).await;
    }
    for iat in [json!("1800000000"), json!(1_800_000_000.5), json!(u64::MAX)] {
        signed.refused("claim", |proof| proof.with_claim("iat", iat)).await;
    }
}

#[tokio::test]
async fn rule_4_the_type() {
    let mut signed = Signed::new().await;
    for typ in [Value::Null, json!("JWT"), json!("at+jwt"), json!("DPOP+JWT"), json!(["dpop+jwt"])] {
        signed.refused("typ", |proof| proof.with_header("typ", typ)).await;
    }
}

#[tokio::test]
async fn rule_5_the_algorithm() {
    let mut signed = Signed::new().await;
    for alg in ["none", "HS256", "RS256", "PS256", "ES384", "ES256K", "EdDSA", "es256", ""] {
        signed.refused("alg", |proof| proof.with_header("alg", alg.into())).await;
    }
    signed.refused("alg", |proof| proof.with_header("alg", Value::Null)).await;
    signed.refused("crit", |proof| proof.with_header("crit", json!(["x"]))).await;
}

#[tokio::test]
async fn rule_6_the_signature() {
    let mut signed = Signed::new().await;
    let other = Forge::new(&signed.server, "GET", "/");
    signed.refused("signature", |proof| proof.with_header("jwk", other.header["jwk"].clone())).await;
    let valid = signed.forge.sign();
    let (input, _) = valid.rsplit_once('.').unwrap();
    for signature in [vec![0; 64], vec![255; 64], vec![1; 63], vec![1; 65], vec![1]] {
        refused(signed.send(&[&format!("{input}.{}", encode(&signature))]).await, "signature").await;
    }
}

#[tokio::test]
async fn rule_7_the_key() {
    let mut signed = Signed::new().await;
    let jwk = signed.forge.header["jwk"].clone();
    let with = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk
    };
    for private in ["d", "p", "q", "k"] {
        let jwk = with(private, "AAAA".into());
        signed.refused("private", |proof| proof.with_header("jwk", jwk)).await;
    }
    let off_the_curve = with("y", encode(&[7; 32]).into());
    let larger = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let point = larger.public_key().as_ref();
    let p384 = json!({ "kty": "EC", "crv": "P-384", "x": encode(&point[1..49]), "y": encode(&point[49..]) });
    let hmac = json!({ "kty": "oct" });
    let bad = [
        Value::Null,
        json!("x"),
        json!({}),
        p384,
        hmac,
        with("crv", "P-384".into()),
        with("x", "AAAA".into()),
    ];
    for jwk in bad {
        signed.refused("jwk", |proof| proof.with_header("jwk", jwk)).await;
    }
    let response = signed.hello(|proof| proof.with_header("jwk", off_the_curve)).await;
    problem(response, 401, "invalid_dpop_proof").await;
}

#[tokio::test]
async fn rule_8_the_method() {
    let mut signed = Signed::new().await;
    for method in ["POST", "get", "HEAD", ""] {
        signed.refused("htm", |proof| proof.with_claim("htm", method.into())).await;
    }
}

#[tokio::test]
async fn rule_9_the_url() {
    let mut signed = Signed::new().await;
    let base = signed.server.url.clone();
    for same in [format!("{base}/?x=1#y"), format!("{base}/./"), base.clone(), base.replace("http", "HTTP")] {
        let response = signed.hello(|proof| proof.with_claim("htu", same.clone().into())).await;
        assert_eq!(response.status(), 200, "{same}");
    }
    for other in [
        format!("{base}/api/me"),
        base.replace("http:", "https:"),
        base.replace("127.0.0.1", "127.0.0.2"),
        "http://127.0.0.1:1/".into(),
        "https://evil.example/".into(),
        "/".into(),
        String::new(),
    ] {
        signed.refused("htu", |proof| proof.with_claim("htu", other.into())).await;
    }
    // Headers that name another host are ignored.
    signed.forge.with_claim("htu", "https://evil.example/".into());
    let request = signed.server.request(Method::GET, "/").header("x-client", "device-1");
    let request = request.header("authorization", format!("DPoP {}", signed.token));
    let request = request.header("x-forwarded-host", "evil.example").header("x-forwarded-proto", "https");
    let request = request.header("forwarded", "host=evil.example;proto=https").header("host", "evil.example");
    refused(request.header("dpop", signed.forge.sign()).send().await.unwrap(), "htu").await;
}

#[tokio::test]
async fn a_proof_must_name_the_public_url() {
    let public = |settings: &mut latchkey_server::Settings| {
        settings.public_url = Some("https://Auth.Example:443/latchkey/".parse().unwrap());
    };
    let server = Server::start_with(public).await;
    let mut forge = Forge::new(&server, "POST", "/api/auth");
    refused(sign_in(&server, &forge.sign()).await, "htu").await;
    forge.with_claim("htu", "https://auth.example/latchkey/api/auth".into());
    assert_eq!(sign_in(&server, &forge.sign()).await.status(), 200);
}

#[tokio::test]
async fn rules_10_and_11_a_wrong_clock_is_accepted_with_a_nonce() {
    let mut signed = Signed::new().await;
    for seconds in [-60, -1, 60] {
        let iat = json!(START.plus(seconds));
        assert_eq!(signed.hello(|proof| proof.with_claim("iat", iat)).await.status(), 200, "{seconds}");
    }
    for wrong in
        [json!(START.plus(-61)), json!(START.plus(61)), json!(0), json!(-1), json!(i64::MIN), json!(i64::MAX)]
    {
        let response = signed.hello(|proof| proof.with_claim("iat", wrong.clone())).await;
        assert_eq!(response.headers()["www-authenticate"], r#"DPoP algs="ES256", error="use_dpop_nonce""#);
        let nonce = response.headers()["dpop-nonce"].to_str().unwrap().to_owned();
        problem(response, 401, "use_dpop_nonce").await;
        let again = signed.hello(|proof| proof.with_claim("iat", wrong).with_claim("nonce", nonce.into()));
        assert_eq!(again.await.status(), 200);
    }
}

#[tokio::test]
async fn a_foreign_or_old_nonce_is_refused() {
    let mut signed = Signed::new().await;
    let nonce = async |signed: &mut Signed| {
        let response = signed.hello(|proof| proof.with_claim("iat", 0.into())).await;
        response.headers()["dpop-nonce"].to_str().unwrap().to_owned()
    };
    let old = nonce(&mut signed).await;
    for bad in ["x", "", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let response = signed.hello(|proof| proof.with_claim("nonce", bad.into())).await;
        problem(response, 401, "use_dpop_nonce").await;
    }
    // It is valid for five minutes, and on another server of the same database too.
    signed.server.clock.advance(300);
    let another = signed.server.another().await;
    signed.forge.with_claim("nonce", old.clone().into());
    assert_eq!(signed.hello(|proof| proof).await.status(), 200);
    signed.forge.with_claim("htu", format!("{}/", another.url).into());
    signed.server.url.clone_from(&another.url);
    assert_eq!(signed.hello(|proof| proof).await.status(), 200);
    signed.server.clock.advance(1);
    problem(signed.hello(|proof| proof).await, 401, "use_dpop_nonce").await;
}

#[tokio::test]
async fn rule_12_the_token_and_its_key() {
    let mut signed = Signed::new().await;
    for ath in [Value::Null, json!(""), json!("x"), json!(7), json!(encode(&[0; 32]))] {
        let response = signed.hello(|proof| proof.with_claim("ath", ath)).await;
        problem(response, 401, "invalid_dpop_proof").await;
    }
    let other = Forge::new(&signed.server, "GET", "/").for_token(&signed.token);
    refused(signed.send(&[&other.sign()]).await, "bound to").await;
    // A proof for the token of another session of the same device is refused.
    let device = Device::new(1);
    let (one, other) = (device.sign_in(&signed.server).await, device.sign_in(&signed.server).await);
    let proof = device.proof(&signed.server, &Method::GET, "/", Some(text(&one, "token")));
    let response = device.call_with(&signed.server, Method::GET, "/", text(&other, "token"), &proof).await;
    refused(response, "ath").await;
}

#[tokio::test]
async fn a_proof_is_valid_for_one_request() {
    let mut signed = Signed::new().await;
    let proof = signed.forge.with_claim("jti", "once".into()).sign();
    assert_eq!(signed.send(&[&proof]).await.status(), 200);
    refused(signed.send(&[&proof]).await, "used before").await;
    // Another proof with the same id is refused too.
    let again = signed.forge.with_claim("iat", json!(START.plus(1))).sign();
    refused(signed.send(&[&again]).await, "used before").await;
    // It is refused as used until it is refused for its age.
    signed.server.clock.advance(60);
    refused(signed.send(&[&proof]).await, "used before").await;
    signed.server.clock.advance(1);
    problem(signed.send(&[&proof]).await, 401, "use_dpop_nonce").await;
}

#[tokio::test]
async fn a_proof_with_a_nonce_is_valid_for_one_request() {
    let mut signed = Signed::new().await;
    let response = signed.hello(|proof| proof.with_claim("iat", 0.into())).await;
    let nonce = response.headers()["dpop-nonce"].to_str().unwrap().to_owned();
    let proof = signed
        .forge
        .with_claim("jti", "once".into())
        .with_claim("iat", 0.into())
        .with_claim("nonce", nonce.into())
        .sign();
    assert_eq!(signed.send(&[&proof]).await.status(), 200);
    for seconds in [0, 120, 180] {
        signed.server.clock.advance(seconds);
        refused(signed.send(&[&proof]).await, "used before").await;
    }
    signed.server.clock.advance(1);
    problem(signed.send(&[&proof]).await, 401, "use_dpop_nonce").await;
}

#[tokio::test]
async fn the_rules_apply_at_sign_in_too() {
    let server = Server::start().await;
    let valid = Forge::new(&server, "POST", "/api/auth");
    let proof = valid.sign();
    assert_eq!(sign_in(&server, &proof).await.status(), 200);
    refused(sign_in(&server, &proof).await, "used before").await;
    refused(sign_in(&server, "x").await, "well-formed").await;
    refused(sign_in(&server, &Forge::new(&server, "GET", "/api/auth").sign()).await, "htm").await;
    refused(sign_in(&server, &Forge::new(&server, "POST", "/api/auth/renew").sign()).await, "htu").await;
    let mut late = Forge::new(&server, "POST", "/api/auth");
    late.with_claim("iat", 0.into());
    let response = sign_in(&server, &late.sign()).await;
    let nonce = response.headers()["dpop-nonce"].to_str().unwrap().to_owned();
    problem(response, 401, "use_dpop_nonce").await;
    assert_eq!(sign_in(&server, &late.with_claim("nonce", nonce.into()).sign()).await.status(), 200);
    // With an invalid proof, no bearer token is issued instead.
    let request = server.request(Method::POST, "/api/auth").header("x-client", "device-1");
    let request = request.header("dpop", "x").header("dpop", Forge::new(&server, "POST", "/api/auth").sign());
    let body = json!({ "username": "Ladiesman217", "password": "autobots rule" });
    refused(request.json(&body).send().await.unwrap(), "more than one").await;
}

#[tokio::test]
async fn a_full_replay_cache_refuses_new_proofs_and_forgets_none() {
    let mut signed =
        Signed::on(Server::start_with(|settings| settings.limits.replay_entries = 3).await).await;
    let first = signed.forge.with_claim("jti", "first".into()).sign();
    assert_eq!(signed.send(&[&first]).await.status(), 200);
    assert_eq!(signed.hello(|proof| proof).await.status(), 200);
    problem(signed.hello(|proof| proof).await, 503, "busy").await;
    refused(signed.send(&[&first]).await, "used before").await;
    signed.server.clock.advance(61);
    assert_eq!(signed.hello(|proof| proof).await.status(), 200);
}
