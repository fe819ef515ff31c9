//! How large the window draws everything: in steps, within bounds, and stored for the next start.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use tauri::{AppHandle, Runtime, WebviewWindow};

use super::preferences;

/// The steps, in percent.
const STEPS: [u16; 16] = [50, 60, 70, 80, 90, 100, 120, 140, 160, 180, 200, 220, 240, 260, 280, 300];
const FIRST: u16 = 100;
/// The name of its preference, a number in percent.
const PREFERENCE: &str = "zoom";

/// The requested change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ZoomStep {
    /// One step larger.
    In,
    /// One step smaller.
    Out,
    /// As large as at first.
    Reset,
}

/// The zoom at this moment, in percent.
pub(crate) struct Zoom(Mutex<u16>);

impl Zoom {
    /// The zoom of the last run.
    pub(crate) fn stored<R: Runtime>(app: &AppHandle<R>) -> Self {
        let stored = preferences::preference(app, PREFERENCE).and_then(|value| value.as_f64());
        Self(Mutex::new(stored.map_or(FIRST, bounded)))
    }

    /// Changes the zoom by one step, unless it is at its limit.
    pub(crate) fn take(&self, step: ZoomStep) {
        let mut percent = self.percent();
        *percent = stepped(*percent, step);
    }

    /// Draws the window so.
    pub(crate) fn show<R: Runtime>(&self, window: &WebviewWindow<R>) {
        let percent = *self.percent();
        if let Err(error) = window.set_zoom(f64::from(percent) / 100.0) {
            tracing::warn!(%error, "the window cannot be zoomed");
        }
    }

    /// Stores it for the next run.
    pub(crate) fn store<R: Runtime>(&self, app: &AppHandle<R>) {
        preferences::store_preference(app, PREFERENCE, || (*self.percent()).into());
    }

    fn percent(&self) -> MutexGuard<'_, u16> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stepped(percent: u16, step: ZoomStep) -> u16 {
    match step {
        ZoomStep::In => STEPS.into_iter().find(|step| *step > percent).unwrap_or(percent),
        ZoomStep::Out => STEPS.into_iter().rev().find(|step| *step < percent).unwrap_or(percent),
        ZoomStep::Reset => FIRST,
    }
}

/// The step that is nearest to a number from the disk.
fn bounded(percent: f64) -> u16 {
    let percent = percent.clamp(50.0, 300.0);
    let away = |step: u16| (f64::from(step) - percent).abs();
    STEPS.into_iter().min_by(|a, b| away(*a).total_cmp(&away(*b))).unwrap_or(FIRST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_within_half_and_three_times() {
        let all = |step| {
            let next = |percent: &u16| Some(stepped(*percent, step)).filter(|next| next != percent);
            std::iter::successors(Some(FIRST), next).collect::<Vec<_>>()
        };
        assert_eq!(all(ZoomStep::In), [100, 120, 140, 160, 180, 200, 220, 240, 260, 280, 300]);
        assert_eq!(all(ZoomStep::Out), [100, 90, 80, 70, 60, 50]);
        assert_eq!([50, 180, 300].map(|percent| stepped(percent, ZoomStep::Reset)), [FIRST; 3]);
    }

    #[test]
    fn the_stored_zoom_is_restored_within_the_limits() {
        for (stored, expected) in
            [(180.0, 180), (1.8, 50), (0.0, 50), (-1e300, 50), (133.0, 140), (1e300, 300), (f64::NAN, 50)]
        {
            assert_eq!(bounded(stored), expected, "{stored}");
        }
    }
}
