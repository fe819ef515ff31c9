//! `token`: the check that the app does, for operators.

use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand, ValueEnum};
use latchkey_server::Clock;
use latchkey_token::{Claims, KeySet, MAX_TOKEN_BYTES, TokenKind, UnixTime, Verifier};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Failure, print};

/// Check tokens
#[derive(Subcommand)]
pub(super) enum Token {
    /// Verify a token from standard input, with the same rules as the app
    ///
    /// Prints {"valid":true,"claims":…} and exits 0, or {"valid":false,"code":"…"} and exits 1.
    Verify(Verify),
    /// Show what a token from standard input says; nothing is verified
    ///
    /// Prints one JSON line with its header and claims. What it says may be forged.
    Inspect,
}

#[derive(Args)]
pub(super) struct Verify {
    /// Public key, PEM; may hold several
    #[arg(long, value_name = "FILE")]
    public_key: PathBuf,
    /// The issuer that the token must name
    #[arg(long, value_name = "ISS")]
    issuer: String,
    /// An audience that the token must name: the device id, the API. Can be given several times
    #[arg(long, value_name = "AUD", required = true, num_args = 1..)]
    audience: Vec<String>,
    /// Kind of token
    #[arg(long = "type", value_enum)]
    kind: Kind,
    /// Verify as of this time, in seconds since 1970 [default: now]
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    at: Option<i64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Access,
    Session,
}

/// The printed result.
#[derive(Serialize)]
struct Verdict {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<Claims>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl Token {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let verify = match self {
            Self::Verify(verify) => verify,
            Self::Inspect => return inspect(),
        };
        let path = verify.public_key.display();
        let pem = fs::read_to_string(&verify.public_key)
            .map_err(|error| Failure(format!("the public key {path} cannot be read: {error}")))?;
        let keys = KeySet::from_pem(&pem)
            .map_err(|error| Failure(format!("the public key {path} cannot be used: {error}")))?;
        let kind = match verify.kind {
            Kind::Access => TokenKind::Access,
            Kind::Session => TokenKind::Session,
        };
        let (first, others) =
            verify.audience.split_first().ok_or_else(|| Failure("an audience is required".into()))?;
        let verifier = others
            .iter()
            .fold(Verifier::new(kind, keys, verify.issuer.as_str(), first.as_str()), |verifier, audience| {
                verifier.also_for(audience.as_str())
            });
        let now = verify.at.map_or_else(|| Clock::system().now(), UnixTime::new);

        let token = read()?;
        let (verdict, exit) = match verifier.verify(token.trim(), now) {
            Ok(claims) => (Verdict { valid: true, claims: Some(claims), code: None }, ExitCode::SUCCESS),
            Err(error) => {
                (Verdict { valid: false, claims: None, code: Some(error.code()) }, ExitCode::FAILURE)
            }
        };
        print(&serde_json::to_string(&verdict)?)?;
        Ok(exit)
    }
}

/// Reads standard input. Bytes that are not text, or too many, are left to the verifier to refuse.
fn read() -> io::Result<String> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_TOKEN_BYTES as u64 + 64).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn inspect() -> Result<ExitCode, Failure> {
    let token = read()?;
    let mut parts = token.trim().split('.');
    let (Some(header), Some(claims), Some(_), None) =
        (parts.next().and_then(json), parts.next().and_then(json), parts.next(), parts.next())
    else {
        return Err(Failure(
            "this is not a token: it does not have three parts of JSON and signature".into(),
        ));
    };
    print(&json!({ "verified": false, "header": header, "claims": claims }).to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// A part of a token as the JSON object that it encodes.
fn json(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
