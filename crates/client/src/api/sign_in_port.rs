//! The part of the port that signs in: with a password, a second factor, or a one-time code.

use std::future::Future;

use secrecy::SecretString;

use super::challenge::SignInAnswer;
use super::credentials::{CodeRedemption, Credentials, EnrolmentProof};
use super::exchange::{Caller, Reply};
use super::factor::TotpProposal;
use super::options::SignInOptions;

/// The calls that sign in.
pub trait SignInApi {
    /// `GET /api/auth/options`, without a proof: there is no key before the first sign-in.
    fn options(&self, device_id: &str) -> impl Future<Output = Reply<SignInOptions>> + Send;

    /// `POST /api/auth`, with the device's name for itself, if it has one.
    fn sign_in(
        &self,
        caller: Caller<'_>,
        credentials: &Credentials,
        device_name: Option<&str>,
    ) -> impl Future<Output = Reply<SignInAnswer>> + Send;

    /// `POST /api/auth/second-factor`.
    fn second_factor(
        &self,
        caller: Caller<'_>,
        challenge: &SecretString,
        code: &SecretString,
    ) -> impl Future<Output = Reply<SignInAnswer>> + Send;

    /// `POST /api/auth/second-factor/enrol`.
    fn enrol(
        &self,
        caller: Caller<'_>,
        challenge: &SecretString,
        proof: &EnrolmentProof,
    ) -> impl Future<Output = Reply<TotpProposal>> + Send;

    /// `POST /api/auth/forgot`.
    fn forgot(&self, caller: Caller<'_>, username: &str) -> impl Future<Output = Reply<()>> + Send;

    /// `POST /api/auth/code`, with the device's name for itself, if it has one.
    fn redeem(
        &self,
        caller: Caller<'_>,
        redemption: &CodeRedemption,
        device_name: Option<&str>,
    ) -> impl Future<Output = Reply<SignInAnswer>> + Send;
}
