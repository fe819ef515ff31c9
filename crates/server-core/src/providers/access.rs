//! Who may come in by a provider, and what its word counts for. Pure.

use serde_json::Value;

use super::identity::ProviderIdentity;
use super::rules::{ClaimCondition, ProviderFactor, ProviderRules};

/// The methods of RFC 8176 that a token may repeat from a provider.
const METHODS: [&str; 16] = [
    "face", "fpt", "geo", "hwk", "iris", "kba", "mca", "mfa", "otp", "pin", "pwd", "rba", "sc", "sms", "swk",
    "user",
];

/// Whether somebody with this identity may sign in at all.
pub(super) fn may_enter(rules: &ProviderRules, identity: &ProviderIdentity) -> bool {
    let in_domain = rules.domains.is_empty()
        || identity.verified_email().is_some_and(|email| is_of(email, &rules.domains));
    in_domain && rules.claim.as_ref().is_none_or(|condition| meets(condition, identity))
}

/// Whether an address is of one of the domains. A subdomain is another domain.
pub(super) fn is_of(email: &str, domains: &[String]) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    !local.is_empty() && domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain))
}

fn meets(condition: &ClaimCondition, identity: &ProviderIdentity) -> bool {
    match identity.claims.get(&condition.name) {
        Some(Value::Array(values)) if !condition.value.is_array() => values.contains(&condition.value),
        Some(value) => *value == condition.value,
        None => false,
    }
}

/// What a token says of a sign-in by this identity: the methods, and whether they count for both
/// factors.
pub(super) fn factors(rules: &ProviderRules, identity: &ProviderIdentity) -> (Option<Vec<String>>, bool) {
    if rules.factor == ProviderFactor::Ours {
        return (None, false);
    }
    let amr = identity.amr();
    let by_acr = identity.text("acr").is_some_and(|acr| rules.acr.iter().any(|listed| listed == acr));
    let is_both = by_acr || amr.iter().any(|method| rules.amr.iter().any(|listed| listed == method));
    if !is_both {
        return (None, false);
    }
    let mut known: Vec<String> =
        amr.into_iter().filter(|it| METHODS.contains(it)).map(str::to_owned).collect();
    if !known.iter().any(|method| method == "mfa") {
        known.push("mfa".to_owned());
    }
    // Neither the password nor a passkey of this server was asked for.
    known.retain(|method| method != "pwd" && method != "swk");
    (Some(known), true)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::super::rules::LinkPolicy;
    use super::*;

    fn rules() -> ProviderRules {
        ProviderRules {
            id: "company".into(),
            name: "Company".into(),
            issuer: "https://id.example".into(),
            domains: Vec::new(),
            claim: None,
            link: LinkPolicy::Never,
            authoritative_domains: Vec::new(),
            create: false,
            claims: Vec::new(),
            factor: ProviderFactor::Ours,
            acr: vec!["gold".into()],
            amr: vec!["mfa".into()],
            recheck: None,
        }
    }

    #[allow(clippy::needless_pass_by_value, reason = "as `json!` makes it")]
    fn identity(claims: Value) -> ProviderIdentity {
        let claims: Map<String, Value> = serde_json::from_value(claims).unwrap();
        ProviderIdentity {
            provider: "company".into(),
            issuer: "https://id.example".into(),
            sub: "1".into(),
            auth_time: None,
            claims,
            refresh_token: None,
        }
    }

    #[test]
    fn a_domain_needs_a_verified_address_of_exactly_it() {
        let rules = ProviderRules { domains: vec!["example.com".into()], ..rules() };
        let may = |email: &str, verified: Value| {
            may_enter(&rules, &identity(json!({ "email": email, "email_verified": verified })))
        };
        assert!(may("sam@example.com", json!(true)) && may("sam@EXAMPLE.com", json!("true")));
        assert!(!may("sam@example.com", json!(false)) && !may("sam@example.com", json!(1)));
        assert!(!may("sam@example.com", Value::Null));
        for other in ["sam@a.example.com", "sam@example.com.evil.test", "@example.com", "example.com", "sam@"]
        {
            assert!(!may(other, json!(true)), "{other}");
        }
        assert!(!may_enter(&rules, &identity(json!({}))));
    }

    #[test]
    fn a_claim_has_the_value_or_contains_it() {
        let condition = ClaimCondition { name: "groups".into(), value: json!("staff") };
        let rules = ProviderRules { claim: Some(condition), ..rules() };
        let may = |claims| may_enter(&rules, &identity(claims));
        assert!(may(json!({ "groups": "staff" })) && may(json!({ "groups": ["guests", "staff"] })));
        for other in [
            json!({}),
            json!({ "groups": "Staff" }),
            json!({ "groups": ["staffing"] }),
            json!({ "groups": { "staff": true } }),
        ] {
            assert!(!may(other.clone()), "{other}");
        }
    }

    #[test]
    fn a_second_factor_of_theirs_counts_only_by_a_listed_value() {
        let strong = json!({ "acr": "silver", "amr": ["pwd", "mfa", "made-up"] });
        assert_eq!(factors(&rules(), &identity(strong.clone())), (None, false));
        let theirs = ProviderRules { factor: ProviderFactor::Theirs, ..rules() };
        assert_eq!(factors(&theirs, &identity(strong)), (Some(vec!["mfa".to_owned()]), true));
        // A passkey there is none here, and does not stand for the password.
        let there = identity(json!({ "amr": ["pwd", "swk", "otp", "mfa"] }));
        assert_eq!(factors(&theirs, &there), (Some(vec!["otp".to_owned(), "mfa".to_owned()]), true));
        let by_acr = identity(json!({ "acr": "gold" }));
        assert_eq!(factors(&theirs, &by_acr), (Some(vec!["mfa".to_owned()]), true));
        for weak in [json!({}), json!({ "acr": "silver", "amr": ["pwd"] }), json!({ "amr": "mfa" })] {
            assert_eq!(factors(&theirs, &identity(weak.clone())), (None, false), "{weak}");
        }
    }
}
