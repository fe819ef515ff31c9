//! The calls about signing in in two steps and about the account, at the fake server.

use latchkey_token::TokenKind;
use secrecy::{ExposeSecret, SecretString};

use super::account::Step;
use super::server::{FakeServer, sid_of, token};
use crate::api::{
    AccountApi, AccountDetails, ApiError, Caller, CodeRedemption, Confirmation, Credentials, EnrolmentProof,
    FactorState, ForgotWay, Notice, NoticeAnswer, NoticeAnswered, NoticeId, Reply, SignInAnswer, SignInApi,
    SignInOptions, TotpProposal,
};
use crate::factor_method::Needs;
use crate::view::PendingKind;

impl FakeServer {
    fn check_confirmed(&self, access: &SecretString) -> Result<(), ApiError> {
        self.check_alive(access)?;
        let is_confirmed =
            self.account.confirmed.lock().unwrap().iter().any(|it| it == access.expose_secret());
        if is_confirmed {
            Ok(())
        } else {
            Err(ApiError::ConfirmationRequired { needs: Needs::Both, or_passkey: false })
        }
    }
}

fn proposal() -> TotpProposal {
    TotpProposal {
        secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".into(),
        otpauth_uri: "otpauth://totp/Latchkey:Ladiesman217?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".into(),
        recovery_codes: vec!["0123-4567-89AB-CDEF".into()],
        expires_in: 600,
    }
}

impl SignInApi for FakeServer {
    async fn options(&self, _: &str) -> Reply<SignInOptions> {
        let options = SignInOptions {
            ways: self.account.ways(),
            forgot: ForgotWay::Mail,
            contact: None,
            min_password_length: Some(15),
            browser: None,
        };
        self.respond("options".into(), || Ok(options)).await
    }

    async fn sign_in(
        &self,
        caller: Caller<'_>,
        credentials: &Credentials,
        device_name: Option<&str>,
    ) -> Reply<SignInAnswer> {
        let value = || {
            self.account.accepts(true)?;
            if credentials.password.expose_secret() != *self.password.lock().unwrap() {
                return Err(ApiError::WrongCredentials);
            }
            let challenge = self.account.first_step(caller).map(SignInAnswer::Challenge);
            Ok(challenge.unwrap_or_else(|| SignInAnswer::Tokens(self.start(caller, device_name))))
        };
        self.respond("sign-in".into(), value).await
    }

    async fn second_factor(
        &self,
        caller: Caller<'_>,
        challenge: &SecretString,
        code: &SecretString,
    ) -> Reply<SignInAnswer> {
        let value = || {
            if *self.account.step.lock().unwrap() != Step::Enrol {
                self.account.check(caller, challenge)?;
            }
            match code.expose_secret() {
                "123456" => {
                    let step = std::mem::take(&mut *self.account.step.lock().unwrap());
                    let own = self.owner_sid(caller).filter(|_| step == Step::Enrol);
                    let tokens = own.map(|sid| self.tokens_of(caller, &sid));
                    Ok(SignInAnswer::Tokens(tokens.unwrap_or_else(|| self.start(caller, None))))
                }
                "FACTOR" => {
                    self.account.keys.lock().unwrap().push(caller.key.thumbprint().to_string());
                    Ok(SignInAnswer::Challenge(self.account.challenge(PendingKind::Enrolment, true)))
                }
                _ => Err(ApiError::WrongCode { tries_left: Some(4) }),
            }
        };
        self.respond("second-factor".into(), value).await
    }

    async fn enrol(
        &self,
        _: Caller<'_>,
        challenge: &SecretString,
        proof: &EnrolmentProof,
    ) -> Reply<TotpProposal> {
        let value = || match (&proof.code, &proof.password) {
            (Some(code), _) if code.expose_secret() != "FACTOR" => {
                Err(ApiError::WrongCode { tries_left: None })
            }
            (_, Some(password)) if password.expose_secret() != *self.password.lock().unwrap() => {
                Err(ApiError::WrongCredentials)
            }
            _ => Ok(proposal()),
        };
        self.respond(format!("enrol {}", challenge.expose_secret()), value).await
    }

    async fn forgot(&self, caller: Caller<'_>, _: &str) -> Reply<()> {
        self.account.keys.lock().unwrap().push(caller.key.thumbprint().to_string());
        self.respond("forgot".into(), || Ok(())).await
    }

