//! The API's description for programs (OpenAPI 3.1), made from the handlers' own. `server/openapi.json` is the committed
//! copy; a test compares them.

use axum::Json;
use axum::response::IntoResponse;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::problem::Document;
use super::{
    credentials, password, public, renew, sessions, sign_in, sign_out, sign_out_token, token_response,
    welcome,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Latchkey",
        description = "Sign-in for desktop apps that keeps working offline. A request that is refused is answered with a \
            problem document (RFC 9457) whose `code` is stable. A request that is not listed here needs a valid access \
            token too, and is 404 with one."
    ),
    paths(
        welcome::hello,
        welcome::me,
        sign_in::sign_in,
        sign_out::sign_out,
        sign_out_token::take_notice,
        renew::renew,
        password::change,
        sessions::list,
        sessions::end_one,
        sessions::end_others,
        public::jwks,
        public::healthz,
        public::readyz,
        openapi
    ),
    components(schemas(
        Document,
        credentials::Fields,
        sign_out_token::Body,
        password::Change,
        sessions::Answer,
        token_response::TokenResponse
    )),
    modifiers(&Schemes)
)]
struct Description;

/// How a token is presented.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let components = description.components.get_or_insert_default();
        // The crate knows no HTTP scheme that it does not name itself.
        let text = "RFC 9449: `DPoP <token>`, and a proof in the header `DPoP`.";
        let dpop = ApiKeyValue::with_description("Authorization", text);
        let bearer = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("Only for a token without `cnf`, and only if the server allows it."))
            .build();
        let client = ApiKeyValue::with_description("X-Client", "The device id that the token is for.");
        components.add_security_scheme("dpop", SecurityScheme::ApiKey(ApiKey::Header(dpop)));
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        components.add_security_scheme("client", SecurityScheme::ApiKey(ApiKey::Header(client)));
    }
}

/// The description.
pub(crate) fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "public", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn openapi() -> impl IntoResponse {
    Json(description())
}
