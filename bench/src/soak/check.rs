//! The checks after a soak: on both servers every acknowledged session is valid and every ended one
//! is refused, and the database's rows agree with the responses.

use anyhow::Result;
use sqlx::{AnyConnection, Connection as _};

use super::honest::{HOME, Person};
use super::run::{Reply, Run};
use crate::device::Tokens;
use crate::site::Site;

pub(super) async fn all(run: &Run, site: &Site, people: Vec<Person>) -> Result<()> {
    for person in &people {
        for at in [0, 1] {
            if let Some(tokens) = &person.tokens {
                expect(run, person, at, tokens, 200, "an acknowledged session").await?;
            }
            for tokens in &person.ended {
                expect(run, person, at, tokens, 401, "an ended session").await?;
            }
        }
    }
    rows(run, site).await
}

async fn expect(
    run: &Run,
    person: &Person,
    at: usize,
    tokens: &Tokens,
    expected: u16,
    what: &str,
) -> Result<()> {
    let url = &run.node(at).0;
    let session = tokens.session.as_deref().unwrap_or_default();
    for (method, path, token) in [("GET", "/", tokens.access.as_str()), ("POST", "/api/auth/renew", session)]
    {
        let request = person.device.call(url, method, path, token)?;
        match run.send("check", at, HOME, &request).await {
            Reply::Received(status, _) if status == expected => {}
            Reply::Received(status, _) => {
                run.stats.record_violation(format!("at the end, {what}: {method} {path} is {status}"));
            }
            Reply::Missing => run.stats.record_violation(format!("at the end, {what}: no response")),
        }
    }
    Ok(())
}

async fn rows(run: &Run, site: &Site) -> Result<()> {
    let mut connection = AnyConnection::connect(site.database_url()).await?;
    let mut counted = Vec::new();
    for sql in [
        "SELECT count(*) FROM sessions",
        "SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL",
        "SELECT count(*) FROM audit_events WHERE event = 'signed_in'",
        "SELECT count(*) FROM audit_events WHERE event = 'signed_out'",
        "SELECT count(*) FROM audit_events WHERE event = 'sign_in_failed'",
    ] {
        let count: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
        counted.push(u64::try_from(count)?);
    }
    connection.close().await?;
    let &[sessions, ended, signed_in, signed_out, failed] = counted.as_slice() else { return Ok(()) };
    let counts = run.stats.counts();
    let (wrong, unknown) = run.stats.outcomes("wrong password", 401);
    let rules = [
        (
            "sessions in the database and acknowledged sign-ins",
            (counts.signed_in..=counts.signed_in + counts.sign_in_unknown).contains(&sessions),
        ),
        ("sessions and their audit events", sessions == signed_in),
        ("ended sessions and acknowledged sign-outs", ended == counts.ended),
        ("ended sessions and their audit events", ended == signed_out),
        ("failed sign-ins and their audit events", (wrong..=wrong + unknown).contains(&failed)),
    ];
    for (rule, holds) in rules {
        if !holds {
            run.stats.record_violation(format!("the rows do not agree: {rule} ({counted:?}, {counts:?})"));
        }
    }
    Ok(())
}
