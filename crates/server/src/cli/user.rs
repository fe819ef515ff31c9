//! `user`: accounts.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use latchkey_server::Clock;
use latchkey_server::accounts::{ListedAccount, NewAccount, Username, parse_claims};
use latchkey_server::admin::{AccountEdit, Admin};
use latchkey_server::one_time_codes::CodeKind;
use serde_json::json;

use super::{Failure, Global, code, date, edit, export, factor, import, password, runtime};

/// Why no password is set where there are none.
const NO_PASSWORDS: &str = "passwords are off (passwords.enabled): add accounts with `user invite`, and make a code \
    with `user reset-code` for who cannot sign in";

/// Manage accounts
#[derive(Subcommand)]
pub(super) enum User {
    /// Add an account
    ///
    /// Asks for the password, or reads it from standard input with --password-stdin.
    Add(Add),
    /// Add an account without a password, and print the code with which its owner sets one
    ///
    /// Where passwords are off, the code signs in, and its owner adds another way to sign in.
    Invite(code::Invite),
    /// Make a code with which the owner of an account sets a new password
    ///
    /// Where passwords are off, it signs in, and its owner adds another way to sign in.
    ///
    /// A second factor is asked for all the same.
    ResetCode(code::MakeCode),
    /// Make a code that takes the place of the second factor, once; then a new one is set up
    ///
    /// The password is asked for all the same.
    ///
    /// With --all-sealed, for when the seal key is lost: removes every second factor, every code
    /// and everything that is pending.
    ResetFactor(factor::ResetFactor),
    /// List the accounts, in the order of their names
    List,
    /// Show an account
    ///
    /// With --json and --with-secrets as a line that `user import` takes.
    Show {
        /// User name
        name: String,
        /// The hash of the password and the sealed second factor too, as `user export` writes them;
        /// only with --json
        #[arg(long, visible_alias = "with-password-hash", conflicts_with = "all")]
        with_secrets: bool,
        /// All that is stored about it, without secrets: sessions, notices, mails, audit log; only
        /// with --json. To answer its owner who asks for it
        #[arg(long)]
        all: bool,
    },
    /// Give an account another user name; its sessions go on
    Rename {
        /// User name
        name: String,
        /// The new one
        new: String,
        /// Even if another account had the new one before
        #[arg(long)]
        reuse: bool,
    },
    Edit(edit::Edit),
    /// Shut an account and end its sessions; servers refuse its tokens within a second
    Disable {
        /// User name
        name: String,
    },
    /// Open an account again; its sessions stay ended
    Enable {
        /// User name
        name: String,
    },
    /// Set the password of an account
    SetPassword(SetPassword),
    /// Remove an account with all that is personal, and end its sessions
    ///
    /// Another account gets its name only with --reuse, as long as the audit log knows it.
    Remove {
        /// User name
        name: String,
    },
    #[command(flatten)]
    Factor(factor::FactorCommand),
    // Their help is with their arguments.
    Import(import::Import),
    Export(export::Export),
}

#[derive(Args)]
pub(super) struct Add {
    /// User name: 1 to 254 letters, digits and . _ - @ + ' \\
    name: String,
    /// Given name
    #[arg(long, value_name = "NAME")]
    given_name: Option<String>,
    /// Family name
    #[arg(long, value_name = "NAME")]
    family_name: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// A claim that every token of the account bears; VALUE is taken as JSON if it is JSON. Can be
    /// given several times
    #[arg(long = "claim", value_name = "KEY=VALUE")]
    claims: Vec<String>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// Even if another account had the name before
    #[arg(long)]
    reuse: bool,
    /// Make the database if there is none, and bring its tables up to date
    #[arg(long)]
    create: bool,
}

#[derive(Args)]
pub(super) struct SetPassword {
    /// User name
    name: String,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// End the sessions of the account too
    #[arg(long)]
    end_sessions: bool,
}

