//! Part 1: verifying one token offline, as the app does at every start, against the bare signature
//! check of the same crypto library (the limit) and against other libraries.

use std::hint::black_box;

use anyhow::{Context, Result};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use latchkey_token::{DeviceKey, KeySet, TokenKind, Verifier};
use serde_json::{Map, Value};
use tokio::process::Command;

use crate::chart::{Bar, bars};
use crate::clock;
use crate::document::{Section, goal, goals, table};
use crate::issuer::{DEVICE, ISSUER, Issuer};
use crate::peer::{self, Peer};
use crate::statistics::Series;
use crate::turns::Turns;

const ROUNDS: usize = 31;

/// A round of each library in this program takes some tens of milliseconds.
const TURNS: Turns = Turns { slices: 20, calls: 100 };

/// The verifications of the other programs in a round, which takes longer than any step of the
/// clocks they have.
const PEER_TIMES: u32 = 1000;

const NAMES: [&str; 6] = [
    "bare RSA check, aws-lc (the limit)",
    "Latchkey",
    "jsonwebtoken crate",
    "Node jsonwebtoken, PEM",
    "Node jsonwebtoken, parsed key",
    "Python PyJWT",
];

/// What other measurements showed.
const READING: &str = "\
Measured on two occasions in November 2026: 1.09 (1.08–1.09) and 1.09 (1.08–1.09) with 2048 bits, 1.05 (1.04–1.05) and \
1.04 (1.04–1.05) with 3072, while other programs used both cores (load 7) and alone (load 2). The code of before, in \
the hour of the first: 1.17 (1.16–1.17) and 1.08 (1.08–1.09); a session token then took 26 allocations, now 14 (`cargo \
test -p latchkey-token --test allocations`). Until then this part read the scheduler's count, which moves every 4 ms: \
its ratios were off by up to a fifth. Now it reads the thread's own clock, and tests show that it sees a difference of \
2 % (`cargo test -p latchkey-bench turns`).\n";

pub(crate) async fn measure() -> Result<Section> {
    let (mut rows, mut met, mut pictures) = (Vec::new(), Vec::new(), Vec::new());
    let sizes =
        [(2048, KeySize::Rsa2048, 9.0, "verify-2048.svg"), (3072, KeySize::Rsa3072, 4.5, "verify-3072.svg")];
    for (bits, size, target, picture) in sizes {
        let series = Contenders::prepare(size).await?.run().await?;
        let [limit, ours, _, node, ..] = &series;
        let mut shown = Vec::new();
        for (name, times) in NAMES.iter().zip(&series) {
            let is_installed = times.median().is_finite();
            let cell = |text: String| if is_installed { text } else { "not installed".to_owned() };
            rows.push(vec![
                (*name).to_owned(),
                bits.to_string(),
                cell(times.with_spread(1)),
                cell(times.ratio_to(limit).with_spread(2)),
                cell(times.ratio_to(ours).with_spread(2)),
            ]);
            if is_installed {
                shown.push(Bar::new(*name, times.median(), *name == "Latchkey"));
            }
        }
        let (to_limit, to_node) = (ours.ratio_to(limit), node.ratio_to(ours));
        met.push(goal(
            &format!("to the limit, RSA-{bits}"),
            "≤ 1.10",
            &to_limit.with_spread(2),
            to_limit.median() <= 1.10,
        ));
        met.push(goal(
            &format!("Node (PEM) to ours, RSA-{bits}"),
            &format!("≥ {target}"),
            &to_node.with_spread(1),
            to_node.median() >= target,
        ));
        pictures.push((picture, bars(&format!("Microseconds for one token, RSA-{bits}"), 1, &shown)));
    }
    let head = ["", "RSA bits", "µs for one token", "to the limit", "to Latchkey"];
    let body = format!(
        "One session token with a full profile, checked as when the app starts: format, header, key, signature, issuer, \
         audience, times, device key. The limit is the signature check alone, with the key parsed and the signature decoded \
         beforehand. The libraries check signature, issuer, audience and expiry. “PEM” is how jsonwebtoken's documentation passes \
         the key. Latchkey adds about a microsecond to the limit, independent of the key: base64, two JSON \
         documents with unique names, and the claims, each allocated once. All times are CPU time. {ROUNDS} rounds of {} verifications in slices of {}, in turns ({PEER_TIMES} \
         in a piece in Node and Python); Node {}.\n\n{}\n{}\n{READING}",
        TURNS.total(),
        TURNS.calls,
        peer::version("node").await?,
        table(&head, &rows),
        goals(&met),
    );
    Ok(Section { title: "Verifying one token offline", body, pictures })
}

