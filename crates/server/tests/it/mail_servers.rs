//! Several servers on one queue of mails, and servers that are killed.

use std::collections::BTreeSet;
use std::sync::Arc;

use latchkey_server::accounts::NewAccount;
use latchkey_testkit::smtp::{Fault, SmtpSink};
use latchkey_testkit::{Server, account, wait_for};

use crate::cli::{Running, prepared, program, run, succeeds};
use crate::mail::{queue, to};

const ACCOUNTS: usize = 12;

fn accounts() -> Vec<NewAccount> {
    let email = |number| Some(format!("user{number}@example.com"));
    (0..ACCOUNTS).map(|n| NewAccount { email: email(n), ..account(&format!("user{n}")) }).collect()
}

/// Queues two mails to each account while two servers send, and expects each of them once.
async fn no_mail_comes_twice(sink: &SmtpSink, server: Server) {
    let second = server.another().await;
    for number in 0..2 * ACCOUNTS {
        queue(&server, &format!("user{}", number % ACCOUNTS)).await;
    }
    let admin = server.admin().await;
    let filter = latchkey_server::AuditFilter { max: 1000, ..Default::default() };
    wait_for("all are sent", async || {
        let events = admin.audit(&filter).await.unwrap();
        (events.iter().filter(|event| event.event == "mail_sent").count() == 2 * ACCOUNTS).then_some(())
    })
    .await;
    let mails = sink.mails();
    let ids: BTreeSet<_> = mails.iter().map(|mail| mail.header("Message-ID").to_owned()).collect();
    assert_eq!((mails.len(), ids.len()), (2 * ACCOUNTS, 2 * ACCOUNTS));
    drop(second);
}

#[tokio::test]
async fn two_servers_on_sqlite_send_no_mail_twice() {
    let sink = SmtpSink::start().await;
    let server = Server::builder().accounts(accounts()).settings(to(&sink)).start().await;
    no_mail_comes_twice(&sink, server).await;
}

#[cfg(unix)]
#[tokio::test]
async fn two_servers_on_postgresql_send_no_mail_twice() {
    let (sink, cluster) = (SmtpSink::start().await, latchkey_testkit::Cluster::shared());
    let url = cluster.database().await;
    let settings = |settings: &mut latchkey_server::Settings| {
        to(&sink)(settings);
        settings.database_url = url.into();
    };
    let server = Server::builder().accounts(accounts()).settings(settings).start().await;
    no_mail_comes_twice(&sink, server).await;
}

/// The SMTP server has the whole mail, and its answer never comes back.
#[tokio::test]
async fn a_mail_of_a_server_that_was_killed_comes_again_with_the_same_id() {
    let sink = Arc::new(SmtpSink::start().await);
    let folder = prepared();
    let mut command = program(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    command.env("LATCHKEY_MAIL_SMTP_URL", sink.url()).env("LATCHKEY_MAIL_FROM", "auth@example.com");
    let killed = Running::start(command);
    sink.fail(Fault::Hold);
    succeeds(&run(
        folder.path(),
        &["user", "add", "bee", "--email", "bee@example.com", "--password-stdin"],
        "autobots rule\n",
    ));
    let mut set = program(folder.path());
    set.env("LATCHKEY_MAIL_SMTP_URL", sink.url()).env("LATCHKEY_MAIL_FROM", "auth@example.com");
    set.args(["user", "set-password", "bee", "--password-stdin"]).stdin(std::process::Stdio::piped());
    let mut set = set.spawn().unwrap();
    std::io::Write::write_all(&mut set.stdin.take().unwrap(), b"decepticons drool\n").unwrap();
    succeeds(&set.wait_with_output().unwrap());
    let first = sink.wait_for_mails(1).await.remove(0);
    // Kills it.
    drop(killed);
    sink.release();
    // Another one, for which the lease is over.
    let clock = latchkey_testkit::TestClock::running();
    clock.advance(600);
    let mut settings = latchkey_testkit::settings(folder.path());
    to(&sink)(&mut settings);
    settings.database_url = format!("sqlite:{}", folder.path().join("data/latchkey.db").display()).into();
    settings.keys = folder.path().join("config");
    let second = latchkey_server::Application::build(settings, clock.for_server()).await.unwrap();
    let running = tokio::spawn(second.run_until_stopped(std::future::pending()));
    let again = sink.wait_for_mails(2).await.remove(1);
    assert_eq!(again.header("Message-ID"), first.header("Message-ID"));
    assert_eq!((again.text(), again.to), (first.text(), first.to));
    running.abort();
}
