//! What each action asks of the caller beyond an access token: how long ago they proved who they
//! are, and by what. RFC 9470 calls it step-up authentication.
//!
//! A confirmation is told from a sign-in by its time: the access token of a confirmation has a
//! later `auth_time` than its session. For a day after the first sign-in of a device key, the
//! sign-in itself is no confirmation of what would lock out the owner: a thief of the
//! credentials has just signed in.

use latchkey_token::{Claims, LEEWAY_SECONDS, UnixTime};

use super::credentials::Credentials;
use crate::proven::{ONE_FACTOR, Proven, TWO_FACTORS};

/// How long a confirmation counts where the account itself changes, in seconds.
const ACCOUNT_SECONDS: i64 = 300;

/// How long it counts elsewhere. A sign-in counts as long.
const USUAL_SECONDS: i64 = 900;

/// By what a caller proves who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proofs {
    /// The password.
    pub password: bool,
    /// The second factor: a TOTP code or a recovery code.
    pub code: bool,
    /// The browser: an account at a provider, or a passkey. Asked for where the account has neither
    /// a password nor a second factor. One that has nothing at all adds a passkey or a link first,
    /// which it may.
    pub browser: bool,
}

impl Proofs {
    pub(crate) const NONE: Self = Self { password: false, code: false, browser: false };
    pub(crate) const PASSWORD: Self = Self { password: true, ..Self::NONE };
    pub(crate) const CODE: Self = Self { code: true, ..Self::NONE };
    const BROWSER: Self = Self { browser: true, ..Self::NONE };

    /// The strongest single proof that an account has.
    pub(crate) fn strongest(has: Credentials) -> Self {
        match has {
            Credentials { factor: true, .. } => Self::CODE,
            Credentials { password: true, .. } => Self::PASSWORD,
            _ => Self::BROWSER,
        }
    }

    /// All that an account has; the browser only in place of the others.
    fn all(has: Credentials) -> Self {
        match has {
            Credentials { factor: false, password: false, .. } => Self::BROWSER,
            Credentials { factor: code, password, .. } => Self { password, code, browser: false },
        }
    }

    /// What an access token says of its sign-in or confirmation.
    pub(super) fn of(token: &Claims) -> Self {
        let by = |name: &str| token.amr.iter().flatten().any(|method| method == name);
        let code = token.acr.as_deref() == Some(TWO_FACTORS);
        // A passkey with user verification stands for both factors.
        Self { password: by("pwd") || (code && by("swk")), code, browser: true }
    }

    /// What an access token says after a confirmation by this.
    pub(super) fn proven(self) -> Proven {
        match (self.password, self.code) {
            (true, true) => Proven::password_and_totp(),
            (false, true) => Proven::code(),
            (_, false) => Proven::password(),
        }
    }

    /// Whether this includes everything that is needed.
    pub(super) fn include(self, needed: Self) -> bool {
        (self.password || !needed.password)
            && (self.code || !needed.code)
            && (self.browser || !needed.browser)
    }
}

/// The caller has to confirm who they are, by `POST /api/auth/confirm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the caller has to confirm who they are")]
pub struct ConfirmationRequired {
    /// A confirmation counts this long, in seconds.
    pub max_age: i64,
    /// By what.
    pub needs: Proofs,
    /// Whether that has to show two factors: a passkey does, and not each provider.
    pub two_factors: bool,
    /// Whether the account has a passkey, which stands for all of that in the browser.
    pub or_passkey: bool,
}

impl ConfirmationRequired {
    /// The authentication context that is asked for (RFC 9470 §3): `1fa` or `2fa`.
    pub fn acr(&self) -> &'static str {
        if self.needs.code || self.two_factors { TWO_FACTORS } else { ONE_FACTOR }
    }
}

/// What a caller wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// End sessions that may have begun before the caller's.
    EndOlderSessions,
    /// End a session that began after the caller's.
    EndYoungerSession,
    /// Say of something that another device did: "That was me."
    AcceptNotice,
    /// Change the password. The request has the current one.
    ChangePassword,
    /// Set up, change or remove the second factor, make new recovery codes, or remove a passkey or
    /// a link.
    ChangeFactor,
    /// Add a passkey, or link a provider's account.
    AddWay,
    /// Ask for the removal of a second factor that is lost. The request has the password, if the
    /// account has one.
    RemoveLostFactor,
    /// Act for another account, with a role. The account has a second factor, or a passkey.
    ActForOthers,
}

/// What is known of the caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// When the session began.
    pub(super) began: UnixTime,
    /// What the account has.
    pub(super) has: Credentials,
    /// Whether the session's device key first signed in to the account less than a day ago.
    pub(super) is_key_new: bool,
    /// Whether the session began with a one-time code a short time ago, and may add a way to sign
    /// in: what the account has may be lost.
    pub(super) adds_way: bool,
}

