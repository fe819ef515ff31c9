//! Names that nobody should have: whatever a person is called, it is a text, and the window around it holds.

use anyhow::{Result, ensure};
use latchkey_e2e::{Account, Desktop, Look, Server, Window};

use crate::layout;

/// Sixty-four letters, the most that there may be.
const USERNAME: &str = "wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenh";
const PASSWORD: &str = "quixotic-marmalade-9418-sentinel";

/// A name for the pictures, given name, family name, and what is seen of both.
const NAMES: [(&str, &str, &str, &str); 5] = [
    (
        "html",
        "<img src=x onerror=\"window.ran=1\">",
        "<svg/onload=window.ran=1><script>window.ran=1</script>",
        "<img src=x onerror=\"window.ran=1\"> <svg/onload=window.ran=1><script>window.ran=1</script>",
    ),
    ("turned", "\u{202e}maS\u{2066}\u{2067}", "\u{200f}ykciwtiW\u{202d}", "maS ykciwtiW"),
    ("right-to-left", "שמואל", "ויטוויקי", "שמואל ויטוויקי"),
    ("long", LONG, LONG, LONG),
    ("piled-up", PILED_UP, "Z", PILED_UP),
];

/// As long as the server takes it, without a place to break.
const LONG: &str = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafewarenwohlgepfle\
                    geundsorgfaltigkeitbesc";

/// Marks upon marks, of those that every font has.
const PILED_UP: &str = "Z\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\u{301}\u{323}\
                        \u{302}\u{323}\u{302}\u{323}\u{302}\u{323}\u{302}\u{323}\u{302}\u{323}\u{302}\u{323}\u{302}\u{323}";

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_a_text_and_nothing_else() -> Result<()> {
    for (name, given_name, family_name, seen) in NAMES {
        let server = Server::start().await?;
        let person = Account { username: USERNAME, password: PASSWORD, given_name, family_name };
        server.add(&person).await?;
        let desktop = Look::DARK.of(Desktop::start_without_keychain("hostile-name").await?)?;
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

/// No script ran, nothing was made of it but text, and nothing is lost.
async fn expect_inert(window: &Window) -> Result<()> {
    // Whatever was to run has had its chance: a picture that is not there fails at once.
    let frames = "await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))";
    window.run(frames, &[]).await?;
    ensure!(window.script("return window.ran === undefined", &[]).await? == true, "a script ran");
    ensure!(
        !window.shows("main img, main script, main svg[onload], [onerror]").await?,
        "it was taken for HTML"
    );
    let turning = "return /[\\u202a-\\u202e\\u2066-\\u2069\\u200e\\u200f]/.test(document.body.textContent)";
    ensure!(window.script(turning, &[]).await? == false, "a mark that turns the text is there");
    layout::expect_nothing_lost(window).await
}
