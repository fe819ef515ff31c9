//! The screen, and what a window manager does on it for a person.

use anyhow::{Result, bail};
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ClientMessageEvent, ConfigureWindowAux,
    ConnectionExt, CreateWindowAux, EventMask, InputFocus, MOTION_NOTIFY_EVENT, MapState, Window,
    WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// Presses the close button of whatever windows these processes show (ICCCM, section 4.2.8.1).
///
/// # Errors
/// If there is no screen, or none of their windows on it.
pub(crate) fn close_windows_of(processes: &[u32]) -> Result<()> {
    let (screen, number) = x11rb::connect(None)?;
    let Some(root) = screen.setup().roots.get(number).map(|screen| screen.root) else {
        bail!("no such screen")
    };
    let atom = |name: &str| -> Result<Atom> { Ok(screen.intern_atom(false, name.as_bytes())?.reply()?.atom) };
    let (protocols, delete, pid) = (atom("WM_PROTOCOLS")?, atom("WM_DELETE_WINDOW")?, atom("_NET_WM_PID")?);
    let mut closed = false;
    for window in screen.query_tree(root)?.reply()?.children {
        if shown_by(&screen, window, pid)?.is_some_and(|process| processes.contains(&process)) {
            let message =
                ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
            screen.send_event(false, window, EventMask::NO_EVENT, message)?.check()?;
            closed = true;
        }
    }
    if !closed {
        bail!("there is no window to close");
    }
    Ok(())
}

/// The instance name in the class of the window that these processes show (ICCCM, section 4.1.2.5).
///
/// # Errors
/// If there is no screen, or none of their windows on it, or it has no class.
pub(crate) fn class_of(processes: &[u32]) -> Result<String> {
    let (screen, _, window) = window_of(processes)?;
    let class = screen.get_property(false, window, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, 64)?;
    let class = class.reply()?.value;
    let name = class.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(name).into_owned())
}

/// Gives the window of these processes another place and size.
pub(crate) fn place_window_of(processes: &[u32], x: i32, y: i32, width: u32, height: u32) -> Result<()> {
    let (screen, _, window) = window_of(processes)?;
    let place = ConfigureWindowAux::new().x(x).y(y).width(width).height(height);
    Ok(screen.configure_window(window, &place)?.check()?)
}

/// Moves the mouse to the middle of the window of these processes, and presses a button there.
pub(crate) fn press_mouse_on(processes: &[u32], button: u8) -> Result<()> {
    let (screen, root, window) = window_of(processes)?;
    let place = screen.get_geometry(window)?.reply()?;
    let (x, y) = (i32::from(place.width / 2), i32::from(place.height / 2));
    let (x, y) = (i16::try_from(x)?.saturating_add(place.x), i16::try_from(y)?.saturating_add(place.y));
    for (event, detail) in
        [(MOTION_NOTIFY_EVENT, 0), (BUTTON_PRESS_EVENT, button), (BUTTON_RELEASE_EVENT, button)]
    {
        screen.xtest_fake_input(event, detail, x11rb::CURRENT_TIME, root, x, y, 0)?.check()?;
    }
    Ok(())
}

/// Where the window of these processes is.
pub(crate) fn corner_of_window_of(processes: &[u32]) -> Result<(i16, i16)> {
    let (screen, _, window) = window_of(processes)?;
    let place = screen.get_geometry(window)?.reply()?;
    Ok((place.x, place.y))
}

/// The window that these processes show, on its screen's root.
fn window_of(processes: &[u32]) -> Result<(RustConnection, Window, Window)> {
    let (screen, number) = x11rb::connect(None)?;
    let Some(root) = screen.setup().roots.get(number).map(|screen| screen.root) else {
        bail!("no such screen")
    };
    let pid = screen.intern_atom(false, b"_NET_WM_PID")?.reply()?.atom;
    let mut shown = None;
    for window in screen.query_tree(root)?.reply()?.children {
        if shown_by(&screen, window, pid)?.is_some_and(|process| processes.contains(&process)) {
            shown = Some(window);
        }
    }
    let Some(window) = shown else { bail!("there is no window of theirs") };
    Ok((screen, root, window))
}

/// The process that shows a window, if the window is shown and says so.
fn shown_by(screen: &RustConnection, window: Window, pid: Atom) -> Result<Option<u32>> {
    // A window can go while it is looked at.
    let Ok(about) = screen.get_window_attributes(window)?.reply() else { return Ok(None) };
    if about.map_state != MapState::VIEWABLE {
        return Ok(None);
    }
    let Ok(property) = screen.get_property(false, window, pid, AtomEnum::CARDINAL, 0, 1)?.reply() else {
        return Ok(None);
    };
    Ok(property.value32().and_then(|mut values| values.next()))
}

/// Another program's window over one of the app's. It goes with this value.
pub struct Cover {
    screen: RustConnection,
    root: Window,
    window: Window,
    under: Window,
}

impl Cover {
    pub(crate) fn over(processes: &[u32]) -> Result<Self> {
        let (screen, root, under) = window_of(processes)?;
        let place = screen.get_geometry(under)?.reply()?;
        let window = screen.generate_id()?;
        screen
            .create_window(
                COPY_DEPTH_FROM_PARENT,
                window,
                root,
                place.x,
                place.y,
                place.width,
                place.height,
                0,
                WindowClass::INPUT_OUTPUT,
                x11rb::COPY_FROM_PARENT,
                &CreateWindowAux::new().override_redirect(1),
            )?
            .check()?;
        screen.map_window(window)?.check()?;
        screen.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?.check()?;
        let cover = Self { screen, root, window, under };
        if cover.is_behind()? {
            bail!("the window could not be covered");
        }
        Ok(cover)
    }

    /// Whether the app's window has come before this one, and has got the keyboard.
    ///
    /// # Errors
    /// If the screen has gone.
    pub fn is_behind(&self) -> Result<bool> {
        // From the lowest to the topmost.
        let stack = self.screen.query_tree(self.root)?.reply()?.children;
        let place = |wanted| stack.iter().position(|&window| window == wanted);
        let focus = self.screen.get_input_focus()?.reply()?.focus;
        Ok(place(self.under) > place(self.window) && focus != self.window)
    }
}
