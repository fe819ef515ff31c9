//! The parts of the API's description (OpenAPI 3.1) that belong to no route: title, security
//! schemes, schemas. `openapi.json` in this crate's folder is the committed copy; a test compares
//! both.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::problem_document::Document;
use super::{confirm, credentials, notices, passkeys, password, sessions, sign_out_token, token_response};

/// Everything except the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Latchkey",
        description = "Sign-in for desktop apps that keeps working offline. A request that is refused is answered with a \
            problem document (RFC 9457) whose `code` is stable. A request that is not listed here needs a valid access \
            token too, and is 404 with one."
    ),
    components(schemas(
        Document,
        confirm::Answer,
        confirm::Fields,
        credentials::Fields,
        notices::Answered,
        notices::Body,
        notices::List,
        sign_out_token::Body,
        passkeys::Body,
        passkeys::List,
        passkeys::Passkey,
        password::Change,
        sessions::Answer,
        token_response::TokenResponse
    )),
    modifiers(&Schemes)
)]
pub(super) struct Description;

/// How a token is presented.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let components = description.components.get_or_insert_default();
        // The library has no HTTP scheme for DPoP, so it is described as a header.
        let text = "RFC 9449: `DPoP <token>`, and a proof in the header `DPoP`.";
        let dpop = ApiKeyValue::with_description("Authorization", text);
        let bearer = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("Only for a token without `cnf`, and only if the server allows it."))
            .build();
        components.add_security_scheme("dpop", SecurityScheme::ApiKey(ApiKey::Header(dpop)));
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}
