//! The same code at two servers at the same time: both are inside their transactions before the
//! database lets the first of them write.

use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, problem};
use reqwest::Response;

use crate::support::{
    Barrier, challenge, give_sam_a_factor, make_code, on_both, redeem, requiring_factors, second_factor,
};

on_both!(
    a_code_of_the_app_signs_in_once,
    a_recovery_code_signs_in_once,
    a_code_for_a_password_sets_one,
    a_doubled_request_of_one_device_gets_the_same_session,
    a_challenge_has_five_tries_also_at_once,
);

const NEW: [&str; 2] = ["the first of two passwords", "the second of two passwords"];

/// Checks that one was accepted, and why the other was not. Returns which one was.
async fn one_of(answers: [Response; 2], code: &str) -> usize {
    let won = usize::from(answers[1].status() == 200);
    let [first, second] = answers;
    let (accepted, lost) = if won == 0 { (first, second) } else { (second, first) };
    assert_eq!(accepted.status(), 200);
    problem(lost, 401, code).await;
    won
}

async fn a_code_of_the_app_signs_in_once(server: Server) {
    let (other, one, two) = (server.another().await, Device::new(1), Device::new(2));
    let (factor, _) = give_sam_a_factor(&server, &one).await;
    for _ in 0..3 {
        let begun = [challenge(&one, &server, PASSWORD).await, challenge(&two, &other, PASSWORD).await];
        let (code, started) = (factor.code(&server), count(&server).await);
        let barrier = Barrier::close(&server).await;
        let (first, second, ()) = tokio::join!(
            second_factor(&one, &server, &begun[0], &code),
            second_factor(&two, &other, &begun[1], &code),
            barrier.open_for(2, &server),
        );
        one_of([first, second], "code_used").await;
        assert_eq!(count(&server).await, started + 1);
        server.clock.advance(30);
    }
}

async fn a_recovery_code_signs_in_once(server: Server) {
    let (other, one, two) = (server.another().await, Device::new(1), Device::new(2));
    let (factor, _) = give_sam_a_factor(&server, &one).await;
    let begun = [challenge(&one, &server, PASSWORD).await, challenge(&two, &other, PASSWORD).await];
    let (code, started) = (&factor.recovery_codes[0], count(&server).await);
    let barrier = Barrier::close(&server).await;
    let (first, second, ()) = tokio::join!(
        second_factor(&one, &server, &begun[0], code),
        second_factor(&two, &other, &begun[1], code),
        barrier.open_for(2, &server),
    );
    one_of([first, second], "wrong_code").await;
    assert_eq!(count(&server).await, started + 1);
}

async fn a_code_for_a_password_sets_one(server: Server) {
    let (other, one, two) = (server.another().await, Device::new(1), Device::new(2));
    for _ in 0..3 {
        let code = make_code(&server, USERNAME, CodeKind::Password).await;
        let started = count(&server).await;
        let barrier = Barrier::close(&server).await;
        let (first, second, ()) = tokio::join!(
            redeem(&one, &server, &code, NEW[0], Some(USERNAME)),
            redeem(&two, &other, &code, NEW[1], Some(USERNAME)),
            barrier.open_for(2, &server),
        );
        let won = one_of([first, second], "code_used").await;
        assert_eq!(count(&server).await, started + 1);
        assert_eq!(server.attempt("device-0", USERNAME, NEW[won]).await.status(), 200);
        let lost = server.attempt("device-0", USERNAME, NEW[1 - won]).await;
        problem(lost, 401, "invalid_credentials").await;
    }
}

async fn a_doubled_request_of_one_device_gets_the_same_session(server: Server) {
    let (other, device) = (server.another().await, Device::new(1));
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let barrier = Barrier::close(&server).await;
    let (first, second, ()) = tokio::join!(
        redeem(&device, &server, &code, NEW[0], Some(USERNAME)),
        redeem(&device, &other, &code, NEW[0], Some(USERNAME)),
        barrier.open_for(2, &server),
    );
    assert_eq!((first.status(), second.status()), (reqwest::StatusCode::OK, reqwest::StatusCode::OK));
    assert_eq!(server.living_sessions().await, 1);
    // The present password is another one, so the requirement does not matter.
    let strict = requiring_factors(&server).await;
    let factor_code = make_code(&server, USERNAME, CodeKind::Factor).await;
    let begun = problem(device.attempt(&strict, NEW[0]).await, 401, "enrolment_required").await;
    let begun = latchkey_testkit::text(&begun, "challenge");
    let (factor, _) = crate::support::enrol(&device, &strict, begun, &[("code", &factor_code)]).await;
    server.clock.advance(60);
    let begun = challenge(&device, &server, NEW[0]).await;
    let (code, started) = (factor.code(&server), count(&server).await);
    let barrier = Barrier::close(&server).await;
    let (first, second, ()) = tokio::join!(
        second_factor(&device, &server, &begun, &code),
        second_factor(&device, &other, &begun, &code),
        barrier.open_for(2, &server),
    );
    assert_eq!((first.status(), second.status()), (reqwest::StatusCode::OK, reqwest::StatusCode::OK));
    assert_eq!(count(&server).await, started + 1);
}

async fn a_challenge_has_five_tries_also_at_once(server: Server) {
    let (other, device) = (server.another().await, Device::new(1));
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let begun = challenge(&device, &server, PASSWORD).await;
    let wrong = factor.wrong_code(&server);
    let barrier = Barrier::close(&server).await;
    let guess = async |server: &Server| second_factor(&device, server, &begun, &wrong).await;
    let (one, two, three, four, five, six, seven, eight, ()) = tokio::join!(
        guess(&server),
        guess(&other),
        guess(&server),
        guess(&other),
        guess(&server),
        guess(&other),
        guess(&server),
        guess(&other),
        barrier.open_for(2, &server),
    );
    let mut wrong = 0;
    for answer in [one, two, three, four, five, six, seven, eight] {
        let problem: serde_json::Value = answer.json().await.unwrap();
        wrong += usize::from(problem["code"] == "wrong_code");
        assert!(
            ["wrong_code", "challenge_expired"].contains(&problem["code"].as_str().unwrap()),
            "{problem}"
        );
    }
    assert_eq!(wrong, 5, "as many as one after the other");
}

/// How many sessions have begun.
async fn count(server: &Server) -> usize {
    server.audited().await.iter().filter(|event| *event == "signed_in").count()
}
