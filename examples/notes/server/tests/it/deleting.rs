//! Deleting all notes, which wants the user to confirm.

use latchkey_client::api::Confirmation;
use latchkey_client::error::SessionError;
use latchkey_client::factor_method::Needs;
use latchkey_testkit::PASSWORD;

use crate::app::Desktop;
use crate::server;

#[tokio::test]
async fn all_notes_are_deleted_after_a_confirmation() {
    let server = server::start().await;
    let (desktop, other) = (Desktop::new(&server.url), Desktop::new(&server.url));
    let app = desktop.signed_in("sam").await;
    let mikaela = other.signed_in("mikaela").await;
    app.add("buy a car").await.unwrap();
    mikaela.add("wash it").await.unwrap();
    // The sign-in is not recent any more.
    server.clock.advance(1000);
    let required = SessionError::ConfirmationRequired { needs: Needs::Password, or_passkey: false };
    assert_eq!(app.delete_all().await, Err(required));
    assert_eq!(app.notes().await.unwrap().response.text(), r#"{"notes":["buy a car"]}"#);
    let wrong = Confirmation { password: Some("decepticons rule".into()), code: None };
    assert_eq!(app.session.confirm(wrong).await, Err(SessionError::WrongCredentials));
    app.session.confirm(Confirmation { password: Some(PASSWORD.into()), code: None }).await.unwrap();
    assert_eq!(app.delete_all().await, Ok(204));
    assert_eq!(app.notes().await.unwrap().response.text(), r#"{"notes":[]}"#);
    assert_eq!(mikaela.notes().await.unwrap().response.text(), r#"{"notes":["wash it"]}"#);
}
