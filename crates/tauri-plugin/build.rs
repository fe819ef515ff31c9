//! Generates the plugin's permissions from the names of its commands, and the schema of the scope
//! of `latchkey:api` in a capability.

use schemars::JsonSchema;

const COMMANDS: &[&str] = &[
    "session",
    "watch",
    "sign_in",
    "sign_in_options",
    "forgot_password",
    "redeem_code",
    "second_factor",
    "enrol",
    "cancel_sign_in",
    "start_browser",
    "submit_browser_result",
    "open_browser",
    "browser_qr",
    "cancel_browser",
    "answer_other_account",
    "sign_out",
    "check_in",
    "sessions",
    "end_session",
    "end_other_sessions",
    "change_password",
    "account",
    "confirm",
    "confirm_with_browser",
    "passkeys",
    "add_passkey",
    "finish_passkey",
    "rename_passkey",
    "remove_passkey",
    "links",
    "link_provider",
    "remove_link",
    "start_totp",
    "enable_totp",
    "disable_totp",
    "request_factor_removal",
    "cancel_factor_removal",
    "new_recovery_codes",
    "notices",
    "answer_notice",
    "get",
    "get_cached",
    "send",
];

/// An HTTP method.
#[derive(JsonSchema)]
#[schemars(rename_all = "UPPERCASE")]
#[expect(dead_code, reason = "only its schema is used")]
enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Requests that a window may send with the access token, or that are denied although another
/// entry allows them. The counterpart of `ScopeEntry` in src/scope/entry.rs.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct ScopeEntry {
    /// The methods that the entry covers.
    methods: Vec<Method>,
    /// The path on the server, without the query. Begins with `/`. A segment `*` stands for any one
    /// segment, a last segment `**` for any number of segments, including none.
    path: String,
}

fn main() {
    tauri_plugin::Builder::new(COMMANDS).global_scope_schema(schemars::schema_for!(ScopeEntry)).build();
}
