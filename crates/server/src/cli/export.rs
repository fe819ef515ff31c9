//! `user export`: all accounts, for another server.

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use latchkey_server::admin::{Admin, ExportFile, ExportOptions, Exported};
use latchkey_server::{Clock, Settings};
use serde_json::json;

use super::signals::unless_stopped;
use super::{Failure, Global, note, runtime};

/// Write all accounts to a file that `user import` takes, as they are at one moment
///
/// A JSON object a line: id, names, address, language, claims, times, the hash of the password, and
/// the secret of the second factor, sealed with the seal key. Recovery codes are not carried: their
/// owners make new ones in the app. The role is there to be read; an import sets none. Servers may
/// go on meanwhile.
#[derive(Args)]
pub(super) struct Export {
    /// The file; it must not exist, and only you can read it. Without it, or as "-": standard
    /// output, but no secrets on a terminal
    file: Option<PathBuf>,
    /// Leave out hashes of passwords and secrets of second factors; `user import` does not take
    /// that
    #[arg(long)]
    without_secrets: bool,
    /// Seal second factors with the key in this file, which is made if it is missing, instead of
    /// with this server's seal key: for a server that has another one. Give it to `user import
    /// --sealed-with`, send it another way than the accounts, and delete it then
    #[arg(long, value_name = "FILE", conflicts_with = "without_secrets")]
    seal_to: Option<PathBuf>,
}

impl Export {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let settings = global.settings()?;
        let options = ExportOptions { with_secrets: !self.without_secrets, seal_to: self.seal_to };
        match self.file.filter(|file| file != Path::new("-")) {
            Some(path) => {
                let failed =
                    |error: io::Error| Failure(format!("{} cannot be written: {error}", path.display()));
                let writing = async {
                    let mut file = ExportFile::create(&path).map_err(failed)?;
                    let exported = write(&settings, &options, &mut file).await?;
                    file.finish().map_err(failed)?;
                    Ok(exported)
                };
                let exported = runtime()?.block_on(unless_stopped(writing))?;
                let Exported { accounts, factors, .. } = exported;
                let path = path.display();
                let json = json!({ "file": path.to_string(), "accounts": accounts, "factors": factors });
                global.say(&json, || format!("{} to {path}", summary(&options, &exported)))?;
            }
            None if options.with_secrets && io::stdout().is_terminal() => {
                return Err(Failure(
                    "the export has secrets, which do not belong on a terminal: name a file, or use --without-secrets"
                        .to_owned(),
                ));
            }
            None => {
                let mut out = BufWriter::new(io::stdout().lock());
                let exported = runtime()?.block_on(write(&settings, &options, &mut out))?;
                out.flush().map_err(|error| Failure(format!("the export cannot be written: {error}")))?;
                note(&summary(&options, &exported));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn summary(options: &ExportOptions, exported: &Exported) -> String {
    let Exported { accounts, factors, .. } = exported;
    match options.with_secrets {
        true => format!("{accounts} accounts exported, {factors} with a second factor"),
        false => format!("{accounts} accounts exported, without secrets"),
    }
}

async fn write(
    settings: &Settings,
    options: &ExportOptions,
    out: &mut impl Write,
) -> Result<Exported, Failure> {
    let admin = Admin::open(settings).await?;
    let exported = admin.export(options, Clock::system().now(), |account| {
        serde_json::to_writer(&mut *out, account)?;
        out.write_all(b"\n")
    });
    let exported = exported.await?;
    admin.close().await;
    Ok(exported)
}
