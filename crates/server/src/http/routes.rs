//! The routes, each listed once: the router and the description of the API are made from this list.

use std::sync::{Arc, LazyLock};

use axum::Json;
use axum::response::IntoResponse;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::browser::page;
use super::openapi::Description;
use super::state::State;
use super::{
    admin, browser, code, confirm, discovery, factor, factor_removal, forgot, links, new_passkey, notices,
    options, passkeys, password, provider_logout, public, related_origins, renew, second_factor, sessions,
    sign_in, sign_in_options, sign_out, sign_out_token, welcome,
};

/// Every route of the server, with its description.
pub(super) fn routes() -> OpenApiRouter<Arc<State>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(welcome::hello, options::root))
        .routes(routes!(welcome::me))
        .routes(routes!(sign_in::sign_in, sign_out::sign_out))
        .routes(routes!(sign_out_token::take_notice))
        .routes(routes!(renew::renew))
        .routes(routes!(sign_in_options::options))
        .routes(routes!(code::code))
        .routes(routes!(forgot::forgot))
        .routes(routes!(second_factor::second_factor))
        .routes(routes!(second_factor::enrol))
        .routes(routes!(confirm::confirm))
        .routes(routes!(browser::begin::begin, browser::poll::cancel))
        .routes(routes!(browser::poll::poll))
        .routes(routes!(browser::finish::finish))
        .routes(routes!(page::ways::show))
        .routes(routes!(page::entry::open))
        .routes(routes!(page::entry::style))
        .routes(routes!(page::consent::allow))
        .routes(routes!(page::consent::refuse))
        .routes(routes!(page::passkey::show, page::passkey::answer))
        .routes(routes!(page::passkey::options))
        .routes(routes!(page::passkey::script))
        .routes(routes!(page::done::done))
        .routes(routes!(page::provider::depart))
        .routes(routes!(page::provider::arrive))
        .routes(routes!(provider_logout::log_out))
        .routes(routes!(password::change))
        .routes(routes!(notices::list))
        .routes(routes!(notices::answer))
        .routes(routes!(factor::propose, factor::switch_on, factor::remove))
        .routes(routes!(factor::renew_recovery_codes))
        .routes(routes!(factor_removal::ask, factor_removal::cancel))
        .routes(routes!(passkeys::list, new_passkey::begin))
        .routes(routes!(new_passkey::finish))
        .routes(routes!(passkeys::rename, passkeys::remove))
        .routes(routes!(links::list))
        .routes(routes!(links::remove))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::end_one))
        .routes(routes!(admin::accounts::list, admin::accounts::invite))
        .routes(routes!(admin::accounts::show, admin::accounts::edit, admin::accounts::remove))
        .routes(routes!(admin::codes::make))
        .routes(routes!(admin::changes::disable))
        .routes(routes!(admin::changes::enable))
        .routes(routes!(admin::changes::set_role))
        .routes(routes!(admin::changes::require_factor))
        .routes(routes!(admin::sessions::list, admin::sessions::end_all))
        .routes(routes!(admin::sessions::end_one))
        .routes(routes!(admin::history::list))
        .routes(routes!(public::jwks))
        .routes(routes!(related_origins::related_origins))
        .routes(routes!(discovery::authorization_server))
        .routes(routes!(discovery::protected_resource))
        .routes(routes!(public::healthz, options::healthz))
        .routes(routes!(public::readyz, options::readyz))
        .routes(routes!(openapi))
}

static DESCRIPTION: LazyLock<OpenApi> = LazyLock::new(|| routes().into_openapi());

/// The description of the API.
pub(crate) fn description() -> &'static OpenApi {
    &DESCRIPTION
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "public", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn openapi() -> impl IntoResponse {
    Json(description())
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use utoipa::openapi::path::PathItem;

    use super::*;
    use crate::http::guard::OPEN;

    #[test]
    fn every_open_request_is_a_route() {
        for (method, path) in OPEN {
            let item: &PathItem = description().paths.paths.get(path).unwrap();
            let operation = match method {
                Method::GET => &item.get,
                Method::POST => &item.post,
                Method::DELETE => &item.delete,
                Method::OPTIONS => &item.options,
                _ => &None,
            };
            assert!(operation.is_some(), "{method} {path}");
        }
    }
}
