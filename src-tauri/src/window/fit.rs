//! Where a window fits: pure, so that its screens can be chosen.

use super::preferences::WindowPlace;

/// The part of a screen that windows may use, in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The part of the title bar that must be visible, so that the user can drag the window.
const HANDLE: (f64, f64) = (120.0, 24.0);

/// The place, changed so that the window fits its screen and its title bar is visible: the screen
/// that it was on may be disconnected.
pub(super) fn fit(place: WindowPlace, screens: &[Area], smallest: (f64, f64)) -> WindowPlace {
    let Some(&largest) = screens.iter().max_by(|one, other| one.size().total_cmp(&other.size())) else {
        return place;
    };
    let corner = place.x.zip(place.y);
    let seen_on =
        corner.and_then(|corner| screens.iter().find(|screen| screen.shows_handle(corner, place.width)));
    let nearest = corner.and_then(|corner| {
        let distance = |screen: &&Area| screen.distance_to((corner.0 + place.width / 2.0, corner.1));
        screens.iter().min_by(|one, other| distance(one).total_cmp(&distance(other)))
    });
    let screen = seen_on.or(nearest).copied().unwrap_or(largest);
    let width = place.width.min(screen.width).max(smallest.0);
    let height = place.height.min(screen.height).max(smallest.1);
    let moved = |at: f64, least: f64, room: f64, length: f64| at.min(least + room - length).max(least);
    let (x, y) = match corner {
        Some(_) if seen_on.is_some() => (place.x, place.y),
        Some((x, y)) => {
            (Some(moved(x, screen.x, screen.width, width)), Some(moved(y, screen.y, screen.height, height)))
        }
        None => (None, None),
    };
    WindowPlace { width, height, x, y, ..place }
}

impl Area {
    fn size(&self) -> f64 {
        self.width * self.height
    }

    fn shows_handle(&self, (x, y): (f64, f64), width: f64) -> bool {
        let across = (x + width).min(self.x + self.width) - x.max(self.x);
        let down = self.y + self.height - y;
        across >= HANDLE.0 && down >= HANDLE.1 && y >= self.y
    }

    fn distance_to(&self, (x, y): (f64, f64)) -> f64 {
        let beyond = |at: f64, least: f64, length: f64| (least - at).max(at - least - length).max(0.0);
        beyond(x, self.x, self.width).hypot(beyond(y, self.y, self.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Area = Area { x: 0.0, y: 0.0, width: 1280.0, height: 900.0 };
    const RIGHT: Area = Area { x: 1280.0, y: 100.0, width: 1920.0, height: 1080.0 };
    const SMALLEST: (f64, f64) = (360.0, 480.0);

    fn place(width: f64, height: f64, x: f64, y: f64) -> WindowPlace {
        WindowPlace { width, height, x: Some(x), y: Some(y), is_maximized: false }
    }

    #[test]
    fn a_place_in_sight_stays() {
        for seen in [
            place(460.0, 660.0, 0.0, 0.0),
            place(460.0, 660.0, 700.0, 200.0),
            place(460.0, 660.0, -300.0, 850.0),
            place(460.0, 660.0, 1500.0, 300.0),
            place(460.0, 660.0, 3000.0, 300.0),
        ] {
            assert_eq!(fit(seen, &[LEFT, RIGHT], SMALLEST), seen);
        }
    }

    #[test]
    fn a_place_out_of_sight_moves_to_the_nearest_screen() {
        for (lost, x, y) in [
            // On a disconnected screen.
            (place(460.0, 660.0, 1500.0, 300.0), 820.0, 240.0),
            (place(460.0, 660.0, -2000.0, 100.0), 0.0, 100.0),
            // The position that Windows reports for a minimised window.
            (place(460.0, 660.0, -32_000.0, -32_000.0), 0.0, 0.0),
            // Its title bar is above the screen, or below it.
            (place(460.0, 660.0, 100.0, -50.0), 100.0, 0.0),
            (place(460.0, 660.0, 100.0, 890.0), 100.0, 240.0),
        ] {
            assert_eq!(fit(lost, &[LEFT], SMALLEST), place(460.0, 660.0, x, y));
        }
    }

    #[test]
    fn a_size_never_exceeds_the_screen_nor_falls_below_the_smallest() {
        assert_eq!(fit(place(5000.0, 5000.0, 0.0, 0.0), &[LEFT], SMALLEST), place(1280.0, 900.0, 0.0, 0.0));
        assert_eq!(fit(place(1.0, -7.0, 0.0, 0.0), &[LEFT], SMALLEST).width, 360.0);
        let nowhere = WindowPlace { x: None, y: None, ..place(5000.0, 5000.0, 0.0, 0.0) };
        let fitted = fit(nowhere, &[LEFT, RIGHT], SMALLEST);
        assert_eq!((fitted.width, fitted.height, fitted.x), (1920.0, 1080.0, None), "the largest screen's");
    }

    #[test]
    fn without_a_screen_nothing_is_changed() {
        let any = place(460.0, 660.0, 9000.0, 9000.0);
        assert_eq!(fit(any, &[], SMALLEST), any);
    }
}