/// Whether the token is enough for an action.
pub(super) fn check(
    action: Action,
    token: &Claims,
    known: Known,
    now: UnixTime,
) -> Result<(), ConfirmationRequired> {
    let Known { began, has, is_key_new, adds_way } = known;
    // The session is all that such an account has: nothing could confirm more. To act for others it
    // needs two factors.
    let has_nothing = has == Credentials::default() && action != Action::ActForOthers;
    if has_nothing || (adds_way && action == Action::AddWay) {
        return Ok(());
    }
    let strongest = Proofs::strongest(has);
    let (max_age, needs, sign_in_counts) = match action {
        // Without a second factor, asking for the password again does not stop a thief who has it.
        // The devices that lose their sessions show it.
        Action::EndOlderSessions => (USUAL_SECONDS, strongest, !(has.factor && is_key_new)),
        Action::EndYoungerSession | Action::AcceptNotice => (USUAL_SECONDS, strongest, true),
        Action::ChangePassword => {
            (ACCOUNT_SECONDS, if has.factor { Proofs::CODE } else { Proofs::NONE }, false)
        }
        Action::ChangeFactor | Action::AddWay => (ACCOUNT_SECONDS, Proofs::all(has), false),
        // A new sign-in shows the factor, or is by a thief who had it once.
        Action::RemoveLostFactor => {
            let needs = match (is_key_new, has.password, has.passkey) {
                (true, ..) => Proofs::all(has),
                (false, false, true) => Proofs::BROWSER,
                // The request has the password. Without one the wait of three days is left: a
                // provider alone confirms nothing for an account with a second factor.
                (false, ..) => Proofs::NONE,
            };
            (ACCOUNT_SECONDS, needs, false)
        }
        // Who has a passkey and no second factor shows the passkey; a password is not enough.
        Action::ActForOthers => {
            let needs = if has.passkey && !has.factor { Proofs::BROWSER } else { Proofs::CODE };
            (ACCOUNT_SECONDS, needs, !is_key_new)
        }
    };
    let two_factors = action == Action::ActForOthers;
    if needs == Proofs::NONE {
        return Ok(());
    }
    let is_confirmation = token.auth_time > began;
    let is_enough = match is_confirmation {
        true => Proofs::of(token).include(needs),
        false => sign_in_counts && (!needs.code || Proofs::of(token).code),
    };
    let is_enough = is_enough && (!two_factors || Proofs::of(token).code);
    if is_enough && is_recent(token, max_age, now) {
        return Ok(());
    }
    let or_passkey = has.passkey && !needs.browser;
    Err(ConfirmationRequired { max_age, needs, two_factors, or_passkey })
}

/// Whether the token's `auth_time` is at most this long ago, or a leeway longer: the servers'
/// clocks differ.
pub(crate) fn is_recent(token: &Claims, seconds: i64, now: UnixTime) -> bool {
    now.since(token.auth_time) <= seconds.saturating_add(LEEWAY_SECONDS)
}

#[cfg(test)]
mod tests {
    use latchkey_token::{Audience, Profile};

    use super::*;

    const BEGAN: UnixTime = UnixTime::new(1_800_000_000);

