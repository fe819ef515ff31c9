//! `GET /api/me/notices`, `POST /api/me/notices/{id}`: what happened to the account, and the answer
//! to it. Notices of other accounts are never found.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::IntoResponse;
use latchkey_server_core::notices::{self, OpenNotice};
use serde::{Deserialize, Serialize};

use super::authenticated::Authenticated;
use super::body::JsonBody;
use super::caller::{Caller, ClientId};
use super::device::Device;
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

/// The open notices.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Notices)]
pub(super) struct List {
    /// Newest first, 20 at most.
    notices: Vec<Notice>,
}

/// What happened to the account on another device, after this session began.
#[derive(Serialize, utoipa::ToSchema)]
struct Notice {
    /// Its id.
    id: String,
    /// `new_sign_in`, `wrong_factor` (after the right password), `password_changed`,
    /// `factor_changed`, `code_used`, `factor_removal` (asked for; open while it is pending),
    /// `code_made` (by an account with a role) or `account_changed` (by an admin).
    kind: &'static str,
    /// When, in seconds since 1970.
    at: i64,
    /// The address that the device called from; `null` if it is not known.
    address: Option<String>,
    /// How the device calls itself.
    device: Device,
    /// Whether its key was new to the account.
    new_key: bool,
    /// Whether this session may answer. It may not while there is an open notice about itself.
    can_answer: bool,
}

impl From<OpenNotice> for Notice {
    fn from(notice: OpenNotice) -> Self {
        Self {
            id: notice.id,
            kind: notice.kind.as_str(),
            at: notice.at,
            address: notice.address,
            device: notice.label.into(),
            new_key: notice.new_key,
            can_answer: notice.can_answer,
        }
    }
}

/// The answer to a notice.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NoticeAnswer)]
pub(super) struct Body {
    pub(super) answer: Answer,
}

/// Who it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NoticeAnswerValue)]
pub(super) enum Answer {
    /// "That was me."
    Mine,
    /// "Not me": ends the session that did it, and those of the same device key. Cancels a pending
    /// removal of the second factor.
    NotMine,
}

/// What follows from the answer.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = NoticeAnswered)]
pub(super) struct Answered {
    /// How many sessions have ended.
    ended: usize,
    /// Whether the user should change the password now.
    change_password: bool,
}

/// List what happened to the account on other devices, as far as it is not answered.
#[utoipa::path(
    get, path = "/api/me/notices", tag = "sessions", security(("dpop" = []), ("bearer" = [])), params(ClientId),
    responses(
        (status = 200, description = "The open notices", body = List),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not valid", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    ClientId(_): ClientId,
) -> Result<impl IntoResponse, Problem> {
    let open = notices::list(&state.service, &token).await?;
    let list = List { notices: open.into_iter().map(Notice::from).collect() };
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(list)))
}

/// Answer a notice. One answer closes it on every device.
///
/// `mine` needs a sign-in or a confirmation within 15 minutes; `not_mine` needs none.
#[utoipa::path(
    post, path = "/api/me/notices/{id}", tag = "sessions", security(("dpop" = []), ("bearer" = [])),
    params(ClientId, ("id" = String, Path, description = "Id of the notice")),
    request_body = Body,
    responses(
        (status = 200, description = "Answered", body = Answered),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not valid; `insufficient_user_authentication`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: no open notice that this session may answer", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn answer(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(body): JsonBody,
) -> Result<Json<Answered>, Problem> {
    let answer = match Body::parse(&body)?.answer {
        Answer::Mine => notices::Answer::Mine,
        Answer::NotMine => notices::Answer::NotMine,
    };
    let answered = notices::answer(&state.service, &caller, &token, &id, answer).await?;
    Ok(Json(Answered { ended: answered.ended, change_password: answered.change_password }))
}

impl Body {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with an answer.");
        // serde reads a list of one text as the field.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        serde_json::from_slice(body).map_err(|_| problem)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_two_answers_are_read() {
        for body in ["", "[]", r#"["mine"]"#, "{}", r#"{"answer":"yes"}"#, r#"{"answer":null}"#] {
            assert!(Body::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(Body::parse(br#"{"answer":"not_mine"}"#).unwrap().answer, Answer::NotMine);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Body::parse(&body);
        }
    }
}
