//! The environment variables that begin as those of the settings do and belong to something else:
//! Latchkey's other programs, and Kubernetes, which describes each service of a namespace in the
//! environment of every container. A service may be called `latchkey`.

use std::ffi::OsStr;

/// The variables of Latchkey's other programs. This one may be started with them, by a developer
/// or on a computer that has the app or a service too.
const OTHERS: [&str; 14] = [
    // The command line reads it itself.
    "LATCHKEY_CONFIG",
    // The app.
    "LATCHKEY_LOG",
    "LATCHKEY_SERVER_URL",
    // The app's build and its installers.
    "LATCHKEY_ALLOW_DEVELOPMENT_KEY",
    "LATCHKEY_BUNDLED_SERVER_URL",
    "LATCHKEY_PUBLIC_KEY_FILE",
    "LATCHKEY_PUBLIC_KEY_PATH",
    "LATCHKEY_WINDOWS_SIGN_COMMAND",
    // The services of examples/services.
    "LATCHKEY_AUDIENCE",
    "LATCHKEY_ISSUER",
    "LATCHKEY_URL",
    // The tests.
    "LATCHKEY_E2E_APP",
    "LATCHKEY_E2E_KEYS",
    "LATCHKEY_WRITE_OPENAPI",
];

/// Whether a variable is none of the server's.
pub(super) fn is_foreign(variable: &str, value: &OsStr) -> bool {
    OTHERS.contains(&variable) || describes_a_service(variable, &value.to_string_lossy())
}

/// Whether Kubernetes has set a variable: `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT`, one
/// `NAME_SERVICE_PORT_…` for each named port, `NAME_PORT` with a URL, and `NAME_PORT_80_TCP` with
/// its parts.
fn describes_a_service(variable: &str, value: &str) -> bool {
    let is_port = |rest: &str| {
        let mut words = rest.split('_');
        words.next().is_some_and(|port| port.parse::<u16>().is_ok())
            && words.next().is_some_and(|protocol| ["TCP", "UDP", "SCTP"].contains(&protocol))
            && words.next().is_none_or(|part| ["ADDR", "PORT", "PROTO"].contains(&part))
            && words.next().is_none()
    };
    let is_url = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    variable.ends_with("_SERVICE_HOST")
        || variable.ends_with("_SERVICE_PORT")
        || variable.contains("_SERVICE_PORT_")
        || (variable.ends_with("_PORT") && is_url)
        || variable
            .match_indices("PORT_")
            .any(|(at, word)| variable.get(at + word.len()..).is_some_and(is_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_of_a_kubernetes_service_are_foreign() {
        for service in ["LATCHKEY", "LATCHKEY_SERVER", "LATCHKEY_DB", "LATCHKEY_PORT"] {
            for (rest, value) in [
                ("SERVICE_HOST", "10.0.0.11"),
                ("SERVICE_PORT", "5468"),
                ("SERVICE_PORT_HTTP", "5468"),
                ("PORT", "tcp://10.0.0.11:5468"),
                ("PORT_5468_TCP", "tcp://10.0.0.11:5468"),
                ("PORT_5468_TCP_PROTO", "tcp"),
                ("PORT_5468_TCP_PORT", "5468"),
                ("PORT_5468_TCP_ADDR", "10.0.0.11"),
                ("PORT_53_UDP", "udp://10.0.0.11:53"),
            ] {
                assert!(is_foreign(&format!("{service}_{rest}"), OsStr::new(value)), "{service}_{rest}");
            }
        }
    }

    #[test]
    fn a_variable_that_is_only_similar_is_not_foreign() {
        for (variable, value) in [
            ("LATCHKEY_PORT", "5468"),
            ("LATCHKEY_PORT", "http://127.0.0.1:5468"),
            ("LATCHKEY_SERVICE", "tcp://10.0.0.11:5468"),
            ("LATCHKEY_PORT_HTTP", "5468"),
            ("LATCHKEY_PORT_5468", "5468"),
            ("LATCHKEY_PORT_5468_TCP_NAME", "x"),
            ("LATCHKEY_PORT_99999_TCP", "x"),
            ("LATCHKEY_LOGS", "debug"),
            ("LATCHKEY_TOKENS_BEARER", "true"),
        ] {
            assert!(!is_foreign(variable, OsStr::new(value)), "{variable}={value}");
        }
    }
}
