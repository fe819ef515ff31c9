//! The mark and the icons have the same shape at every scale.

use anyhow::{Context, Result, ensure};
use latchkey_e2e::{Account, Desktop, Server, Window};

/// Returns the place of the icon with this number, as fractions of the window's width: left, top,
/// width, height.
const PLACE: &str = r#"
    const icon = [...document.querySelectorAll("svg")].filter((icon) => icon.checkVisibility())[Number(arguments[0])];
    if (!icon) return null;
    icon.scrollIntoView({ block: "center" });
    const { left, top, width, height } = icon.getBoundingClientRect();
    return [left, top, width, height].map((part) => part / innerWidth);
"#;

/// The share of each icon's area that is drawn, from 0 to 1.
type Coverage = Vec<(String, f64)>;

#[tokio::test(flavor = "multi_thread")]
async fn icons_keep_their_shape_when_zoomed_and_with_large_text() -> Result<()> {
    let server = Server::start().await?;
    let plain = walk(&server, "icons", "1", 0).await?;
    ensure!(plain.len() > 6, "too few icons: {plain:?}");
    for (name, text, steps) in [("icons-zoomed", "1", 4), ("icons-large-text", "1.5", 0)] {
        let other = walk(&server, name, text, steps).await?;
        for (icon, expected) in &plain {
            let found = other.iter().find(|(name, _)| name == icon);
            let (_, found) = found.with_context(|| format!("{name}: {icon} is missing: {other:?}"))?;
            ensure!((found - expected).abs() < 0.07, "{name}: {icon} covers {found:.2}, not {expected:.2}");
        }
    }
    Ok(())
}

/// Measures the icons of every screen that has some.
async fn walk(server: &Server, name: &str, text: &'static str, steps: usize) -> Result<Coverage> {
    let desktop = Desktop::start_without_keychain(name).await?.with("GDK_DPI_SCALE", text);
    let window = desktop.open(server.url()).await?;
    for _ in 0..steps {
        window.press_with_control("+").await?;
    }
    let mut found = Coverage::new();
    window.sign_in_zoomed(Account::SAM.username, "decepticons rule").await?;
    window.expect_alert().await?;
    measure(&window, "form", &mut found).await?;
    window.sign_in_zoomed(Account::SAM.username, Account::SAM.password).await?;
    window.expect_state("signed-in").await?;
    window.expect_text("[data-testid=\"connection\"]", "Online").await?;
    measure(&window, "account", &mut found).await?;
    window.press_if_there("open-password").await?;
    measure(&window, "password", &mut found).await?;
    window.close().await?;
    Ok(found)
}

/// Measures the icons that the window shows.
async fn measure(window: &Window, screen: &str, found: &mut Coverage) -> Result<()> {
    window.screenshot(screen).await?;
    // One at a time, because each is scrolled into view first.
    for at in 0.. {
        let place = window.script(PLACE, &[&at.to_string()]).await?;
        let Some(place) = place.as_array() else { break };
        let place: Vec<f64> = place.iter().filter_map(serde_json::Value::as_f64).collect();
        found.push((format!("{screen} {at}"), coverage(&window.picture().await?, &place)?));
    }
    Ok(())
}

/// The mean difference of the pixels at a place from the pixel in its corner, relative to the
/// largest difference.
fn coverage(picture: &[u8], place: &[f64]) -> Result<f64> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().context("too large")?];
    let info = reader.next_frame(&mut pixels)?;
    let channels = info.color_type.samples();
    let width = f64::from(info.width);
    let [left, top, right, bottom] = match place {
        [left, top, wide, high] => {
            [*left, *top, left + wide, top + high].map(|part| (part * width).round() as usize)
        }
        _ => anyhow::bail!("no place"),
    };
    let line = usize::try_from(info.width)? * channels;
    let pixel = |x: usize, y: usize| pixels.get(y * line + x * channels..).and_then(|rest| rest.get(..3));
    let corner = pixel(left, top).context("outside the picture")?;
    let mut differences = Vec::new();
    for (x, y) in (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y))) {
        let pixel = pixel(x, y).context("outside the picture")?;
        differences.push(pixel.iter().zip(corner).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>());
    }
    let largest = differences.iter().copied().fold(1.0, f64::max);
    Ok(differences.iter().sum::<f64>() / largest / differences.len() as f64)
}
