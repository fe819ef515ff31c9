//! Helpers of these tests only: forged proofs, SQL past the server, and tests that run on both
//! databases.

mod authenticator;
#[cfg(unix)]
mod barrier;
mod browser;
mod desk;
mod forge;
mod links;
mod passkeys;
mod peer;
mod people;
pub(crate) mod provider;
#[cfg(unix)]
mod remote;
mod webhooks;

use std::time::Duration;

use latchkey_testkit::{Server, Sql};

pub(crate) use authenticator::totp;
#[cfg(unix)]
pub(crate) use barrier::Barrier;
pub(crate) use browser::{Browser, PUBLIC, Visit, begin, begun, finish, state};
pub(crate) use desk::{Member, add, attempt as desk_attempt};
pub(crate) use forge::{Forge, encode};
pub(crate) use links::{begin_link, by_provider, link};
pub(crate) use passkeys::{
    PasskeyPage, add_passkey, begin_passkey, confirm, confirmed, finish_passkey, offers_passkeys, passkeys,
    refused_by, saying, sign_in_by, stands, with_passkeys,
};
pub(crate) use peer::{Peer, Reply};
pub(crate) use people::{
    FOR_A_DAY, Factor, challenge, enrol, give_sam_a_factor, invite, make_code, post, redeem,
    requiring_factors, second_factor,
};
#[cfg(unix)]
pub(crate) use remote::Remote;
pub(crate) use webhooks::{SECRET, is_signed, secret_file, webhook};

/// The time limit for another server to learn that a session has ended. It takes a second on an
/// idle machine: the settings allow no slower check, and the next one is a minute later.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// A day, in seconds.
pub(crate) const DAY: i64 = 86_400;

/// One test for each database: `mod name { on_sqlite, on_postgresql }` runs `name(server)`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use latchkey_testkit::Server;

            #[tokio::test]
            async fn on_sqlite() {
                super::$name(Server::start().await).await;
            }

            // The tests' PostgreSQL needs a Unix.
            #[cfg(unix)]
            #[tokio::test]
            async fn on_postgresql() {
                let cluster = latchkey_testkit::Cluster::shared();
                let url = cluster.server_database().await;
                super::$name(Server::start_with(|settings| settings.database_url = url.into()).await).await;
            }
        }
    )+};
}
pub(crate) use on_both;

/// Connects to the database of a server on SQLite.
pub(crate) async fn database(server: &Server) -> Sql {
    Sql::connect(&format!("sqlite:{}", server.database_file().display())).await
}

/// Connects to the database of a server on SQLite, or on the cluster that the tests share.
pub(crate) async fn connection(server: &Server) -> Sql {
    #[cfg(unix)]
    if !server.is_sqlite() {
        let url = server.settings.database_url.to_string();
        return Sql::connect(&latchkey_testkit::Cluster::shared().url_of(&url)).await;
    }
    database(server).await
}

/// Runs a statement on the database of a server on SQLite.
pub(crate) async fn sql(server: &Server, statement: &'static str) {
    database(server).await.execute(statement).await;
}

/// The text that a query on the database of a server on SQLite returns.
pub(crate) async fn scalar(server: &Server, query: &'static str) -> String {
    database(server).await.texts(query).await.swap_remove(0)
}
