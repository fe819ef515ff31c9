//! The device that calls: the `X-Client` header, and the address that it calls from. Refuses a
//! header that two readers could read differently.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::problem::Problem;
use super::state::State;

/// The device id of the caller.
#[derive(utoipa::IntoParams)]
#[into_params(names("X-Client"), parameter_in = Header)]
pub(super) struct ClientId(
    /// The device id
    #[param(pattern = "^[A-Za-z0-9._:-]{1,128}$")]
    pub(super) String,
);

impl FromRequestParts<Arc<State>> for ClientId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &Arc<State>) -> Result<Self, Problem> {
        Ok(Self(client_id(&parts.headers)?.to_owned()))
    }
}

/// The address of the caller, if it has one.
pub(super) struct Address(pub(super) Option<IpAddr>);

impl FromRequestParts<Arc<State>> for Address {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Problem> {
        state.proxies.caller(parts).map(Self).map_err(|_| Problem::Internal)
    }
}

/// The device id of the caller, and its address.
pub(super) struct Caller(pub(super) latchkey_server_core::Caller);

impl FromRequestParts<Arc<State>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Problem> {
        let ClientId(device_id) = ClientId::from_request_parts(parts, state).await?;
        let Address(address) = Address::from_request_parts(parts, state).await?;
        Ok(Self(latchkey_server_core::Caller { device_id, address }))
    }
}

/// A caller that may sign in: its device id is not the API's name.
pub(super) struct NewCaller(pub(super) latchkey_server_core::Caller);

impl FromRequestParts<Arc<State>> for NewCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Problem> {
        let Caller(caller) = Caller::from_request_parts(parts, state).await?;
        // The API's name is in the `aud` of every access token.
        match caller.device_id == state.settings.tokens.audience {
            true => Err(Problem::InvalidClientId),
            false => Ok(Self(caller)),
        }
    }
}

/// Maximum length of a device id, in characters.
const MAX_CHARS: usize = 128;

/// Reads the device id: exactly one header of 1 to 128 characters of `[A-Za-z0-9._:-]`.
pub(super) fn client_id(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all("x-client").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Problem::InvalidClientId) };
    let id = value.to_str().map_err(|_| Problem::InvalidClientId)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    if (1..=MAX_CHARS).contains(&id.len()) && id.bytes().all(plain) {
        Ok(id)
    } else {
        Err(Problem::InvalidClientId)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn read(values: &[&[u8]]) -> Result<String, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("x-client", HeaderValue::from_bytes(value).unwrap());
        }
        client_id(&headers).map(str::to_owned)
    }

    #[test]
    fn one_plain_value_and_nothing_else() {
        assert_eq!(read(&[b"Device-1.a:b_c"]), Ok("Device-1.a:b_c".into()));
        assert_eq!(read(&[&[b'x'; 128]]), Ok("x".repeat(128)));
        let refused: [&[&[u8]]; 10] = [
            &[],
            &[b""],
            &[b"a", b"a"],
            &[b"a", b""],
            &[b"a,b"],
            &[b"a b"],
            &[b"a\t"],
            &["é".as_bytes()],
            &[b"\xff"],
            &[&[b'x'; 129]],
        ];
        for values in refused {
            assert_eq!(read(values), Err(Problem::InvalidClientId), "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn the_bytes_read_equal_the_bytes_sent(value in proptest::collection::vec(32_u8..=255, 0..140)) {
            prop_assume!(!value.contains(&127));
            if let Ok(id) = read(&[&value]) {
                prop_assert_eq!(id.as_bytes(), &value);
                prop_assert!(!id.is_empty() && id.len() <= 128);
            }
        }
    }
}
