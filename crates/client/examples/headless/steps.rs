//! Signing in step by step: each line of standard input is a JSON array of a step and its
//! arguments. Secrets come this way because arguments of a process are public.
//!
//! `["sign-in", USER, PASSWORD]`, `["redeem", USER, CODE, PASSWORD]`, `["second-factor", CODE]`,
//! `["enrol", CODE]`, `["browser", …]`: see `browser.rs`. Each prints the new view, what was
//! proposed, or the error.

use std::error::Error;
use std::io::stdin;

use latchkey_client::Consent;
use latchkey_client::api::{CodeRedemption, EnrolmentProof};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::{AppSession, browser, json as views, print, report, sign_in};

/// Does the steps until standard input ends; true if the last one succeeded.
pub(crate) async fn run(session: &AppSession) -> Result<bool, Box<dyn Error>> {
    let mut done = false;
    while let Some(line) = line().await? {
        let step: Vec<String> = serde_json::from_str(&line)?;
        done = match step.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["sign-in", username, password] => report(sign_in(session, username, password).await)?,
            ["redeem", username, code, password] => {
                let redemption = CodeRedemption {
                    code: (*code).into(),
                    new_password: Some((*password).into()),
                    username: Some((*username).to_owned()),
                };
                report(session.redeem_code(redemption, Consent::default()).await)?
            }
            ["second-factor", code] => report(session.second_factor((*code).into()).await)?,
            ["enrol", code] => enrol(session, code).await?,
            ["browser", arguments @ ..] => browser::step(session, arguments).await?,
            _ => return Err(format!("unknown step: {step:?}").into()),
        };
    }
    Ok(done)
}

/// The next line. Read on a thread of its own: the client works meanwhile.
async fn line() -> Result<Option<String>, Box<dyn Error>> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        Ok::<_, std::io::Error>((stdin().read_line(&mut line)? > 0).then_some(line))
    });
    Ok(read.await??)
}

async fn enrol(session: &AppSession, code: &str) -> Result<bool, Box<dyn Error>> {
    let proof = EnrolmentProof { code: Some(code.into()), password: None };
    match session.enrol(proof).await {
        Ok(proposal) => {
            let recovery: Vec<&str> =
                proposal.recovery_codes.iter().map(ExposeSecret::expose_secret).collect();
            print(&json!({ "secret": proposal.secret.expose_secret(), "recoveryCodes": recovery }))?;
            Ok(true)
        }
        Err(error) => {
            print(&views::error(&error))?;
            Ok(false)
        }
    }
}
