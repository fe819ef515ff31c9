//! The rest of the façade: signing in with a second factor or a one-time code, the account's second
//! factor and notices, and the confirmation that the user is who they are.

use secrecy::SecretString;

use crate::api::{
    AccountDetails, Api, CodeRedemption, Confirmation, EnrolmentProof, Notice, NoticeAnswer, NoticeAnswered,
    SignInOptions, TotpProposal,
};
use crate::auth_client::AuthClient;
use crate::error::SessionError;
use crate::sign_in::Consent;
use crate::view::SessionView;
use crate::{confirm, factor, one_time_code, second_factor};

impl<A: Api> AuthClient<A> {
    /// The ways to sign in that the server offers: from memory if they are younger than five
    /// minutes, or while the server is unreachable.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn sign_in_options(&self) -> Result<SignInOptions, SessionError> {
        one_time_code::options(&self.context).await
    }

    /// Asks for a one-time code by mail. Whether there is such an account is not reported.
    ///
    /// # Errors
    /// [`SessionError::ForgotUnavailable`] if the server sends no codes; as
    /// [`AuthClient::sign_in`] about the keychain, because only the key that asks can redeem.
    pub async fn forgot_password(&self, username: &str, consent: Consent) -> Result<(), SessionError> {
        one_time_code::forgot(&self.context, username, consent).await
    }

    /// Signs in with a one-time code, and sets the new password if there is one: a server that
    /// accepts passwords wants one.
    ///
    /// # Errors
    /// Why the code or the password is refused; [`SessionError::SecondFactorRequired`] and
    /// [`SessionError::EnrolmentRequired`] if the sign-in is pending now; or as
    /// [`AuthClient::sign_in`].
    pub async fn redeem_code(
        &self,
        redemption: CodeRedemption,
        consent: Consent,
    ) -> Result<SessionView, SessionError> {
        one_time_code::redeem(&self.context, redemption, consent).await?;
        Ok(self.snapshot())
    }

    /// Completes the pending sign-in with a code of the second factor. Also switches on the factor
    /// that [`AuthClient::enrol`] has proposed.
    ///
    /// # Errors
    /// [`SessionError::NothingPending`], [`SessionError::ChallengeExpired`]: the password is needed
    /// again. After any other error the sign-in is still pending, unless the account is disabled.
    pub async fn second_factor(&self, code: SecretString) -> Result<SessionView, SessionError> {
        second_factor::second_factor(&self.context, code).await?;
        Ok(self.snapshot())
    }

    /// Proposes a second factor in the pending sign-in, or in a session that is held for one.
    ///
    /// # Errors
    /// As [`AuthClient::second_factor`].
    pub async fn enrol(&self, proof: EnrolmentProof) -> Result<TotpProposal, SessionError> {
        second_factor::enrol(&self.context, proof).await
    }

    /// Gives up the pending sign-in.
    pub fn cancel_sign_in(&self) -> SessionView {
        second_factor::cancel(&self.context);
        self.snapshot()
    }

    /// Confirms the session (RFC 9470). The next calls carry the proof until their access token
    /// expires.
    ///
    /// # Errors
    /// [`SessionError::WrongCredentials`], [`SessionError::WrongCode`];
    /// [`SessionError::ConfirmationRequired`] if more is needed; or as [`AuthClient::get`].
    pub async fn confirm(&self, confirmation: Confirmation) -> Result<(), SessionError> {
        confirm::confirm(&self.context, confirmation).await
    }

    /// The account's second factor, language and role.
    ///
    /// # Errors
    /// As [`AuthClient::get`].
    pub async fn account(&self) -> Result<AccountDetails, SessionError> {
        factor::account(&self.context).await
    }

    /// Proposes a new authenticator, and its recovery codes. Nothing counts before
    /// [`AuthClient::enable_totp`].
    ///
    /// # Errors
    /// [`SessionError::ConfirmationRequired`]; or as [`AuthClient::get`].
    pub async fn start_totp(&self) -> Result<TotpProposal, SessionError> {
        factor::start_totp(&self.context).await
    }

    /// Switches on the authenticator that was proposed last. Can be repeated.
    ///
    /// # Errors
    /// [`SessionError::WrongCode`], [`SessionError::EnrolmentExpired`]; or as [`AuthClient::get`].
    pub async fn enable_totp(&self, code: SecretString) -> Result<(), SessionError> {
        factor::enable_totp(&self.context, &code).await
    }

    /// Removes the second factor.
    ///
    /// # Errors
    /// [`SessionError::FactorRequired`] if the account must have one;
    /// [`SessionError::ConfirmationRequired`]; or as [`AuthClient::get`].
    pub async fn disable_totp(&self) -> Result<(), SessionError> {
        factor::disable_totp(&self.context).await
    }

    /// Asks for the removal of a second factor that is lost, together with the recovery codes.
    /// Returns when it is done, in seconds since 1970, unless a device says no until then. Asking
    /// again changes nothing. An account without a password confirms in the browser instead.
    ///
    /// # Errors
    /// [`SessionError::WrongCredentials`]; [`SessionError::FactorRequired`] if the account must
    /// have a factor, or has a role; [`SessionError::ConfirmationRequired`] if this device is new
    /// to the account, or the account has no password; or as [`AuthClient::get`].
    pub async fn request_factor_removal(&self, password: Option<SecretString>) -> Result<i64, SessionError> {
        factor::request_removal(&self.context, password.as_ref()).await
    }

    /// Cancels that removal. Can be repeated.
    ///
    /// # Errors
    /// As [`AuthClient::get`].
    pub async fn cancel_factor_removal(&self) -> Result<(), SessionError> {
        factor::cancel_removal(&self.context).await
    }

    /// Makes new recovery codes; the former ones no longer count.
    ///
    /// # Errors
    /// [`SessionError::ConfirmationRequired`]; or as [`AuthClient::get`].
    pub async fn new_recovery_codes(&self) -> Result<Vec<SecretString>, SessionError> {
        factor::new_recovery_codes(&self.context).await
    }

    /// The open notices about the account, the newest first.
    ///
    /// # Errors
    /// As [`AuthClient::get`].
    pub async fn notices(&self) -> Result<Vec<Notice>, SessionError> {
        factor::notices(&self.context).await
    }

    /// Answers a notice for all devices of the account.
    ///
    /// # Errors
    /// [`SessionError::ConfirmationRequired`] for [`NoticeAnswer::Mine`];
    /// [`SessionError::PathNotAllowed`] for a text that is no id; or as [`AuthClient::get`].
    pub async fn answer_notice(
        &self,
        id: &str,
        answer: NoticeAnswer,
    ) -> Result<NoticeAnswered, SessionError> {
        factor::answer_notice(&self.context, id, answer).await
    }
}
