//! The part of the port about the account of a session: its second factor, its notices, and the
//! confirmation that the user is who they are.

use std::future::Future;

use secrecy::SecretString;

use super::credentials::Confirmation;
use super::exchange::{Caller, Reply};
use super::factor::{AccountDetails, TotpProposal};
use super::notices::{Notice, NoticeAnswer, NoticeAnswered, NoticeId};

/// The calls about the account, each with the access token.
pub trait AccountApi {
    /// `POST /api/auth/confirm`: an access token with a fresh `auth_time` (RFC 9470).
    fn confirm(
        &self,
        caller: Caller<'_>,
        confirmation: &Confirmation,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<SecretString>> + Send;

    /// `GET /api/me`.
    fn account(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<AccountDetails>> + Send;

    /// `POST /api/me/totp`.
    fn start_totp(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<TotpProposal>> + Send;

    /// `PUT /api/me/totp`.
    fn enable_totp(
        &self,
        caller: Caller<'_>,
        code: &SecretString,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// `DELETE /api/me/totp`.
    fn disable_totp(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// `POST /api/me/totp/removal`: when the factor is removed, in seconds since 1970. `password`:
    /// unless the account has none.
    fn request_factor_removal(
        &self,
        caller: Caller<'_>,
        password: Option<&SecretString>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<i64>> + Send;

    /// `DELETE /api/me/totp/removal`.
    fn cancel_factor_removal(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// `POST /api/me/recovery-codes`.
    fn new_recovery_codes(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<Vec<SecretString>>> + Send;

    /// `GET /api/me/notices`.
    fn notices(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<Vec<Notice>>> + Send;

    /// `POST /api/me/notices/{id}`.
    fn answer_notice(
        &self,
        caller: Caller<'_>,
        id: &NoticeId,
        answer: NoticeAnswer,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<NoticeAnswered>> + Send;
}
