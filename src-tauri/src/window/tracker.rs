//! Which size and place of the window to store: the requested ones plus the user's changes since.
//! Pure.
//!
//! The values that the system reports at the end are not used. Under Wayland they include title bar
//! and shadow, and the requested ones do not, so that the window would grow at every start. Window
//! managers shift the corner by their frame in the same way.

use tauri::{PhysicalPosition, PhysicalSize};

use super::preferences::WindowPlace;

/// The window's state at one moment, as the system reports it, in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sample {
    /// An ordinary window.
    Normal {
        /// Width and height, with or without the frame that the system draws.
        size: (f64, f64),
        /// Its upper left corner, if the system reports it.
        corner: Option<(f64, f64)>,
    },
    /// It fills the screen; its normal size is unchanged.
    Maximized,
    /// Neither its size nor its place is meaningful now.
    Hidden,
}

/// Where Windows puts a minimised window, in physical pixels.
const MINIMIZED_CORNER: i32 = -32_000;

impl Sample {
    /// The sample of a window with this size and corner. The values of a minimised window on
    /// Windows are not meaningful: it has no size, and is far from every screen.
    pub(super) fn of(size: PhysicalSize<u32>, corner: Option<PhysicalPosition<i32>>, scale: f64) -> Self {
        let is_away =
            corner.is_some_and(|corner| corner.x <= MINIMIZED_CORNER || corner.y <= MINIMIZED_CORNER);
        if size.width == 0 || size.height == 0 || is_away {
            return Self::Hidden;
        }
        let size = size.to_logical::<f64>(scale);
        let corner = corner.map(|corner| corner.to_logical::<f64>(scale)).map(|corner| (corner.x, corner.y));
        Self::Normal { size: (size.width, size.height), corner }
    }
}

/// The course of the window since it was opened.
#[derive(Debug)]
pub(super) struct Tracker {
    asked: WindowPlace,
    first: Option<(Size, Corner)>,
    last: Option<(Size, Corner)>,
    is_maximized: bool,
}

type Size = (f64, f64);
type Corner = Option<(f64, f64)>;

impl Tracker {
    /// For a window that was asked to open at `asked`.
    pub(super) fn new(asked: WindowPlace) -> Self {
        Self { asked, first: None, last: None, is_maximized: asked.is_maximized }
    }

    /// Records a window that has settled.
    pub(super) fn record(&mut self, sample: Sample) {
        match sample {
            Sample::Normal { size, corner } => {
                self.first.get_or_insert((size, corner));
                self.last = Some((size, corner));
                self.is_maximized = false;
            }
            Sample::Maximized => self.is_maximized = true,
            Sample::Hidden => {}
        }
    }

    /// Whether the window has settled as a normal window.
    pub(super) fn has_first(&self) -> bool {
        self.first.is_some()
    }

