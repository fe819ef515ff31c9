//! `POST /api/admin/accounts/{id}/codes`: a code for another account.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use latchkey_server_core::one_time_codes::CodeKind;
use latchkey_server_core::people::{self, CodeForPerson};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::answer::NO_STORE;
use super::body;
use crate::http::authenticated::Authenticated;
use crate::http::body::JsonBody;
use crate::http::caller::{Caller, ClientId};
use crate::http::problem::Problem;
use crate::http::problem_document::Document;
use crate::http::state::State;

/// What a code is for.
#[derive(Clone, Copy, Deserialize, Serialize, utoipa::ToSchema)]
#[schema(as = AdminCodeKind)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// The first password.
    Invite,
    /// A new password. A second factor is still asked for.
    Password,
    /// In place of the second factor. Then a new one is set up.
    Factor,
}

/// A code to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = AdminCodeOrder)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeBody {
    kind: Kind,
    /// Whether it is mailed instead of being returned. A desk's code that resets is always mailed.
    send: bool,
}

/// A code that was made.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AdminCode)]
pub(crate) struct CodeAnswer {
    kind: Kind,
    /// The code, shown once; `null` if it was mailed.
    #[schema(value_type = Option<String>)]
    code: Option<Zeroizing<String>>,
    /// The address that it was mailed to.
    sent_to: Option<String>,
    /// When it expires, in seconds since 1970.
    expires_at: i64,
}

impl From<CodeForPerson> for CodeAnswer {
    fn from(made: CodeForPerson) -> Self {
        Self {
            kind: match made.kind {
                CodeKind::Invite => Kind::Invite,
                CodeKind::Password => Kind::Password,
                CodeKind::Factor => Kind::Factor,
            },
            code: made.code.map(|code| code.shown()),
            sent_to: made.sent_to,
            expires_at: made.expires_at.seconds(),
        }
    }
}

/// Make a code for an account. An earlier one of its kind is over then; nothing else changes.
///
/// Who made one for the password makes none for the second factor of the same account for a day,
/// and the other way round.
#[utoipa::path(
    post, path = "/api/admin/accounts/{id}/codes", operation_id = "admin_make_code", tag = "admin", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Account id")), request_body = CodeBody,
    responses(
        (status = 201, description = "Made", body = CodeAnswer),
        (status = 400, description = "`invalid_client_id`, `invalid_request`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`, `not_allowed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: too many codes; try again after `Retry-After` seconds", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn make(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(json): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let order: CodeBody = body::read(&json, "The body is not a JSON object with kind and send.")?;
    let kind = match order.kind {
        Kind::Invite => CodeKind::Invite,
        Kind::Password => CodeKind::Password,
        Kind::Factor => CodeKind::Factor,
    };
    let made = people::make_code(&state.service, &caller, &token, (&id, kind), order.send).await?;
    Ok((StatusCode::CREATED, NO_STORE, Json(CodeAnswer::from(made))))
}
