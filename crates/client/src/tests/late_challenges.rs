//! Answers to a step of a pending sign-in that the user has given up in the meantime: nothing is
//! pending again.

use super::fakes::{FakeServer, Step, World, sign_in, state};
use super::late_responses::{Client, Late};
use crate::api::EnrolmentProof;
use crate::auth_client::AuthClient;
use crate::error::SessionError;

async fn pending(step: Step) -> (World, Client) {
    let world = World::new();
    *world.server.account.step.lock().unwrap() = step;
    let client = world.start();
    sign_in(&client).await.unwrap_err();
    (world, client)
}

fn assert_nothing_pending(client: &AuthClient<FakeServer>) {
    assert_eq!(client.snapshot().pending, None);
    assert!(client.context.memory.pending.lock().unwrap().is_none(), "its key is still in memory");
}

#[tokio::test]
async fn a_challenge_after_the_sign_out_is_dropped() {
    let world = World::new();
    *world.server.account.step.lock().unwrap() = Step::Factor;
    let client = world.start();
    let late = Late::begin(&world, &client, "sign-in", |client| async move { sign_in(&client).await }).await;
    client.sign_out().await.unwrap();
    assert_eq!(late.end().await.err(), Some(SessionError::Superseded));
    assert_nothing_pending(&client);
    assert_eq!(state(&client), "signed-out: never-signed-in");
}

#[tokio::test]
async fn a_proposal_after_the_sign_in_was_cancelled_is_dropped() {
    for signs_out in [false, true] {
        let (world, client) = pending(Step::Enrol).await;
        let late = Late::begin(&world, &client, "enrol", |client| async move {
            let proof = EnrolmentProof { code: Some("FACTOR".into()), password: None };
            client.enrol(proof).await.err()
        });
        let late = late.await;
        if signs_out {
            client.sign_out().await.unwrap();
        } else {
            client.cancel_sign_in();
        }
        assert_eq!(late.end().await, Some(SessionError::NothingPending));
        assert_nothing_pending(&client);
    }
}

#[tokio::test]
async fn the_tokens_of_a_sign_in_that_was_given_up_are_not_used() {
    for signs_out in [false, true] {
        let (world, client) = pending(Step::Factor).await;
        let late = Late::begin(&world, &client, "second-factor", |client| async move {
            client.second_factor("123456".into()).await
        });
        let late = late.await;
        if signs_out {
            client.sign_out().await.unwrap();
        } else {
            client.cancel_sign_in();
        }
        assert_eq!(late.end().await.err(), Some(SessionError::Superseded));
        assert_nothing_pending(&client);
        assert_eq!(world.server.count("give-back"), 1, "the server ends it");
        assert_eq!(state(&client), "signed-out: never-signed-in");
        assert_eq!(state(&world.start()), "signed-out: never-signed-in");
    }
}
