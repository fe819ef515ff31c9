//! `user require-factor`, `user grant`, `user revoke`, and the way out when the seal key is lost.

use clap::{Args, Subcommand, ValueEnum};
use latchkey_server::accounts::{Role, Username};
use latchkey_server::admin::Admin;
use latchkey_token::UnixTime;
use serde_json::json;

use super::{Failure, Global, code};

/// What is done to second factors and roles.
#[derive(Subcommand)]
pub(super) enum FactorCommand {
    /// Require a second factor of an account
    ///
    /// Its sessions go on for factors.grace; a new sign-in needs a second factor immediately.
    RequireFactor {
        /// User name
        name: String,
        /// Require it no longer
        #[arg(long)]
        off: bool,
    },
    /// Give an account a role
    Grant {
        /// User name
        name: String,
        /// desk or admin; a second factor is required of either by default (factors.required)
        role: NamedRole,
    },
    /// Take a role from an account
    Revoke {
        /// User name
        name: String,
        /// desk or admin
        role: NamedRole,
    },
}

/// A code in place of the second factor of one account, or the end of all second factors.
#[derive(Args)]
pub(super) struct ResetFactor {
    /// Remove all second factors and codes, because the seal key is lost
    #[arg(long, conflicts_with_all = ["name", "valid", "send", "qr"])]
    pub(super) all_sealed: bool,
    /// User name
    #[arg(required_unless_present = "all_sealed")]
    pub(super) name: Option<String>,
    #[command(flatten)]
    pub(super) given: code::Given,
}

/// A role on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum NamedRole {
    Desk,
    Admin,
}

impl From<NamedRole> for Role {
    fn from(role: NamedRole) -> Self {
        match role {
            NamedRole::Desk => Self::Desk,
            NamedRole::Admin => Self::Admin,
        }
    }
}

/// The requested change, checked.
pub(super) enum FactorOrder {
    Require(Username, bool),
    Grant(Username, Role),
    Revoke(Username, Role),
    ResetAllSealed,
}

impl FactorCommand {
    pub(super) fn read(self) -> Result<FactorOrder, Failure> {
        Ok(match self {
            Self::RequireFactor { name, off } => FactorOrder::Require(Username::parse(&name)?, !off),
            Self::Grant { name, role } => FactorOrder::Grant(Username::parse(&name)?, role.into()),
            Self::Revoke { name, role } => FactorOrder::Revoke(Username::parse(&name)?, role.into()),
        })
    }
}

impl FactorOrder {
    pub(super) async fn carry_out(
        self,
        admin: &Admin,
        global: &Global,
        now: UnixTime,
    ) -> Result<(), Failure> {
        match self {
            Self::Require(name, is_required) => {
                admin.require_factor(&name, is_required, now).await?;
                let value = json!({ "username": name.as_str(), "factor_required": is_required });
                global.say(&value, || match is_required {
                    true => format!("{name} must have a second factor"),
                    false => format!("a second factor is not required of {name}"),
                })
            }
            Self::Grant(name, role) => {
                admin.grant(&name, role, now).await?;
                let role = role.as_str();
                global.say(&json!({ "username": name.as_str(), "role": role }), || {
                    format!("{name} has the role {role}")
                })
            }
            Self::Revoke(name, role) => {
                admin.revoke(&name, role, now).await?;
                let role = role.as_str();
                global.say(&json!({ "username": name.as_str(), "role": null }), || {
                    format!("{name} has the role {role} no longer")
                })
            }
            Self::ResetAllSealed => {
                let reset = admin.reset_all_sealed(now).await?;
                global.say(&json!({ "factors_removed": reset }), || {
                    format!(
                        "{reset} second factors removed, with all codes and everything that was pending; start the \
                         servers again, so that they make or read a new seal key"
                    )
                })
            }
        }
    }
}
