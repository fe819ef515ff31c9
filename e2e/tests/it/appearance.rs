//! The window follows the desktop: its language, its text size, and the place where it was closed.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server, Theme};

#[tokio::test(flavor = "multi_thread")]
async fn the_window_starts_with_the_theme_of_the_desktop_and_follows_it() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("theme").await?;
    desktop.display().screen()?.set_theme(Theme::Dark)?;
    let window = desktop.open(server.url()).await?;
    window.expect_theme(Theme::Dark).await?;
    let background = "return getComputedStyle(document.documentElement).backgroundColor";
    let dark = window.script(background, &[]).await?;
    window.set_theme(Theme::Light).await?;
    assert_ne!(window.script(background, &[]).await?, dark);
    window.set_theme(Theme::Dark).await?;
    assert_eq!(window.script(background, &[]).await?, dark);
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_german_system_shows_german_texts() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("german").await?.in_german()?;
    let window = desktop.open(server.url()).await?;
    window.expect_text("h1", "Anmelden").await?;
    assert_eq!(window.script("return document.documentElement.lang", &[]).await?, "de-DE");
    window.screenshot("form").await?;
    window.sign_in_as(Account::SAM.username, "decepticons rule").await?;
    window.expect_text("[role=\"alert\"]", "Passwort").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_text("main", "Offline nutzbar bis").await?;
    window.screenshot("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_locale_variable_sets_its_own_category() -> Result<()> {
    let server = Server::start().await?;
    for (name, variables, heading, dates) in [
        ("language-list", [("LANG", "en_US.UTF-8"), ("LANGUAGE", "de:en")], "Anmelden", "AM PM"),
        ("messages", [("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "de_DE.UTF-8")], "Anmelden", "AM PM"),
        ("dates", [("LANG", "en_US.UTF-8"), ("LC_TIME", "de_DE.UTF-8")], "Sign in", ""),
        ("all", [("LC_TIME", "en_US.UTF-8"), ("LC_ALL", "de_DE.UTF-8")], "Anmelden", ""),
    ] {
        let mut desktop = Desktop::start_without_keychain(&format!("locale-{name}")).await?;
        for (variable, value) in variables {
            desktop = desktop.with(variable, value);
        }
        let window = desktop.open(server.url()).await?;
        window.expect_text("h1", heading).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        // The time of today's sign-in contains its hour: on a 24-hour clock, or with AM or PM.
        let since = window.find_text("dd").await?;
        assert!(since.contains(':'), "{name}: {since}");
        let has_half = ["AM", "PM"].iter().any(|half| since.contains(half));
        assert_eq!(has_half, !dates.is_empty(), "{name}: {since}");
        window.close().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_large_text_the_main_button_is_visible_without_scrolling() -> Result<()> {
    let server = Server::start().await?;
    for (name, german) in [("large", false), ("large-german", true)] {
        let desktop = Desktop::start_without_keychain(name).await?.with("GDK_DPI_SCALE", "1.5");
        let desktop = if german { desktop.in_german()? } else { desktop };
        let window = desktop.open(server.url()).await?;
        let fits = "const box = document.querySelector('[data-action=\"sign-in\"]').getBoundingClientRect(); \
             return scrollY === 0 && box.top > 0 && box.bottom <= innerHeight";
        assert_eq!(window.script(fits, &[]).await?, true, "{name}: the button is below the window's edge");
        let ratio = window.script("return devicePixelRatio * 460 / innerWidth", &[]).await?;
        assert!(ratio.as_f64() > Some(1.4), "the text is not enlarged: {ratio}");
        window.screenshot("form").await?;
        window.sign_in_zoomed(Account::SAM.username, "decepticons rule").await?;
        window.expect_alert().await?;
        window.screenshot("alert").await?;
        assert_eq!(window.script(fits, &[]).await?, true, "{name}: with an alert above it");
        window.close().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_opens_where_it_was_closed() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("place").await?;
    let window = desktop.open(server.url()).await?;
    window.move_to(140, 60, 520, 700)?;
    window.expect_size(520, 700).await?;
    window.close().await?;

    let window = desktop.open(server.url()).await?;
    window.expect_size(520, 700).await?;
    assert_eq!(window.corner()?, (140, 60));
    window.close().await
}