    async fn redeem(
        &self,
        caller: Caller<'_>,
        redemption: &CodeRedemption,
        device_name: Option<&str>,
    ) -> Reply<SignInAnswer> {
        self.account.redeemers.lock().unwrap().push(caller.key.thumbprint().to_string());
        let value = || {
            self.account.accepts(redemption.new_password.is_some())?;
            let key = caller.key.thumbprint().to_string();
            let is_asker = self.account.keys.lock().unwrap().last() == Some(&key);
            match redemption.code.expose_secret() {
                "MAILED" if is_asker => {}
                "INVITE" => {}
                _ => return Err(ApiError::InvalidCode),
            }
            if let Some(challenge) = self.account.first_step(caller) {
                return Ok(SignInAnswer::Challenge(challenge));
            }
            if let Some(new) = &redemption.new_password {
                new.expose_secret().clone_into(&mut self.password.lock().unwrap());
            }
            Ok(SignInAnswer::Tokens(self.start(caller, device_name)))
        };
        self.respond("redeem".into(), value).await
    }
}

impl AccountApi for FakeServer {
    async fn confirm(
        &self,
        caller: Caller<'_>,
        confirmation: &Confirmation,
        access: &SecretString,
    ) -> Reply<SecretString> {
        let value = || {
            self.check_alive(access)?;
            let password = confirmation.password.as_ref().map(ExposeSecret::expose_secret);
            if password.is_some_and(|password| password != *self.password.lock().unwrap()) {
                return Err(ApiError::WrongCredentials);
            }
            if confirmation.code.is_none() || password.is_none() {
                return Err(ApiError::ConfirmationRequired { needs: Needs::Both, or_passkey: false });
            }
            let claims = self.claims(TokenKind::Access, caller, &sid_of(access), self.now());
            let confirmed = token(TokenKind::Access, &claims);
            self.account.confirmed.lock().unwrap().push(confirmed.expose_secret().to_owned());
            Ok(confirmed)
        };
        self.respond("confirm".into(), value).await
    }

    async fn account(&self, _: Caller<'_>, access: &SecretString) -> Reply<AccountDetails> {
        let value = || {
            self.check_alive(access)?;
            Ok(AccountDetails { factor: FactorState::default(), language: None, role: None })
        };
        self.respond("account".into(), value).await
    }

    async fn start_totp(&self, _: Caller<'_>, access: &SecretString) -> Reply<TotpProposal> {
        self.respond("start-totp".into(), || self.check_confirmed(access).map(|()| proposal())).await
    }

    async fn enable_totp(&self, _: Caller<'_>, code: &SecretString, access: &SecretString) -> Reply<()> {
        let value = || {
            self.check_alive(access)?;
            if code.expose_secret() == "123456" {
                Ok(())
            } else {
                Err(ApiError::WrongCode { tries_left: None })
            }
        };
        self.respond("enable-totp".into(), value).await
    }

    async fn disable_totp(&self, _: Caller<'_>, access: &SecretString) -> Reply<()> {
        self.respond("disable-totp".into(), || self.check_confirmed(access)).await
    }

    async fn request_factor_removal(
        &self,
        _: Caller<'_>,
        password: Option<&SecretString>,
        access: &SecretString,
    ) -> Reply<i64> {
        let value = || {
            self.check_alive(access)?;
            if password.is_some_and(|password| password.expose_secret() == *self.password.lock().unwrap()) {
                Ok(self.now() + 72 * 3600)
            } else {
                Err(ApiError::WrongCredentials)
            }
        };
        self.respond("request-factor-removal".into(), value).await
    }

    async fn cancel_factor_removal(&self, _: Caller<'_>, access: &SecretString) -> Reply<()> {
        self.respond("cancel-factor-removal".into(), || self.check_alive(access)).await
    }

    async fn new_recovery_codes(&self, _: Caller<'_>, access: &SecretString) -> Reply<Vec<SecretString>> {
        let value = || self.check_confirmed(access).map(|()| proposal().recovery_codes);
        self.respond("recovery-codes".into(), value).await
    }

    async fn notices(&self, _: Caller<'_>, access: &SecretString) -> Reply<Vec<Notice>> {
        let value = || self.check_alive(access).map(|()| self.account.notices.lock().unwrap().clone());
        self.respond("notices".into(), value).await
    }

    async fn answer_notice(
        &self,
        _: Caller<'_>,
        id: &NoticeId,
        answer: NoticeAnswer,
        access: &SecretString,
    ) -> Reply<NoticeAnswered> {
        let value = || {
            if answer == NoticeAnswer::Mine {
                self.check_confirmed(access)?;
            }
            self.account.notices.lock().unwrap().retain(|notice| notice.id != *id);
            Ok(NoticeAnswered { ended: 1, change_password: answer == NoticeAnswer::NotMine })
        };
        self.respond(format!("answer {id} {answer:?}"), value).await
    }
}