    /// The size and place to request at the next start.
    pub(super) fn to_keep(&self) -> WindowPlace {
        let kept = WindowPlace { is_maximized: self.is_maximized, ..self.asked };
        let (Some((first_size, first_corner)), Some((size, corner))) = (self.first, self.last) else {
            return kept;
        };
        let plus = |asked: f64, first: f64, last: f64| asked + (last - first);
        let moved = |asked: Option<f64>, axis: fn((f64, f64)) -> f64| {
            let last = corner.map(axis);
            // Without a requested place, it is at its last reported one.
            let moved = asked.zip(first_corner.map(axis)).zip(last);
            moved.map(|((asked, first), last)| plus(asked, first, last)).or(asked).or(last)
        };
        WindowPlace {
            width: plus(self.asked.width, first_size.0, size.0),
            height: plus(self.asked.height, first_size.1, size.1),
            x: moved(self.asked.x, |corner| corner.0),
            y: moved(self.asked.y, |corner| corner.1),
            ..kept
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: WindowPlace =
        WindowPlace { width: 460.0, height: 660.0, x: Some(100.0), y: Some(50.0), is_maximized: false };

    fn normal(width: f64, height: f64, x: f64, y: f64) -> Sample {
        Sample::Normal { size: (width, height), corner: Some((x, y)) }
    }

    fn kept(asked: WindowPlace, samples: &[Sample]) -> WindowPlace {
        let mut tracker = Tracker::new(asked);
        samples.iter().for_each(|&sample| tracker.record(sample));
        tracker.to_keep()
    }

    #[test]
    fn a_window_that_was_left_alone_asks_for_the_same_again() {
        assert_eq!(kept(ASKED, &[]), ASKED);
        assert_eq!(kept(ASKED, &[normal(460.0, 660.0, 100.0, 50.0)]), ASKED);
        // With title bar, shadow and frame.
        assert_eq!(kept(ASKED, &[normal(512.0, 749.0, 101.0, 70.0)]), ASKED);
        let without_place = Sample::Normal { size: (512.0, 749.0), corner: None };
        assert_eq!(kept(ASKED, &[without_place]), ASKED, "the place of another system is kept");
    }

    #[test]
    fn the_users_changes_are_added() {
        let changed = kept(ASKED, &[normal(512.0, 749.0, 101.0, 70.0), normal(612.0, 700.0, 301.0, 60.0)]);
        assert_eq!(
            changed,
            WindowPlace { width: 560.0, height: 611.0, x: Some(300.0), y: Some(40.0), ..ASKED }
        );
    }

    #[test]
    fn a_window_that_was_put_somewhere_stays_there() {
        let asked = WindowPlace { x: None, y: None, ..ASKED };
        let place = kept(asked, &[normal(460.0, 660.0, 410.0, 120.0)]);
        assert_eq!((place.x, place.y), (Some(410.0), Some(120.0)));
    }

    #[test]
    fn a_maximised_window_keeps_its_former_size() {
        let maximized = kept(
            ASKED,
            &[normal(460.0, 660.0, 100.0, 50.0), normal(500.0, 660.0, 90.0, 50.0), Sample::Maximized],
        );
        let former = WindowPlace { width: 500.0, x: Some(90.0), is_maximized: true, ..ASKED };
        assert_eq!(maximized, former);
        assert_eq!(kept(former, &[Sample::Maximized]), former, "opened and closed maximised");
        let restored = kept(former, &[Sample::Maximized, normal(552.0, 749.0, 91.0, 70.0)]);
        assert_eq!(restored, WindowPlace { is_maximized: false, ..former });
    }

    #[test]
    fn the_size_and_place_of_a_minimised_window_on_windows_are_not_meaningful() {
        let sample = |width, height, x, y, scale| {
            Sample::of(PhysicalSize::new(width, height), Some(PhysicalPosition::new(x, y)), scale)
        };
        for scale in [1.0, 1.5, 3.0] {
            for minimized in [sample(0, 0, -32_000, -32_000, scale), sample(160, 28, -32_000, -32_000, scale)]
            {
                assert_eq!(minimized, Sample::Hidden);
            }
            for empty in [sample(0, 660, 100, 50, scale), sample(460, 0, 100, 50, scale)] {
                assert_eq!(empty, Sample::Hidden);
            }
        }
        assert_eq!(sample(920, 1320, -1900, 100, 2.0), normal(460.0, 660.0, -950.0, 50.0));
        let without_place = Sample::Normal { size: (460.0, 660.0), corner: None };
        assert_eq!(Sample::of(PhysicalSize::new(460, 660), None, 1.0), without_place);
    }

    #[test]
    fn a_minimised_window_changes_nothing() {
        assert_eq!(kept(ASKED, &[normal(460.0, 660.0, 100.0, 50.0), Sample::Hidden]), ASKED);
        let maximized = WindowPlace { is_maximized: true, ..ASKED };
        assert_eq!(kept(maximized, &[Sample::Maximized, Sample::Hidden]), maximized);
    }
}
