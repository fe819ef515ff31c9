//! Hostile account names are shown as text, and the layout of the window stays intact.

use anyhow::{Context, Result, ensure};
use latchkey_e2e::{Account, Appearance, Desktop, Server, Window};

use crate::{layout, people};

/// A name of 64 letters without a place to break.
const USERNAME: &str = "wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenh";
const PASSWORD: &str = "quixotic-marmalade-9418-sentinel";

/// For each case its name, the given name, the family name, and the text that is shown of both.
const NAMES: [(&str, &str, &str, &str); 5] = [
    (
        "html",
        "<img src=x onerror=\"window.ran=1\">",
        "<svg/onload=window.ran=1><script>window.ran=1</script>",
        "<img src=x onerror=\"window.ran=1\"> <svg/onload=window.ran=1><script>window.ran=1</script>",
    ),
    ("bidi-controls", "\u{202e}maS\u{2066}\u{2067}", "\u{200f}ykciwtiW\u{202d}", "maS ykciwtiW"),
    ("right-to-left", "שמואל", "ויטוויקי", "שמואל ויטוויקי"),
    ("long", LONG, LONG, LONG),
    ("stacked-marks", STACKED_MARKS, "Z", STACKED_MARKS),
];

/// As long as the server accepts, without a place to break.
const LONG: &str = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafewarenwohlgepfle\
                    geundsorgfaltigkeitbesc";

/// Many combining marks on one letter, all of which every font has.
const STACKED_MARKS: &str = "Z\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\
                        \u{302}\u{323}\u{302}\u{323}\u{302}\u{323}\u{302}\u{323}\u{302}\u{323}\u{302}\u{323}\u{302}\u{323}";

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_shown_as_text_and_run_nothing() -> Result<()> {
    for (name, given_name, family_name, seen) in NAMES {
        let server = Server::start().await?;
        let person = Account { username: USERNAME, password: PASSWORD, given_name, family_name };
        server.add(&person).await?;
        let desktop = Appearance::DARK.set_on(Desktop::start_without_keychain("hostile-name").await?)?;
        let window = desktop.open(server.url()).await?;
        window.sign_in(&person).await?;
        window.expect_state("signed-in").await?;
        window.expect_text("[data-testid=\"account-name\"]", seen).await?;
        window.screenshot(name).await?;
        expect_inert(&window).await?;
        window.press("open-password").await?;
        expect_inert(&window).await?;
        window.close().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_of_other_people_are_shown_as_text_and_run_nothing() -> Result<()> {
    let server = Server::start().await?;
    for (username, given_name, family_name, _) in NAMES {
        server.add(&Account { username, password: PASSWORD, given_name, family_name }).await?;
    }
    let desktop = Desktop::start_without_keychain("hostile-people").await?;
    let (window, codes) = people::with_role(&desktop, server.url(), (&server, "admin")).await?;
    people::open_people(&window, codes.first().context("no code")?).await?;
    expect_inert(&window).await?;
    for (username, _, _, seen) in NAMES {
        window.fill("people-search", username).await?;
        window.press("find-people").await?;
        window.expect_gone("[data-testid=\"people\"] li + li").await?;
        window.expect_text("[data-testid=\"people\"] li", seen).await?;
        window.press("open-person").await?;
        window.expect_text("[data-screen=\"person\"] h1", seen).await?;
        window.press("code-password").await?;
        window.screenshot(username).await?;
        expect_inert(&window).await?;
        window.press("cancel").await?;
        window.press("back").await?;
    }
    window.close().await
}

/// Checks that no script ran, that the name became only text, and that nothing is cut off.
async fn expect_inert(window: &Window) -> Result<()> {
    // Enough time for a script to run: a missing picture fails immediately.
    let frames = "await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))";
    window.run(frames, &[]).await?;
    ensure!(window.script("return window.ran === undefined", &[]).await? == true, "a script ran");
    ensure!(
        !window.shows("main img, main script, main svg[onload], [onerror]").await?,
        "the name was inserted as HTML"
    );
    let has_bidi_control =
        "return /[\\u202a-\\u202e\\u2066-\\u2069\\u200e\\u200f]/.test(document.body.textContent)";
    ensure!(window.script(has_bidi_control, &[]).await? == false, "the text contains a bidi control");
    layout::expect_nothing_lost(window).await
}
