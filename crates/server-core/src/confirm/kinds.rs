//! What every kind of account has to confirm with, for every action: by something that it has, and
//! so that the confirmation is enough. No account is in a dead end.

use latchkey_token::{Audience, Claims, Profile, UnixTime};

use super::credentials::Credentials;
use super::rule::{self, Action, ConfirmationRequired, Known, Proofs};
use crate::proven::{ONE_FACTOR, Proven};

const BEGAN: UnixTime = UnixTime::new(1_800_000_000);

const ACTIONS: [Action; 8] = [
    Action::EndOlderSessions,
    Action::EndYoungerSession,
    Action::AcceptNotice,
    Action::ChangePassword,
    Action::ChangeFactor,
    Action::AddWay,
    Action::RemoveLostFactor,
    Action::ActForOthers,
];

fn kinds() -> impl Iterator<Item = Credentials> {
    (0..16).map(|bits| Credentials {
        password: bits & 1 > 0,
        factor: bits & 2 > 0,
        passkey: bits & 4 > 0,
        link: bits & 8 > 0,
    })
}

fn token(auth_time: UnixTime, proven: Proven) -> Claims {
    let profile =
        Profile { preferred_username: "sam".into(), given_name: None, family_name: None, email: None };
    Claims {
        iss: "https://auth.example".into(),
        sub: "account".into(),
        aud: Audience::One("device".into()),
        iat: auth_time,
        exp: auth_time.plus(900),
        nbf: None,
        jti: "token".into(),
        sid: "session".into(),
        client_id: None,
        auth_time,
        acr: proven.acr,
        amr: proven.amr,
        cnf: None,
        profile,
        custom: Default::default(),
    }
}

/// What a confirmation with all that is asked for proves. A provider's sign-in counts for one
/// factor here.
fn confirmed(required: ConfirmationRequired, has: Credentials) -> Proven {
    match (required.needs.browser, has.passkey) {
        (true, true) => Proven::passkey(),
        (true, false) => Proven { acr: Some(ONE_FACTOR.to_owned()), amr: None },
        (false, _) => required.needs.proven(),
    }
}

#[test]
fn every_kind_of_account_can_confirm_what_it_is_asked_for() {
    let now = BEGAN.plus(100_000);
    for (has, action) in kinds().flat_map(|has| ACTIONS.map(|action| (has, action))) {
        // Who acts for others sets up a second factor or a passkey first.
        if action == Action::ActForOthers && !has.factor && !has.passkey {
            continue;
        }
        for is_key_new in [false, true] {
            let about = format!("{action:?} {has:?}, new key: {is_key_new}");
            let known = Known { began: BEGAN, has, is_key_new, adds_way: false };
            let Err(required) = rule::check(action, &token(BEGAN, Proven::default()), known, now) else {
                continue;
            };
            let ConfirmationRequired { needs, or_passkey, .. } = required;
            assert!(needs.password || needs.code || needs.browser, "{about}: nothing is asked for");
            assert!(has.password || !needs.password, "{about}: it has no password");
            assert!(has.factor || !needs.code, "{about}: it has no second factor");
            assert!(has.passkey || has.link || !needs.browser, "{about}: it has nothing for the browser");
            // By a provider alone nothing is confirmed for an account with a second factor.
            assert!(!needs.browser || has.passkey || !has.factor, "{about}: the link is not enough");
            // `POST /api/auth/confirm` asks for the strongest at least.
            assert!(needs.browser || needs.include(Proofs::strongest(has)), "{about}: it is refused");
            let fresh = token(now, confirmed(required, has));
            assert_eq!(rule::check(action, &fresh, known, now), Ok(()), "{about}: it is not enough");
            assert_eq!(or_passkey, has.passkey && !needs.browser, "{about}");
            if has.passkey {
                let fresh = token(now, Proven::passkey());
                assert_eq!(rule::check(action, &fresh, known, now), Ok(()), "{about}: by a passkey");
            }
        }
    }
}

#[test]
fn what_takes_something_away_needs_a_confirmation_of_every_account_that_can_give_one() {
    let now = BEGAN.plus(100_000);
    for has in kinds().filter(|has| *has != Credentials::default()) {
        for action in [Action::EndOlderSessions, Action::AcceptNotice, Action::ChangeFactor, Action::AddWay] {
            let known = Known { began: BEGAN, has, is_key_new: false, adds_way: false };
            let old = rule::check(action, &token(BEGAN, Proven::passkey()), known, now);
            assert!(old.is_err(), "{action:?} {has:?}");
        }
    }
}

#[test]
fn a_session_that_began_with_a_code_adds_a_way_in_and_does_nothing_else_without_a_confirmation() {
    let now = BEGAN.plus(100);
    for has in kinds().filter(|has| *has != Credentials::default()) {
        let known = Known { began: BEGAN, has, is_key_new: true, adds_way: true };
        let sign_in = token(BEGAN, Proven::one_time_code());
        assert_eq!(rule::check(Action::AddWay, &sign_in, known, now), Ok(()), "{has:?}");
        assert!(rule::check(Action::ChangeFactor, &sign_in, known, now).is_err(), "{has:?}");
    }
}

#[test]
fn an_account_that_has_nothing_is_asked_for_nothing_and_acts_for_no_other() {
    let known = Known { began: BEGAN, has: Credentials::default(), is_key_new: true, adds_way: false };
    let (now, sign_in) = (BEGAN.plus(100_000), token(BEGAN, Proven::one_time_code()));
    for action in ACTIONS {
        let is_allowed = rule::check(action, &sign_in, known, now).is_ok();
        assert_eq!(is_allowed, action != Action::ActForOthers, "{action:?}");
    }
}
