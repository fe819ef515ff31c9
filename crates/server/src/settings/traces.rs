//! The settings of traces, and the variables of OpenTelemetry that say something else. Traces are
//! off unless these settings say where they go: a variable that a platform sets for all programs
//! does not make a sign-in server send anything.

use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};

use super::SettingsError;
use crate::outgoing::OutgoingUrl;

/// Traces (OpenTelemetry).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TracesSettings {
    /// The collector, which takes OTLP over HTTP at `/v1/traces` below this URL. `None`: no traces.
    #[serde(serialize_with = "without_path")]
    pub endpoint: Option<OutgoingUrl>,
    /// The share of requests that are traced, 0 to 1. A trusted proxy's own decision counts more.
    pub sample: f64,
    /// The certificate authorities that may sign its certificate, PEM. `None`: the system's.
    pub ca_file: Option<PathBuf>,
    /// The standard variables that are set. Without those whose values may be secrets.
    #[serde(skip)]
    pub(super) standard: Vec<(String, String)>,
}

/// The path of some collectors is their secret, and settings are shown.
fn without_path<S: Serializer>(url: &Option<OutgoingUrl>, serializer: S) -> Result<S::Ok, S::Error> {
    url.as_ref().map(ToString::to_string).serialize(serializer)
}

impl Default for TracesSettings {
    fn default() -> Self {
        Self { endpoint: None, sample: 1.0, ca_file: None, standard: Vec::new() }
    }
}

/// The variables that are looked at here (OpenTelemetry specification, "environment variables"),
/// with the values that are honoured and what is said of others. The library reads
/// `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER` and its `_ARG`,
/// `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_BSP_…` and `OTEL_SPAN_…` itself; others do not concern a
/// program that sends only traces.
const STANDARD: [(&str, &[&str], &str); 15] = [
    ("OTEL_SDK_DISABLED", &["true", "false"], "must be true or false"),
    ("OTEL_TRACES_EXPORTER", &["otlp", "none"], "must be otlp or none: traces are sent in no other way"),
    ("OTEL_PROPAGATORS", &["tracecontext", "tracecontext,baggage"], "must be tracecontext"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", &["http/protobuf"], PROTOCOL),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", &["http/protobuf"], PROTOCOL),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", &["none"], COMPRESSION),
    ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", &["none"], COMPRESSION),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", &[], CERTIFICATE),
    ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", &[], CERTIFICATE),
    ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &[], CLIENT),
    ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", &[], CLIENT),
    ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &[], CLIENT),
    ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", &[], CLIENT),
    ("OTEL_EXPORTER_OTLP_INSECURE", &["false"], INSECURE),
    ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", &["false"], INSECURE),
];

const PROTOCOL: &str = "must be http/protobuf: traces are sent in no other form";
const COMPRESSION: &str = "must be none: traces are sent uncompressed";
const CERTIFICATE: &str = "is not honoured: set traces.ca_file";
const CLIENT: &str = "is not honoured: no client certificate is shown to a collector";
const INSECURE: &str = "must be false: http is spoken to this computer only";

/// The variables of OpenTelemetry that name a collector. They are not honoured.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// Whether a variable is one to note.
pub(super) fn is_standard(variable: &str) -> bool {
    STANDARD.iter().any(|(name, ..)| *name == variable) || ENDPOINTS.contains(&variable)
}

impl TracesSettings {
    /// Where traces go; `None` if there are none.
    pub(crate) fn collector(&self) -> Option<&OutgoingUrl> {
        let is_off = self.is("OTEL_SDK_DISABLED", "true") || self.is("OTEL_TRACES_EXPORTER", "none");
        self.endpoint.as_ref().filter(|_| !is_off)
    }

    /// Whether a variable names a collector, which is not honoured.
    pub(super) fn has_other_endpoint(&self) -> bool {
        self.standard.iter().any(|(name, _)| ENDPOINTS.contains(&name.as_str()))
    }

    fn is(&self, variable: &str, expected: &str) -> bool {
        self.standard.iter().any(|(name, value)| name == variable && value.eq_ignore_ascii_case(expected))
    }

    /// Checks values, and the standard variables if there are traces.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if !(0.0..=1.0).contains(&self.sample) {
            return Err(SettingsError::Value { name: "traces.sample", reason: "must be 0 to 1" });
        }
        // `/v1/traces` is added at the end.
        if self.endpoint.as_ref().is_some_and(|endpoint| endpoint.as_url().query().is_some()) {
            let reason = "must not have a query: /v1/traces is added to it";
            return Err(SettingsError::Value { name: "traces.endpoint", reason });
        }
        let is_honoured = |name: &str, honoured: &[&str]| {
            let mut set = self.standard.iter().filter(|(set, _)| set == name);
            set.all(|(_, value)| honoured.iter().any(|one| value.trim().eq_ignore_ascii_case(one)))
        };
        let refused = STANDARD.into_iter().find(|(name, honoured, _)| !is_honoured(name, honoured));
        match refused {
            Some((name, _, reason)) if self.endpoint.is_some() => {
                Err(SettingsError::Standard { name, reason })
            }
            _ => Ok(()),
        }
    }
}
