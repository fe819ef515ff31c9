//! The limit of the protected route: an HTTP server with nothing that could be left out. It accepts
//! connections as Latchkey does, verifies the signature of the access token over a parsed key, and
//! that of the proof if there is one, writes a line of the same length, and responds. Refuses to
//! look at anything else: no header, claim, time, audience or use of a proof is checked.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context, Result};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

/// The first argument that makes this program the server.
pub(crate) const ARGUMENT: &str = "limit-server";

/// A line of Latchkey's log, in length and form.
const LINE: &[u8] = b"2026-11-24T13:00:00.000000Z  INFO request{id=7d1f6e0a-3b5c-4d8e-9f10-213243546576}: \
latchkey_server::http::observe: answered method=GET path=\"/\" status=200 ms=0\n";

/// The parsed keys: the server's and the device's.
struct Keys {
    server: ParsedPublicKey,
    device: ParsedPublicKey,
}

/// Serves until its standard input ends. The arguments are the file of the server's public key and
/// the point of the device's, in base64url.
pub(crate) async fn serve(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let file = arguments.next().context("no file")?;
    let point = arguments.next().and_then(|text| text.into_string().ok()).context("no point")?;
    let pem = pem::parse(std::fs::read(file)?)?;
    let keys = Arc::new(Keys {
        server: ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pem.contents())?,
        device: ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, URL_SAFE_NO_PAD.decode(point)?)?,
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(stream, Arc::clone(&keys)));
    }
}

async fn connection(stream: TcpStream, keys: Arc<Keys>) {
    let service = service_fn(|request| {
        let response = respond(&request, &keys);
        async { Ok::<_, Infallible>(response) }
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn respond<B>(request: &Request<B>, keys: &Keys) -> Response<String> {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let token = header("authorization").and_then(|value| Some(value.split_once(' ')?.1));
    let is_good = token.is_some_and(|token| is_signed(token, &keys.server))
        && header("dpop").is_none_or(|proof| is_signed(proof, &keys.device));
    let _ = std::io::stderr().write_all(LINE);
    let mut response = Response::new("Hello World!".to_owned());
    if !is_good {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
    }
    response
}

/// Whether the last part of a compact JWT is the key's signature of the others.
fn is_signed(text: &str, key: &ParsedPublicKey) -> bool {
    let Some((message, signature)) = text.rsplit_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    key.verify_sig(message.as_bytes(), &signature).is_ok()
}