/// All libraries, with the same token.
struct Contenders {
    token: String,
    verifier: Verifier,
    key: ParsedPublicKey,
    message: Vec<u8>,
    signature: Vec<u8>,
    crate_key: DecodingKey,
    crate_rules: Validation,
    peers: [Option<Peer>; 3],
    _folder: tempfile::TempDir,
}

impl Contenders {
    async fn prepare(size: KeySize) -> Result<Self> {
        let issuer = Issuer::generate(size)?;
        let device = DeviceKey::derive(&[1; 32])?;
        let token = issuer.session_token(device.thumbprint().as_str())?;
        let verifier =
            Verifier::new(TokenKind::Session, KeySet::from_pem(&issuer.public_pem)?, ISSUER, DEVICE)
                .bound_to(device.thumbprint().clone());
        let (message, signature) = token.rsplit_once('.').context("no signature")?;
        let mut crate_rules = Validation::new(Algorithm::RS256);
        crate_rules.set_issuer(&[ISSUER]);
        crate_rules.set_audience(&[DEVICE]);

        let folder = tempfile::tempdir()?;
        let file = folder.path().join("public.pem");
        std::fs::write(&file, &issuer.public_pem)?;
        let scripts = peer::node().await?;
        let start = |program: &std::path::Path, script: std::path::PathBuf, form: Option<&str>| {
            let mut command = Command::new(program);
            command.arg(script).arg(&file).args([&token, ISSUER, DEVICE]).args(form);
            Peer::start(&mut command)
        };
        let node = std::path::Path::new("node");
        let python = peer::python().await?;
        let python_script = scripts.with_file_name("peer-python").join("verify.py");
        let peers = [
            Some(start(node, scripts.join("verify.js"), Some("pem"))?),
            Some(start(node, scripts.join("verify.js"), Some("parsed"))?),
            python.map(|python| start(&python, python_script, None)).transpose()?,
        ];
        Ok(Self {
            verifier,
            key: ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &issuer.public_der)?,
            message: message.as_bytes().to_vec(),
            signature: URL_SAFE_NO_PAD.decode(signature)?,
            crate_key: DecodingKey::from_rsa_pem(issuer.public_pem.as_bytes())?,
            crate_rules,
            peers,
            token,
            _folder: folder,
        })
    }

    async fn run(mut self) -> Result<[Series; 6]> {
        let mut series: [Series; 6] = Default::default();
        let now = clock::now();
        // The first round warms up caches and compilers and does not count.
        for round in 0..=ROUNDS {
            let mut bare = || Ok(self.key.verify_sig(&self.message, &self.signature)?);
            let mut ours = || {
                black_box(self.verifier.verify(black_box(&self.token), now)?);
                Ok(())
            };
            let mut plain = || {
                black_box(plain(&self.token, &self.crate_key, &self.crate_rules)?);
                Ok(())
            };
            let mut figures = TURNS.run([&mut bare, &mut ours, &mut plain])?.to_vec();
            for peer in &mut self.peers {
                figures.push(match peer {
                    Some(peer) => peer.verify(PEER_TIMES).await?,
                    None => f64::NAN,
                });
            }
            if round > 0 {
                series.iter_mut().zip(figures).for_each(|(series, figure)| series.push(figure));
            }
        }
        Ok(series)
    }
}

/// Calls the library as its documentation shows.
#[allow(clippy::disallowed_methods, reason = "it is only measured here, and grants no access")]
fn plain(token: &str, key: &DecodingKey, rules: &Validation) -> Result<Map<String, Value>> {
    Ok(jsonwebtoken::decode(token, key, rules)?.claims)
}