impl User {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let user = match self {
            Self::Import(import) => return import.run(global),
            Self::Export(export) => return export.run(global),
            user => user,
        };
        let settings = global.settings()?;
        let reuses = match &user {
            Self::Add(add) => add.reuse,
            Self::Invite(invite) => invite.reuse,
            Self::Rename { reuse, .. } => *reuse,
            _ => false,
        };
        let passwords = settings.passwords.enabled;
        if !passwords && matches!(&user, Self::Add(_) | Self::SetPassword(_)) {
            return Err(Failure(NO_PASSWORDS.to_owned()));
        }
        let creates = matches!(&user, Self::Add(add) if add.create);
        // Reports every other fault before asking for the password.
        let order = Order::read(user)?;
        runtime()?.block_on(async {
            let admin = match creates {
                true => Admin::create(&settings).await?,
                false => Admin::open(&settings).await?,
            };
            let admin = admin.reusing_names(reuses);
            order.carry_out(&admin, global, passwords).await?;
            admin.close().await;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// How much of an account is shown.
#[derive(Clone, Copy)]
enum Shown {
    Page,
    Secrets,
    All,
}

/// The requested change, checked.
enum Order {
    Add(NewAccount),
    Code(code::CodeOrder),
    List,
    Show(Username, Shown),
    Rename(Username, Username),
    Edit(Username, AccountEdit),
    Disable(Username),
    Enable(Username),
    SetPassword { name: Username, password: secrecy::SecretString, end_sessions: bool },
    Remove(Username),
    Factor(factor::FactorOrder),
}

impl Order {
    fn read(user: User) -> Result<Self, Failure> {
        Ok(match user {
            User::Add(add) => Self::Add(add.read()?),
            User::Invite(invite) => Self::Code(invite.read()?),
            User::ResetCode(make) => Self::Code(make.read(CodeKind::Password)?),
            // Only the option removes all of them; a name never does.
            User::ResetFactor(reset) => match (reset.all_sealed, reset.name) {
                (true, None) => Self::Factor(factor::FactorOrder::ResetAllSealed),
                (_, name) => {
                    let make = code::MakeCode { name: name.unwrap_or_default(), given: reset.given };
                    Self::Code(make.read(CodeKind::Factor)?)
                }
            },
            User::List | User::Import(_) | User::Export(_) => Self::List,
            User::Show { name, with_secrets, all } => {
                let shown = match (with_secrets, all) {
                    (_, true) => Shown::All,
                    (true, false) => Shown::Secrets,
                    (false, false) => Shown::Page,
                };
                Self::Show(Username::parse(&name)?, shown)
            }
            User::Rename { name, new, reuse: _ } => {
                Self::Rename(Username::parse(&name)?, Username::parse(&new)?)
            }
            User::Edit(edit) => {
                let (name, edit) = edit.read()?;
                Self::Edit(name, edit)
            }
            User::Disable { name } => Self::Disable(Username::parse(&name)?),
            User::Enable { name } => Self::Enable(Username::parse(&name)?),
            User::Factor(factor) => Self::Factor(factor.read()?),
            User::Remove { name } => Self::Remove(Username::parse(&name)?),
            User::SetPassword(set) => Self::SetPassword {
                name: Username::parse(&set.name)?,
                password: password::read(set.password_stdin)?,
                end_sessions: set.end_sessions,
            },
        })
    }

    async fn carry_out(self, admin: &Admin, global: &Global, passwords: bool) -> Result<(), Failure> {
        let now = Clock::system().now();
        match self {
            Self::Add(account) => {
                let username = account.username.clone();
                let id = admin.add(account, now).await?;
                let added = json!({ "id": id, "username": username.as_str() });
                global.say(&added, || format!("added {username} ({id})"))
            }
            Self::Code(order) => order.carry_out(admin, global, passwords, now).await,
            Self::List => {
                let mut list = global.list();
                admin.each_account(|account| list.item(&account, || line(&account))).await?;
                list.end()
            }
            Self::Show(name, Shown::All) if global.json => {
                global.say(&admin.personal_data(&name).await?, String::new)
            }
            Self::Show(name, Shown::Secrets) if global.json => {
                global.say(&admin.export_one(&name).await?, String::new)
            }
            Self::Show(_, Shown::All | Shown::Secrets) => {
                Err(Failure("--all and --with-secrets are shown only with --json".to_owned()))
            }
            Self::Show(name, Shown::Page) => {
                let account = admin.find(&name).await?;
                global.say(&account, || page(&account))
            }
            Self::Rename(name, new) => {
                admin.rename(&name, &new, now).await?;
                global.say(&json!({ "renamed": name.as_str(), "username": new.as_str() }), || {
                    format!("renamed {name} to {new}")
                })
            }
            Self::Edit(name, edit) => {
                admin.edit(&name, &edit, now).await?;
                global.say(&admin.find(&name).await?, || format!("changed {name}"))
            }
            Self::Disable(name) => {
                let ended = admin.disable(&name, now).await?;
                global.say(&json!({ "disabled": name.as_str(), "ended": ended }), || {
                    format!("disabled {name}; {ended} sessions ended")
                })
            }
            Self::Enable(name) => {
                admin.enable(&name, now).await?;
                global.say(&json!({ "enabled": name.as_str() }), || format!("enabled {name}"))
            }
            Self::SetPassword { name, password, end_sessions } => {
                let ended = admin.set_password(&name, password, end_sessions, now).await?;
                global.say(&json!({ "password_set": name.as_str(), "ended": ended }), || {
                    format!("set the password of {name}; {ended} sessions ended")
                })
            }
            Self::Factor(order) => order.carry_out(admin, global, now).await,
            Self::Remove(name) => {
                let ended = admin.remove(&name, now).await?;
                global.say(&json!({ "removed": name.as_str(), "ended": ended }), || {
                    format!("removed {name}; {ended} sessions ended")
                })
            }
        }
    }
}

impl Add {
    fn read(self) -> Result<NewAccount, Failure> {
        let username = Username::parse(&self.name)?;
        let claims = parse_claims(self.claims.iter().map(String::as_str))?;
        Ok(NewAccount {
            username,
            password: password::read(self.password_stdin)?,
            given_name: self.given_name,
            family_name: self.family_name,
            email: self.email,
            claims,
        })
    }
}

fn full_name(account: &ListedAccount) -> String {
    let names: Vec<_> =
        [&account.given_name, &account.family_name].into_iter().flatten().map(String::as_str).collect();
    names.join(" ")
}

fn line(account: &ListedAccount) -> String {
    let disabled = if account.disabled_at.is_some() { "  disabled" } else { "" };
    let factor = if account.factor { "  second factor" } else { "" };
    let role = account.role.map(|role| format!("  {}", role.as_str())).unwrap_or_default();
    let invited = if account.password == "none" { "  invited" } else { "" };
    format!("{}  {}{factor}{role}{invited}{disabled}", account.username, full_name(account))
}

fn factor(account: &ListedAccount) -> &'static str {
    match (account.factor, account.factor_required) {
        (true, _) => "yes",
        (false, true) => "no, but required",
        (false, false) => "no",
    }
}

fn page(account: &ListedAccount) -> String {
    let date_or_no = |at: Option<i64>| at.map_or_else(|| "no".to_owned(), date);
    let lines = [
        ("user name", account.username.clone()),
        ("id", account.id.clone()),
        ("name", full_name(account)),
        ("e-mail", account.email.clone().unwrap_or_default()),
        ("claims", serde_json::Value::Object(account.claims.clone()).to_string()),
        ("password", account.password.clone()),
        ("factor", factor(account).to_owned()),
        ("language", account.language.map(|language| language.code().to_owned()).unwrap_or_default()),
        ("role", account.role.map(|role| role.as_str().to_owned()).unwrap_or_default()),
        ("added", date(account.created_at)),
        ("disabled", date_or_no(account.disabled_at)),
    ];
    lines.map(|(name, value)| format!("{name:10} {value}").trim_end().to_owned()).join("\n")
}
