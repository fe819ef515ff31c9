//! `/api/admin/accounts` and `/api/admin/accounts/{id}`: find, invite, change and remove accounts.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use latchkey_server_core::people::{self, AccountEdit, Invitation, PersonEdit, Search};
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::answer::NO_STORE;
use super::body::{self, Parameters, nullable, present};
use super::codes::CodeAnswer;
use crate::http::authenticated::Authenticated;
use crate::http::body::JsonBody;
use crate::http::caller::{Caller, ClientId};
use crate::http::problem::Problem;
use crate::http::problem_document::Document;
use crate::http::state::State;

/// Which accounts are listed.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    /// Words, each the beginning of a word of user name, names or e-mail address
    #[param(max_length = 100)]
    search: Option<String>,
    /// `next` of the page before
    after: Option<String>,
    /// How many accounts; 50 unless it says otherwise
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of accounts, in the order of their user names.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AdminAccounts)]
pub(crate) struct Accounts {
    accounts: Vec<Account>,
    /// `after` of the next page; `null` if there is none.
    next: Option<String>,
}

/// An account to invite.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = AdminInvitation)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationBody {
    /// The name to sign in with.
    username: String,
    /// Given and family name in one text; split at its last blank.
    name: Option<String>,
    /// Given name, instead of `name`.
    given_name: Option<String>,
    /// Family name, instead of `name`.
    family_name: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// `en` or `de`.
    language: Option<String>,
    /// Whether the code is mailed instead of being returned.
    send: bool,
}

/// An account that was invited, and its code.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AdminInvited)]
pub(crate) struct Invited {
    account: Account,
    code: CodeAnswer,
}

/// A change of an account. What is missing stays, and `null` takes it away.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = AdminEdit)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditBody {
    /// The name to sign in with.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    username: Option<String>,
    /// Given and family name in one text; split at its last blank.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// Given name, instead of `name`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    given_name: Option<Option<String>>,
    /// Family name, instead of `name`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    family_name: Option<Option<String>>,
    /// E-mail address.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    /// `en` or `de`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
}

impl InvitationBody {
    fn read(self) -> Result<Invitation, Problem> {
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let [name, given_name, family_name] = [self.name, self.given_name, self.family_name].map(given);
        body::one_form_of_the_name(name.is_some(), given_name.is_some() || family_name.is_some())?;
        let [given_name, family_name] =
            name.map_or([given_name, family_name], |name| people::split_name(&name));
        Ok(Invitation {
            username: body::username(&self.username)?,
            given_name,
            family_name,
            email: given(self.email),
            claims: Default::default(),
            language: self.language.as_deref().map(body::language).transpose()?,
        })
    }
}

impl EditBody {
    fn read(self) -> Result<PersonEdit, Problem> {
        let has_parts = self.given_name.is_some() || self.family_name.is_some();
        body::one_form_of_the_name(self.name.is_some(), has_parts)?;
        let language = |code: Option<String>| code.as_deref().map(body::language).transpose();
        Ok(PersonEdit {
            username: self.username.as_deref().map(body::username).transpose()?,
            name: self.name,
            profile: AccountEdit {
                given_name: self.given_name,
                family_name: self.family_name,
                email: self.email,
                language: self.language.map(language).transpose()?,
                ..AccountEdit::default()
            },
        })
    }
}

/// Find accounts. The search is by an index, so that it costs little on any number of accounts.
#[utoipa::path(
    get, path = "/api/admin/accounts", operation_id = "admin_list_accounts", tag = "admin", security(("dpop" = [])), params(ClientId, Listing),
    responses(
        (status = 200, description = "The accounts", body = Accounts),
        (status = 400, description = "`invalid_client_id`, `invalid_request`: the query", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
    Parameters(listing): Parameters<Listing>,
) -> Result<impl IntoResponse, Problem> {
    let search = Search { text: listing.search, after: listing.after, limit: listing.limit };
    let page = people::list(&state.service, &caller, &token, &search).await?;
    let accounts = page.accounts.into_iter().map(Account::from).collect();
    Ok((NO_STORE, Json(Accounts { accounts, next: page.next })))
}

/// Show an account.
#[utoipa::path(
    get, path = "/api/admin/accounts/{id}", operation_id = "admin_show_account", tag = "admin", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Account id")),
    responses(
        (status = 200, description = "The account", body = Account),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn show(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<impl IntoResponse, Problem> {
    let person = people::find(&state.service, &caller, &token, &id).await?;
    Ok((NO_STORE, Json(Account::from(person))))
}

/// Invite somebody: adds an account without a password, and makes the code for its first one.
#[utoipa::path(
    post, path = "/api/admin/accounts", operation_id = "admin_invite", tag = "admin", security(("dpop" = [])), params(ClientId),
    request_body = InvitationBody,
    responses(
        (status = 201, description = "Invited; the code is shown once, or mailed", body = Invited),
        (status = 400, description = "`invalid_client_id`, `invalid_request`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`, `not_allowed`: there is no mail or no address to send to", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`name_taken`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: too many codes; try again after `Retry-After` seconds", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn invite(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(json): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let body: InvitationBody = body::read(&json, "The body is not a JSON object with username and send.")?;
    let sends = body.send;
    let invitation = body.read()?;
    let (person, code) = people::invite(&state.service, &caller, &token, &invitation, sends).await?;
    let invited = Invited { account: person.into(), code: code.into() };
    Ok((StatusCode::CREATED, NO_STORE, Json(invited)))
}

/// Change user name, names, e-mail address and language of an account. Needs the role admin.
#[utoipa::path(
    patch, path = "/api/admin/accounts/{id}", operation_id = "admin_edit_account", tag = "admin", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Account id")), request_body = EditBody,
    responses(
        (status = 200, description = "The account, as it is now", body = Account),
        (status = 400, description = "`invalid_client_id`, `invalid_request`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`, `not_allowed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`name_taken`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn edit(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(json): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let problem = "The body is not a JSON object with members of an account.";
    let edit = body::read::<EditBody>(&json, problem)?.read()?;
    let person = people::edit_person(&state.service, &caller, &token, &id, &edit).await?;
    Ok((NO_STORE, Json(Account::from(person))))
}

/// Remove an account with its personal data, and end its sessions. Needs the role admin.
#[utoipa::path(
    delete, path = "/api/admin/accounts/{id}", operation_id = "admin_remove_account", tag = "admin", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Account id")),
    responses(
        (status = 204, description = "Removed"),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`, `not_allowed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn remove(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<StatusCode, Problem> {
    people::remove_account(&state.service, &caller, &token, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
