//! The signed-in view without a program behind it: a page of the same markup and styles that has
//! no script. What is slower than this page is not the look.

use std::fs;

use anyhow::{Context, Result};
use latchkey_e2e::Window;
use tempfile::TempDir;

use crate::place;

/// The page as it is now, without its scripts.
const MARKUP: &str = "const page = document.documentElement.cloneNode(true); \
                      page.querySelectorAll('script, link').forEach((element) => element.remove()); \
                      return '<!doctype html>' + page.outerHTML";

/// A folder with the page. It goes with this value.
pub(super) struct StaticPage(TempDir);

impl StaticPage {
    /// Copies the page that a window shows, and the stylesheet that it was built with.
    ///
    /// # Errors
    /// Returns an error if the page cannot be read, or `ui/dist` is not that page's.
    pub(super) async fn of(window: &Window) -> Result<Self> {
        let markup = window.script(MARKUP, &[]).await?;
        let markup = markup.as_str().context("the page has no markup")?;
        let dist = place::root().join("ui/dist");
        let built = fs::read_to_string(dist.join("index.html"))?;
        let folder = tempfile::Builder::new().prefix("latchkey-bench-page-").tempdir()?;
        let mut links = String::new();
        for path in stylesheets(&built) {
            let name = path.rsplit('/').next().unwrap_or(path);
            fs::copy(dist.join(path.trim_start_matches('/')), folder.path().join(name))
                .with_context(|| format!("{path} is not in ui/dist"))?;
            links.push_str(&format!("<link rel=\"stylesheet\" href=\"/{name}\">"));
        }
        let (head, body) = markup.split_once("</head>").context("the page has no head")?;
        fs::write(folder.path().join("index.html"), format!("{head}{links}</head>{body}"))?;
        Ok(Self(folder))
    }

    /// The folder's path, for the environment of the program that shows it.
    pub(super) fn path(&self) -> Result<&str> {
        self.0.path().to_str().context("the folder's name is not text")
    }
}

/// The addresses of the stylesheets that a built page loads.
fn stylesheets(page: &str) -> impl Iterator<Item = &str> {
    page.split("<link").skip(1).filter_map(|link| {
        let link = link.split('>').next()?;
        let address = link.split("href=\"").nth(1)?.split('"').next()?;
        link.contains("rel=\"stylesheet\"").then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_stylesheets() {
        let page = "<link rel=\"icon\" href=\"/a.png\"><script src=\"/a.js\"></script>\
                    <link rel=\"stylesheet\" crossorigin href=\"/assets/a.css\"></head>";
        assert_eq!(stylesheets(page).collect::<Vec<_>>(), ["/assets/a.css"]);
        assert_eq!(stylesheets("<p>").count(), 0);
    }
}