    /// The token of a sign-in or, if it is later, of a confirmation.
    fn token(auth_time: UnixTime, proven: Proven) -> Claims {
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
            profile: Profile {
                preferred_username: "sam".into(),
                given_name: None,
                family_name: None,
                email: None,
            },
            custom: Default::default(),
        }
    }

    const BOTH: Proofs = Proofs { password: true, code: true, browser: false };

    /// An account with a password.
    fn known(factor: bool, is_key_new: bool) -> Known {
        Known {
            began: BEGAN,
            has: Credentials { password: true, factor, ..Credentials::default() },
            is_key_new,
            adds_way: false,
        }
    }

    /// What a token needs for an action, if it is not enough.
    fn needs(action: Action, token: &Claims, known: Known, now: UnixTime) -> Option<(i64, Proofs)> {
        check(action, token, known, now).err().map(|required| (required.max_age, required.needs))
    }

    #[test]
    fn a_sign_in_counts_for_a_quarter_of_an_hour_and_a_leeway() {
        let token = token(BEGAN, Proven::password());
        for action in [Action::EndOlderSessions, Action::EndYoungerSession, Action::AcceptNotice] {
            for is_key_new in [false, true] {
                let known = known(false, is_key_new);
                assert_eq!(needs(action, &token, known, BEGAN.plus(960)), None, "{action:?}");
                let late = needs(action, &token, known, BEGAN.plus(961));
                assert_eq!(late, Some((900, Proofs::PASSWORD)), "{action:?}");
            }
        }
    }

    #[test]
    fn the_sign_in_of_a_new_key_does_not_satisfy_where_there_is_a_second_factor() {
        let fresh = token(BEGAN, Proven::password_and_totp());
        let (now, new) = (BEGAN.plus(1), known(true, true));
        assert_eq!(needs(Action::EndOlderSessions, &fresh, new, now), Some((900, Proofs::CODE)));
        assert_eq!(needs(Action::EndYoungerSession, &fresh, new, now), None);
        assert_eq!(needs(Action::EndOlderSessions, &fresh, known(true, false), now), None);

        let confirmed = token(now, Proven::code());
        assert_eq!(needs(Action::EndOlderSessions, &confirmed, new, now), None);
        // The password alone is what the thief has.
        let weak = token(now, Proven::password());
        assert_eq!(needs(Action::EndOlderSessions, &weak, new, now), Some((900, Proofs::CODE)));
    }

    #[test]
    fn a_change_of_the_factor_needs_a_confirmation_by_all_that_the_account_has() {
        let (now, change) = (BEGAN.plus(100), Action::ChangeFactor);
        for is_key_new in [false, true] {
            let (without, with) = (known(false, is_key_new), known(true, is_key_new));
            let sign_in = token(BEGAN, Proven::password_and_totp());
            assert_eq!(needs(change, &sign_in, without, now), Some((300, Proofs::PASSWORD)));
            assert_eq!(needs(change, &sign_in, with, now), Some((300, BOTH)));
            assert_eq!(needs(change, &token(now, Proven::password()), without, now), None);
            for weak in [Proven::password(), Proven::code()] {
                assert_eq!(needs(change, &token(now, weak), with, now), Some((300, BOTH)));
            }
            let both = token(now, Proven::password_and_totp());
            assert_eq!(needs(change, &both, with, now), None);
            assert_eq!(needs(change, &both, with, now.plus(361)), Some((300, BOTH)));
        }
    }

    #[test]
    fn a_change_of_the_password_needs_a_code_where_there_is_a_second_factor() {
        let (now, change) = (BEGAN.plus(100), Action::ChangePassword);
        let sign_in = token(BEGAN, Proven::password_and_totp());
        assert_eq!(needs(change, &sign_in, known(false, true), now.plus(10_000)), None);
        assert_eq!(needs(change, &sign_in, known(true, false), now), Some((300, Proofs::CODE)));
        assert_eq!(needs(change, &token(now, Proven::code()), known(true, false), now), None);
    }

    #[test]
    fn a_lost_factor_is_given_up_by_a_key_that_is_known_for_a_day() {
        let (now, action) = (BEGAN.plus(100), Action::RemoveLostFactor);
        let sign_in = token(BEGAN, Proven::password_and_totp());
        assert_eq!(needs(action, &sign_in, known(true, false), now.plus(10_000)), None);
        assert_eq!(needs(action, &sign_in, known(true, true), now), Some((300, BOTH)));
        assert_eq!(needs(action, &token(now, Proven::password()), known(true, true), now), Some((300, BOTH)));
    }

    #[test]
    fn who_acts_for_others_has_shown_a_code_in_the_last_five_minutes() {
        let (now, action) = (BEGAN.plus(100), Action::ActForOthers);
        let refused = Some((300, Proofs::CODE));
        let sign_in = token(BEGAN, Proven::password_and_totp());
        assert_eq!(needs(action, &sign_in, known(true, false), now), None);
        assert_eq!(needs(action, &sign_in, known(true, false), BEGAN.plus(361)), refused);
        assert_eq!(needs(action, &sign_in, known(true, true), now), refused, "a thief has just signed in");
        for weak in [Proven::password(), Proven::default()] {
            assert_eq!(needs(action, &token(BEGAN, weak.clone()), known(true, false), now), refused);
            assert_eq!(needs(action, &token(now, weak), known(true, false), now), refused);
        }
        assert_eq!(needs(action, &token(now, Proven::code()), known(true, true), now), None);
    }

    #[test]
    fn who_has_neither_password_nor_factor_confirms_by_the_browser() {
        let has = Credentials { link: true, ..Credentials::default() };
        let known = Known { began: BEGAN, has, is_key_new: false, adds_way: false };
        let (now, one) = (BEGAN.plus(100), Proven { acr: Some("1fa".into()), amr: None });
        let sign_in = token(BEGAN, one.clone());
        let change = Action::ChangeFactor;
        assert_eq!(needs(change, &sign_in, known, now), Some((300, Proofs::BROWSER)));
        assert_eq!(needs(change, &token(now, one.clone()), known, now), None);
        // The provider authenticated the user an hour before the sign-in.
        let silent = token(BEGAN.plus(-3600), one);
        assert_eq!(needs(Action::EndOlderSessions, &sign_in, known, now), None);
        assert_eq!(needs(Action::EndOlderSessions, &silent, known, now), Some((900, Proofs::BROWSER)));
    }

    #[test]
    fn a_passkey_stands_for_both_factors() {
        let now = BEGAN.plus(100);
        let passkey = token(now, Proven::passkey());
        assert_eq!(needs(Action::ChangeFactor, &passkey, known(true, true), now), None);
        assert_eq!(needs(Action::ChangeFactor, &passkey, known(false, true), now), None);
    }

    #[test]
    fn a_token_of_an_earlier_version_says_nothing_of_a_code() {
        let token = token(BEGAN, Proven::default());
        let (now, action) = (BEGAN.plus(1), Action::EndYoungerSession);
        assert_eq!(needs(action, &token, known(false, false), now), None);
        assert_eq!(needs(action, &token, known(true, false), now), Some((900, Proofs::CODE)));
    }
}
