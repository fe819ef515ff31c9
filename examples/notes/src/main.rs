//! Latchkey's server with notes: the settings are those of `latchkey-server serve`.

use std::error::Error;
use std::path::Path;

use latchkey_server::{Application, Clock, Settings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = Some(Path::new("config/server.toml")).filter(|file| file.is_file());
    let settings = Settings::load(file, std::env::vars_os())?;
    std::fs::create_dir_all("data")?;
    let notes = latchkey_example_notes::routes(Path::new("data/notes.db")).await?;
    let application = Application::build(settings, Clock::system()).await?.with_routes(notes);
    say(&format!("listening on {}", application.url()));
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    application.run_until_stopped(stop).await?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command line program says where it listens")]
fn say(text: &str) {
    println!("{text}");
}
