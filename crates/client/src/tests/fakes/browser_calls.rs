//! The calls about browser requests, passkeys and links, at the fake server.

use latchkey_token::TokenKind;
use secrecy::SecretString;

use super::server::{FakeServer, token};
use crate::api::{
    ApiError, BrowserApi, BrowserBegin, BrowserRequest, BrowserState, BrowserStatus, Caller, Link, LinkApi,
    LinkId, Links, Passkey, PasskeyApi, PasskeyId, Passkeys, Provider, Reply, SignInAnswer,
};

impl FakeServer {
    fn begun(&self, caller: Caller<'_>, port: Option<u16>, select: bool) -> BrowserRequest {
        let id = self.browser.begin(caller, port, select, self.now());
        let url = format!("{}/browser/{id}", self.browser.origin.lock().unwrap()).parse().unwrap();
        BrowserRequest { id, url, interval: 1, expires_in: 300 }
    }

    fn confirmed(&self, caller: Caller<'_>) -> SecretString {
        let sid = self.owner_sid(caller).unwrap();
        let claims = self.claims(TokenKind::Access, caller, &sid, self.now());
        let confirmed = token(TokenKind::Access, &claims);
        let text = secrecy::ExposeSecret::expose_secret(&confirmed).to_owned();
        self.account.confirmed.lock().unwrap().push(text);
        confirmed
    }
}

impl BrowserApi for FakeServer {
    async fn begin_browser(
        &self,
        caller: Caller<'_>,
        begin: &BrowserBegin<'_>,
        access: Option<&SecretString>,
    ) -> Reply<BrowserRequest> {
        let value = || {
            access.map_or(Ok(()), |access| self.check_alive(access))?;
            Ok(self.begun(caller, begin.port, begin.select_account))
        };
        self.respond(format!("browser-begin {:?}", begin.goal), value).await
    }

    async fn poll_browser(
        &self,
        caller: Caller<'_>,
        request: &str,
        seen: Option<BrowserState>,
    ) -> Reply<BrowserStatus> {
        let is_fault = self.fault.lock().unwrap().is_some();
        if !is_fault && self.browser.check(caller, request, self.now()).is_ok() {
            let mut status = self.browser.status.subscribe();
            let changed = status.wait_for(|(state, _)| Some(*state) != seen);
            let _ = tokio::time::timeout(std::time::Duration::from_secs(25), changed).await;
        }
        let value =
            || self.browser.check(caller, request, self.now()).map(|()| self.browser.report(self.now()));
        self.respond("browser-poll".into(), value).await
    }

    async fn finish_browser(
        &self,
        caller: Caller<'_>,
        request: &str,
        result: &SecretString,
    ) -> Reply<SignInAnswer> {
        let value = || {
            self.browser.redeem(caller, request, result, self.now())?;
            let challenge = self.account.first_step(caller).map(SignInAnswer::Challenge);
            Ok(challenge.unwrap_or_else(|| SignInAnswer::Tokens(self.start(caller, None))))
        };
        self.respond("browser-finish".into(), value).await
    }

    async fn confirm_by_browser(
        &self,
        caller: Caller<'_>,
        request: &str,
        result: &SecretString,
    ) -> Reply<SecretString> {
        let value = || {
            self.browser.redeem(caller, request, result, self.now())?;
            Ok(self.confirmed(caller))
        };
        self.respond("browser-confirm".into(), value).await
    }

    async fn cancel_browser(&self, caller: Caller<'_>, request: &str) -> Reply<()> {
        let value = || {
            if self.browser.check(caller, request, self.now()).is_ok() {
                *self.browser.current.lock().unwrap() = None;
            }
            Ok(())
        };
        self.respond("browser-cancel".into(), value).await
    }
}

impl PasskeyApi for FakeServer {
    async fn passkeys(&self, _: Caller<'_>, access: &SecretString) -> Reply<Passkeys> {
        let value = || {
            self.check_alive(access)?;
            let passkeys = self.browser.passkeys.lock().unwrap().clone();
            Ok(Passkeys { passkeys, available: true, reason: None })
        };
        self.respond("passkeys".into(), value).await
    }

    async fn add_passkey(
        &self,
        caller: Caller<'_>,
        port: u16,
        _: Option<&str>,
        access: &SecretString,
    ) -> Reply<BrowserRequest> {
        let value = || {
            self.check_alive(access)?;
            Ok(self.begun(caller, Some(port), false))
        };
        self.respond("add-passkey".into(), value).await
    }

    async fn finish_passkey(
        &self,
        caller: Caller<'_>,
        request: &str,
        result: &SecretString,
        name: &str,
        _: &SecretString,
    ) -> Reply<Passkey> {
        let value = || {
            self.browser.redeem(caller, request, result, self.now())?;
            let passkey = Passkey {
                id: PasskeyId::parse("passkey-1").unwrap(),
                name: name.to_owned(),
                created_at: super::START,
                last_used_at: None,
                synced: false,
                suspicious: false,
            };
            self.browser.passkeys.lock().unwrap().push(passkey.clone());
            Ok(passkey)
        };
        self.respond("finish-passkey".into(), value).await
    }

    async fn rename_passkey(
        &self,
        _: Caller<'_>,
        id: &PasskeyId,
        name: &str,
        _: &SecretString,
    ) -> Reply<Passkey> {
        let value = || {
            let mut passkeys = self.browser.passkeys.lock().unwrap();
            let passkey = passkeys.iter_mut().find(|passkey| passkey.id == *id).ok_or(ApiError::Refused)?;
            name.clone_into(&mut passkey.name);
            Ok(passkey.clone())
        };
        self.respond(format!("rename-passkey {id}"), value).await
    }

    async fn remove_passkey(&self, _: Caller<'_>, id: &PasskeyId, _: &SecretString) -> Reply<()> {
        let value = || {
            self.browser.passkeys.lock().unwrap().retain(|passkey| passkey.id != *id);
            Ok(())
        };
        self.respond(format!("remove-passkey {id}"), value).await
    }
}

impl LinkApi for FakeServer {
    async fn links(&self, _: Caller<'_>, access: &SecretString) -> Reply<Links> {
        let value = || {
            self.check_alive(access)?;
            let may_link = vec![Provider { id: "acme".into(), name: "Acme".into() }];
            Ok(Links { links: self.browser.links.lock().unwrap().clone(), may_link })
        };
        self.respond("links".into(), value).await
    }

    async fn finish_link(&self, caller: Caller<'_>, request: &str, result: &SecretString) -> Reply<()> {
        let value = || {
            self.browser.redeem(caller, request, result, self.now())?;
            let mut links = self.browser.links.lock().unwrap();
            links.push(Link {
                id: LinkId::parse("link-1").unwrap(),
                provider: Some("acme".into()),
                name: "Acme".into(),
                linked_at: super::START,
                last_used_at: None,
            });
            Ok(())
        };
        self.respond("finish-link".into(), value).await
    }

    async fn remove_link(&self, _: Caller<'_>, id: &LinkId, access: &SecretString) -> Reply<()> {
        let value = || {
            self.check_alive(access)?;
            let mut links = self.browser.links.lock().unwrap();
            if links.len() == 1 && self.browser.passkeys.lock().unwrap().is_empty() {
                return Err(ApiError::LastWay);
            }
            links.retain(|link| link.id != *id);
            Ok(())
        };
        self.respond(format!("remove-link {id}"), value).await
    }
}
